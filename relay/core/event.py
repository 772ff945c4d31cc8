"""Events: what a request says has happened, and to whom."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from relay.core.contact import Contact
from relay.core.values import valueclass


class Kind(StrEnum):
    """The normalised kinds of event."""

    APPOINTMENT_BOOKED = "appointment.booked"
    APPOINTMENT_COMPLETED = "appointment.completed"
    APPOINTMENT_CANCELLED = "appointment.cancelled"
    APPOINTMENT_NO_SHOW = "appointment.no_show"
    PURCHASE_COMPLETED = "purchase.completed"
    PURCHASE_REFUNDED = "purchase.refunded"
    CONTACT_CREATED = "contact.created"
    CONTACT_UPDATED = "contact.updated"
    DEAL_WON = "deal.won"
    FORM_SUBMITTED = "form.submitted"

    family: str
    """What the business key names: an appointment, a purchase, a contact, a deal or a form."""

    def __init__(self, value: str) -> None:
        self.family = value.partition(".")[0]

    @property
    def withdraws(self) -> bool:
        """Whether an event of this kind takes back the waiting enrollments of its key."""
        return self in _WITHDRAWING


APPOINTMENTS = frozenset(kind for kind in Kind if kind.family == "appointment")
PURCHASES = frozenset(kind for kind in Kind if kind.family == "purchase")
CONTACTS = frozenset(kind for kind in Kind if kind.family == "contact")
_WITHDRAWING = frozenset({Kind.APPOINTMENT_CANCELLED, Kind.APPOINTMENT_NO_SHOW, Kind.PURCHASE_REFUNDED})


@valueclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person as a payload names them; nothing is normalised yet.

    Give separate name fields where the source has them; `full_name` is split only as a last step.
    `country` is an ISO 3166 alpha-2 code found beside the phone number. `unsubscribed` only where the source
    says that this person took consent to e-mail back; never having given it is something else.
    """

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    phone: str | None = None
    country: str | None = None
    unsubscribed: bool = False


@valueclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a connector's handler read from one event.

    `key` is the business key: the same for every report of one appointment, purchase or deal of this
    source. `location` and `employee` are the source's own ids. Without `occurred_at` the event is dated by
    its arrival.
    """

    kind: Kind
    key: str
    occurred_at: datetime | None = None
    people: tuple[Person, ...] = ()
    ends_at: datetime | None = None
    location: str | None = None
    employee: str | None = None
    test: bool = False


class Event(BaseModel):
    """One normalised happening. Times are UTC; `contacts` is empty only where `withdraws` is true.

    `unsubscribed` has the identities of contacts of whom the source says so.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    key: str
    occurred_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    contacts: tuple[Contact, ...] = ()
    unsubscribed: frozenset[str] = frozenset()
    location: str | None = None
    employee: str | None = None
    withdraws: bool = False
    test: bool = False
    notes: tuple[str, ...] = ()
