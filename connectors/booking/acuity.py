"""Acuity Scheduling: appointments booked, moved, changed and cancelled (also as Squarespace Scheduling).

**Set-up.** You need a plan with API access.

1. In Acuity open *Integrations → API → View credentials*. Copy the *User ID* into the setting `user_id`
   and the *API key* into `signing_key`. The key does two things: Acuity signs with it, and the relay uses
   it to look an appointment up. Take the credentials of the account's main administrator.
2. Open *Integrations → Webhooks* and paste the source's URL for *New*, *Rescheduled* and *Canceled*
   appointments. *Changed* alone does as well: it is sent in all three cases, and also when you correct an
   address or mark a no-show. Ticking all of them does no harm. Only ports 443 and 80 are allowed.

**Good to know.** Acuity sends numbers, not people: the relay asks its API for each appointment (10 calls
in a second at most). It does not know whether an appointment took place: a booking carries its end, and
a route waits for it. Cancelling withdraws what still waits, without a look-up; so does a no-show. A
cancelled appointment holds no time, so that of receipt is taken. Times come with their offset. Phone
numbers come as they were typed: set `default_region`. The calendar is given as `employee`. Failed
deliveries are repeated for a day. Orders of packages and gift certificates are ignored.

Some businesses label an appointment once it took place. Where *Changed* is sent and the appointment bears
the label `completed_label` (`"Completed"`, in any case), it is completed instead of booked; a route that
names `appointment.completed` takes it.

Documentation: https://developers.acuityscheduling.com/docs/webhooks (confidence: verified)
"""

from __future__ import annotations

from dataclasses import replace

from relay.kit import Asking, Connector, Kind, Node, Reading, Request, Source
from relay.kit.lookups import Api, basic, fetched
from relay.kit.proof import HmacSignature, in_header
from relay.kit.reading import APPOINTMENTS, parse_form, read_person
from relay.kit.settings import Annotated, Field, Keys, Secrets, Settings


class AcuitySecrets(Secrets):
    signing_key: Keys
    """The API key: it signs the webhooks and is the password of look-ups."""


class AcuitySettings(Settings):
    user_id: Annotated[str, Field(pattern=r"^\d+$", coerce_numbers_to_str=True)]
    """The User ID beside the API key, a number."""

    completed_label: str = "Completed"
    """The label that says that an appointment took place."""


def on_booked(event: Node, source: Source) -> Asking:
    key = basic(user=source.settings.user_id, secret="signing_key")  # noqa: S106  # its name only
    api = Api("https://acuityscheduling.com/api/v1", auth=key)
    call = api.get("appointments", str(event["id"].integer()))
    return read_appointment((yield from fetched(call, "Acuity has no such appointment")), source)


def on_cancelled(event: Node, _source: Source) -> Reading:
    return Reading(kind=Kind.APPOINTMENT_CANCELLED, key=event["id"].text())


def read_appointment(appointment: Node, source: Source) -> Reading:
    report = Reading(
        kind=kind_of(appointment, source.settings.completed_label),
        key=appointment["id"].text(),
        employee=appointment.get("calendarID").text_or_none(),
    )
    if report.kind.withdraws:
        return report
    person = read_person(
        appointment, email="email", first_name="firstName", last_name="lastName", phone="phone"
    )
    ends_at = appointment["datetime"].time() + appointment["duration"].minutes()
    return replace(report, ends_at=ends_at, people=(person,))


def kind_of(appointment: Node, completed_label: str) -> Kind:
    if appointment.get("noShow").flag():
        return Kind.APPOINTMENT_NO_SHOW
    if appointment.get("canceled").flag():
        return Kind.APPOINTMENT_CANCELLED
    labels = (label.get("name").text_or_none() or "" for label in appointment.get("labels").each())
    over = any(label.lower() == completed_label.lower() for label in labels if label)
    return Kind.APPOINTMENT_COMPLETED if over else Kind.APPOINTMENT_BOOKED


def action(_request: Request, event: Node) -> str | None:
    """Webhooks made in the account say `scheduled`, those made through the API `appointment.scheduled`."""
    name = event.get("action").text_or_none()
    return name and name.removeprefix("appointment.")


CONNECTOR = Connector(
    verify=HmacSignature(place=in_header("x-acuity-signature"), encoding="base64"),
    event_type=action,
    parse=parse_form,
    handlers={
        "scheduled": on_booked,
        "rescheduled": on_booked,
        "changed": on_booked,
        "canceled": on_cancelled,
    },
    ignored={"order.completed"},
    kinds=APPOINTMENTS,
    secrets=AcuitySecrets,
    settings=AcuitySettings,
    default_events={Kind.APPOINTMENT_BOOKED},
)
