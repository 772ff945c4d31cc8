"""What happens in the demo: who sends what, what goes wrong meanwhile, and what to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from relay.cli.demo.people import Cast, Person
from relay.cli.demo.retelling import Role, Told, retell
from relay.core.case import Case
from relay.core.connector import Connector

Fate = Literal["enrolled", "nobody", "refused", "forged"]
Outage = Literal["503", "unreachable"]

_JUST_OVER = -60.0
_TOMORROW = 86_400.0


@dataclass(frozen=True, slots=True)
class Send:
    """A recorded case, sent `times` times, each time of somebody else unless `of` says of whom.

    `delivery` named: the same delivery again, not a new report. `ends`, in seconds from now, is when an
    appointment is over. `fate`: its people are to be enrolled, or nobody is; the destination refuses them;
    the signature is forged.
    """

    case: str
    times: int = 1
    of: str = ""
    delivery: str = ""
    ends: float = _JUST_OVER
    fate: Fate = "enrolled"


@dataclass(frozen=True, slots=True)
class Act:
    """`faults` strike the destination's next calls, one each; an `outage` lasts a while."""

    sentence: str
    sends: tuple[Send, ...]
    faults: tuple[str, ...] = ()
    outage: Outage | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook to be sent, and what is to become of it."""

    told: Told
    fate: Fate


@dataclass(frozen=True, slots=True)
class Scripted:
    act: Act
    deliveries: tuple[Delivery, ...]


SCENE = (
    Act(
        "Six senders and a plain form report purchases, bookings and new contacts. "
        "Thin payloads are looked up; few calls carry many contacts.",
        (
            Send("square/payment_completed", 5),
            Send("shopify/orders_paid_online", 4),
            Send("calendly/invitee_created", 4),
            Send("acuity/scheduled", 4),
            Send("hubspot/contact_creation_several_events"),
            Send("salesforce/lead_created_several_notifications", 2),
            Send("salesforce/contact_updated", 2),
            Send("square/booking_created_accepted", 2),
            Send("generic/form_submitted_multipart_with_json", 3),
        ),
    ),
    Act(
        "One purchase is reported three times, one delivery is sent twice: each person is enrolled once.",
        (
            Send("square/payment_completed", 3, of="a purchase of many reports"),
            Send("shopify/orders_paid_online", 2, of="a parcel", delivery="a parcel's webhook"),
            Send("shopify/orders_create_paid", of="a parcel"),
        ),
    ),
    Act(
        "Appointments of tomorrow are booked: their enrollments wait for the end of the visit.",
        (
            Send("square/booking_created_accepted", of="a haircut", ends=_TOMORROW, fate="nobody"),
            Send("calendly/invitee_created", of="a meeting", ends=_TOMORROW, fate="nobody"),
            Send("acuity/scheduled", ends=_TOMORROW, fate="nobody"),
        ),
    ),
    Act(
        "Two of them are cancelled before anything was sent: withdrawn.",
        (
            Send("square/booking_updated_cancelled_by_customer", of="a haircut", fate="nobody"),
            Send("calendly/invitee_canceled", of="a meeting", fate="nobody"),
        ),
    ),
    Act(
        "A walk-in without a customer is ignored, an order without an id is parked, "
        "and a forged signature gets 401 and nothing else.",
        (
            Send("square/payment_completed_walk_in", fate="nobody"),
            Send("shopify/orders_paid_id_missing", fate="nobody"),
            Send("square/payment_completed", fate="forged"),
            Send("hubspot/contact_creation", fate="forged"),
        ),
    ),
    Act(
        "The destination refuses one contact and with it the whole call: the call is split "
        "until the bad one stands alone, and everybody else gets through.",
        (
            Send("square/payment_completed", 3),
            Send("square/payment_completed", fate="refused"),
            Send("shopify/orders_paid_online", 3),
        ),
    ),
    Act(
        "The destination's rate limit is spent: 429. The relay waits as long as it was asked to.",
        (Send("hubspot/contact_creation", 3), Send("calendly/invitee_created", 2)),
        faults=("429",),
    ),
    Act(
        "The destination is down and answers 503: nothing is lost, watch `waiting` and `sending` grow.",
        (
            Send("shopify/orders_paid_online", 4),
            Send("acuity/scheduled", 3),
            Send("salesforce/contact_updated", 3),
        ),
        outage="503",
    ),
    Act(
        "Now it even refuses connections. Senders still get their 200 at once.",
        (Send("square/payment_completed", 4), Send("calendly/invitee_created", 3)),
        outage="unreachable",
    ),
    Act(
        "It enrolls, and hangs up without an answer; then it enrolls and answers 500. Was it done? "
        "The same call goes out again under the same idempotency key: nobody is enrolled twice.",
        (Send("shopify/orders_paid_online", 3), Send("hubspot/contact_creation", 2)),
        faults=("close-after", "500-after"),
    ),
)


def cases_of(scene: Sequence[Act]) -> list[str]:
    """Every case that is played, each once, in order."""
    return list(dict.fromkeys(send.case for act in scene for send in act.sends))


@dataclass(frozen=True, slots=True)
class Playbook:
    """The recorded cases by their names in the scene, and the connectors that read them."""

    cases: dict[str, Case]
    connectors: dict[str, Connector]

    def tell(self, name: str, role: Role, play: Callable[[str], Person]) -> Told:
        case = self.cases[name]
        return retell(case, self.connectors[case.connector], role, play)


def write_script(scene: Sequence[Act], playbook: Playbook, seed: int, now: float) -> list[Scripted]:
    """Every webhook of the scene with its people, ids and times. The same seed gives the same script."""
    cast = Cast(seed)

    def deliveries(number: int, act: Act) -> Iterator[Delivery]:
        for place, send in enumerate(act.sends):
            for time in range(send.times):
                label = f"{seed}.{number}.{place}.{time}"
                role = Role(send.of or label, send.delivery or label, now + send.ends)
                yield Delivery(playbook.tell(send.case, role, cast.play), send.fate)

    return [Scripted(act, tuple(deliveries(number, act))) for number, act in enumerate(scene, 1)]


def people_who(script: Sequence[Scripted], fate: Fate) -> set[str]:
    """Addresses of everybody who meets this fate."""
    return {
        person.email
        for scripted in script
        for delivery in scripted.deliveries
        if delivery.fate == fate
        for person in delivery.told.people
    }
