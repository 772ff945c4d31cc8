"""Calendly: meetings booked, cancelled, rescheduled and missed.

**Set-up.** Calendly has no page for webhooks; they are made with one call to its API (paid plans only).

1. In Calendly open *Integrations & apps → API and webhooks* and make a personal access token. It is needed
   for this call alone, not by the relay.
2. Make up a long random text: it goes into `signing_key` and into the call.
3. `POST https://api.calendly.com/webhook_subscriptions` with the token as bearer and the JSON
   `{"url": <the source's URL>, "events": ["invitee.created", "invitee.canceled",
   "invitee_no_show.created"], "organization": <its URI>, "scope": "organization",
   "signing_key": <the text>}`. The URIs are in the answer of `GET https://api.calendly.com/users/me`.

**Good to know.** Calendly does not know whether a meeting took place. An invitee is booked with the end of
the meeting, which a route waits for; cancelling or marking as no-show withdraws, and taking the mark back
changes nothing. Rescheduling is a cancellation and a new booking. Extra guests gave their address to
somebody else, so they are not enrolled. The name is split where the form asks for it in one field. The
phone number is the one for text reminders, else the answer to a question that asks for a phone, else the
location of a call to the invitee; set `default_region` for numbers without a country code.

Calendly repeats a failed delivery for 24 hours and then *disables the subscription*: make a new one. The
signature holds a time; it may differ by `tolerance` seconds (default 300). If repeats are refused as too
old, raise it. Without a signing key Calendly does not sign, and the relay refuses.

Documentation: https://developer.calendly.com/api-docs (confidence: verified; the no-show body from public
code)
"""

from __future__ import annotations

import re

from relay.kit import Connector, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import SECONDS, HmacSignature, in_pairs, stamp_dot_body
from relay.kit.reading import field_text, words
from relay.kit.settings import Keys, Secrets, StampedSettings


class CalendlySecrets(Secrets):
    signing_key: Keys
    """The signing key that the webhook subscription was made with."""


def on_booked(event: Node, _source: Source) -> Reading:
    invitee, meeting = event["payload"], event["payload"]["scheduled_event"]
    person = Person(
        email=invitee.get("email").text_or_none(),
        first_name=invitee.get("first_name").text_or_none(),
        last_name=invitee.get("last_name").text_or_none(),
        full_name=invitee.get("name").text_or_none(),
        phone=phone_of(invitee),
    )
    return Reading(
        kind=Kind.APPOINTMENT_BOOKED,
        key=invitee["uri"].text(),
        occurred_at=event["created_at"].time(),
        ends_at=meeting["end_time"].time(),
        people=(person,),
        employee=meeting.get("event_memberships", 0, "user").text_or_none(),
    )


def on_cancelled(event: Node, _source: Source) -> Reading:
    return Reading(
        kind=Kind.APPOINTMENT_CANCELLED,
        key=event["payload"]["uri"].text(),
        occurred_at=event["created_at"].time(),
    )


def on_no_show(event: Node, _source: Source) -> Reading:
    """Calendly sends the invitee with the mark inside; its API shows the mark with the invitee's URI."""
    payload = event["payload"]
    return Reading(
        kind=Kind.APPOINTMENT_NO_SHOW,
        key=payload.get("invitee").text_or_none() or payload["uri"].text(),
        occurred_at=event["created_at"].time(),
    )


def phone_of(invitee: Node) -> str | None:
    reminder = invitee.get("text_reminder_number").text_or_none()
    return reminder or answered_phone(invitee) or called_phone(invitee["scheduled_event"].get("location"))


def answered_phone(invitee: Node) -> str | None:
    for asked in invitee.get("questions_and_answers").each():
        question = asked.get("question").text_or_none() or ""
        answer = asked.get("answer").text_or_none() or ""
        if PHONE.search(question) and sum(map(str.isdigit, answer)) >= 7:
            return answer
    return None


def called_phone(location: Node) -> str | None:
    """The invitee's number where the host calls; for an inbound call it is the host's own."""
    outbound = location.get("type").text_or_none() == "outbound_call"
    return location.get("location").text_or_none() if outbound else None


def delivery_id(_request: Request, event: Node) -> str | None:
    """Calendly gives none: an invitee is created and cancelled once, and each no-show mark has a URI."""
    name = event.get("event").text_or_none()
    mark = event.get("payload", "no_show", "uri").text_or_none() if name == NO_SHOW else None
    uri = mark or event.get("payload", "uri").text_or_none()
    return f"{name} {uri}" if name in HANDLERS and uri else None


NO_SHOW = "invitee_no_show.created"
PHONE = re.compile(r"phone|mobil|\bcell|celular|tel[eé]fon|whatsapp", re.IGNORECASE)
HANDLERS = {"invitee.created": on_booked, "invitee.canceled": on_cancelled, NO_SHOW: on_no_show}

CONNECTOR = Connector(
    verify=HmacSignature(
        place=in_pairs("calendly-webhook-signature", stamp="t", signature="v1"),
        signed=stamp_dot_body,
        stamp=SECONDS,
    ),
    event_type=field_text("event"),
    delivery_id=delivery_id,
    handlers=HANDLERS,
    ignored=words("invitee_no_show.deleted routing_form_submission.* event_type.* contact.* meeting_recap.*"),
    kinds={Kind.APPOINTMENT_BOOKED, Kind.APPOINTMENT_CANCELLED, Kind.APPOINTMENT_NO_SHOW},
    secrets=CalendlySecrets,
    settings=StampedSettings,
    default_events={Kind.APPOINTMENT_BOOKED},
)
