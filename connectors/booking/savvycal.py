"""SavvyCal: meetings booked, moved and cancelled.

**Set-up.**

1. In SavvyCal open *Settings → Integrations → Webhooks* (or `POST https://api.savvycal.com/v1/webhooks` with
   `{"url": …}` and a personal token) and add this source's URL. All events come to it; there is no choice.
2. Copy the webhook's secret, which is shown once, into `signing_key`.

**Settings.**

- `only_opted_in`: enrol only who ticked the box for marketing (`marketing_opt_in`); false by default.

**Good to know.** SavvyCal does not know whether a meeting took place: a booking carries its end, and a route
waits for it. Moving it moves what waits; cancelling, declining and an expired checkout withdraw. A request
that waits for approval or payment is ignored until it is confirmed. Who is enrolled is the person who booked,
and in group sessions everybody but the organizer; guests whose address somebody else typed are not. Each
attendee has a key of their own, so one who leaves a group session takes back only their own. The organizer's
address is given as `employee` (ids are those of one meeting), the team or account that the link belongs to as
`location`. Meeting polls and workflow actions are ignored. Failed deliveries are repeated with growing gaps.
The signature holds no time.

The body of `event.attendee.*` is not documented: where it holds no meeting it is parked, to be read by you.
SavvyCal Appointments (savvycal.app) signs the same way and has other bodies, which are parked as well.

Documentation: https://developers.savvycal.com (confidence: from public captures: signature by the vendor,
bodies from public code)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from relay.kit import Connector, Handler, Ignored, Kind, Node, Reading, Request, Source
from relay.kit.proof import HmacSignature, in_header
from relay.kit.reading import field_text, first_of, read_person, words
from relay.kit.settings import Keys, Secrets, Settings


class SavvyCalSecrets(Secrets):
    signing_key: Keys
    """The secret of the webhook."""


class SavvyCalSettings(Settings):
    only_opted_in: bool = False
    """Enrol only attendees who opted in to marketing."""


def split(event: Node) -> Iterator[Node]:
    """One event for each attendee of a meeting; whatever is no meeting stays whole."""
    name = event.get("type").text_or_none()
    if name not in HANDLERS:
        yield event
        return
    payload = event["payload"]
    meeting = first_of(payload.get("event"), payload)
    for attendee in attendees(name, payload, meeting):
        yield event.having(meeting=meeting, attendee=attendee)


def attendees(name: str, payload: Node, meeting: Node) -> Iterable[Node]:
    if name.startswith("event.attendee."):
        return (first_of(payload.get("attendee"), payload),)
    booker, group = meeting.get("scheduler"), meeting.get("is_group_session").flag()
    if booker.exists and not group and not booker.get("is_organizer").flag():
        return (booker,)
    guests = [one for one in meeting.get("attendees").each() if not one.get("is_organizer").flag()]
    return guests or (Node(None, meeting.path),)


def on_booked(event: Node, source: Source) -> Reading | Ignored:
    meeting, attendee = event["meeting"], event["attendee"]
    state = meeting.get("state").text_or_none() or "confirmed"
    if state in ("canceled", "cancelled", "declined") or attendee.get("canceled_at").exists:
        return report(event, Kind.APPOINTMENT_CANCELLED)
    if state != "confirmed":
        return Ignored(f"the meeting is {state}, not confirmed")
    if not attendee.exists:
        return Ignored("nobody but the organizer is in this meeting", nobody=True)
    if source.settings.only_opted_in and not attendee.get("marketing_opt_in").flag():
        return Ignored("the attendee did not opt in to marketing")
    return report(event, Kind.APPOINTMENT_BOOKED)


def on_cancelled(event: Node, _source: Source) -> Reading:
    return report(event, Kind.APPOINTMENT_CANCELLED)


def report(event: Node, kind: Kind) -> Reading:
    meeting, attendee = event["meeting"], event["attendee"]
    person = read_person(
        attendee,
        email="email",
        first_name="first_name",
        last_name="last_name",
        full_name="display_name",
        phone="phone_number",
    )
    booked = kind is Kind.APPOINTMENT_BOOKED
    return Reading(
        kind=kind,
        key=(attendee if attendee.get("id").exists else meeting)["id"].text(),
        occurred_at=event.get("occurred_at").time_or_none(),
        ends_at=meeting["end_at"].time() if booked else None,
        people=(person,) if booked else (),
        location=meeting.get("scope", "id").text_or_none(),
        employee=meeting.get("organizer", "email").text_or_none(),
    )


def delivery_id(_request: Request, event: Node) -> str | None:
    """The id of the event, and whose part of it: one delivery is split by attendees."""
    name, attendee = event.get("id").text_or_none(), event.get("attendee", "id").text_or_none()
    return f"{name} {attendee}" if name and attendee else name


HANDLERS: dict[str, Handler] = {
    "event.created": on_booked,
    "event.approved": on_booked,
    "event.rescheduled": on_booked,
    "event.changed": on_booked,
    "event.checkout.completed": on_booked,
    "event.attendee.added": on_booked,
    "event.attendee.rescheduled": on_booked,
    "event.canceled": on_cancelled,
    "event.declined": on_cancelled,
    "event.checkout.expired": on_cancelled,
    "event.attendee.canceled": on_cancelled,
}

CONNECTOR = Connector(
    verify=HmacSignature(place=in_header("x-savvycal-signature", prefix="sha256=", bare=True)),
    event_type=field_text("type"),
    delivery_id=delivery_id,
    split=split,
    handlers=HANDLERS,
    ignored=words("""
        event.requested event.checkout.pending workflow.action.triggered poll.response.created
        poll.response.updated
    """),
    kinds={Kind.APPOINTMENT_BOOKED, Kind.APPOINTMENT_CANCELLED},
    default_events={Kind.APPOINTMENT_BOOKED},
    secrets=SavvyCalSecrets,
    settings=SavvyCalSettings,
)
