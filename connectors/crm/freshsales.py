"""Freshsales (Freshworks CRM): contacts and deals from workflows.

**Set-up.** A workflow sends a body that you write; this page gives it.

1. Make a long random text (`openssl rand -hex 32`) and put it into `url_token`.
2. *Admin Settings → Workflows*: make a workflow over contacts or deals with the trigger that should count,
   and add the action *Trigger webhook*: POST, this source's URL, *Requires authentication* off, custom header
   `X-Relay-Token: <the random text>`, encoding JSON, content *Advanced*.
3. As content paste this and put a placeholder (the menu *Insert placeholder*) in each pair of quotes; the
   line `event` stays a fixed text, one of the five below:

       {"event": "contact.created", "id": "…", "email": "…", "first_name": "…", "last_name": "…",
        "phone": "…", "country": "", "owner_id": "…", "location": "", "occurred_at": "…", "ends_at": ""}

   In a workflow over deals, `id` is the deal's and the person is its primary contact.

**Events.** `contact.created`, `contact.updated`, `deal.won`; for appointments `appointment.booked` (give
`ends_at`) and `appointment.cancelled` (the same `id`), which withdraws what waits. Others are parked.

**Good to know.** Instead of the header the token may be the last part of the URL; with *Requires
authentication* on, put `user:password` into `basic`, which then is the proof. Fields may be left empty:
without `email` the event is ignored, without `occurred_at` it is dated by its arrival. Freshsales gives no
id for a delivery; one `id` enrols once for each sequence, except for `contact.updated`. A field
`"unsubscribed"` of `"true"` leaves the person alone. Form encoding works as well. Whether a failed delivery
is repeated is not documented.

- `default_region`: country of phone numbers without one; `unknown_events`: `"park"` or `"ignore"`.

Documentation: https://crmsupport.freshworks.com/support/solutions/articles/50000002418 (confidence: best
effort; the body is ours)
"""

from __future__ import annotations

import hashlib
from functools import partial

from relay.kit import Connector, Handler, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import AnyOf, BasicAuth, SharedToken, strongest_configured
from relay.kit.reading import field_text, parse_by_content_type
from relay.kit.settings import OptionalKeys, Secrets

BASIC = BasicAuth()


class FreshsalesSecrets(Secrets):
    url_token: OptionalKeys = ()
    """The text in the header X-Relay-Token, or at the end of the URL."""

    basic: OptionalKeys = ()
    """`user:password`, where the webhook requires authentication."""


def reading(kind: Kind, event: Node, _source: Source) -> Reading:
    country = event.get("country").text_or_none()
    who = Person(
        email=event.get("email").text_or_none(),
        first_name=event.get("first_name").text_or_none(),
        last_name=event.get("last_name").text_or_none(),
        phone=event.get("phone").text_or_none(),
        country=country if country and len(country) == 2 else None,
        unsubscribed=event.get("unsubscribed").flag(),
    )
    return Reading(
        kind=kind,
        key=event["id"].text(),
        occurred_at=event.get("occurred_at").time_or_none(),
        ends_at=event.get("ends_at").time_or_none(),
        people=(who,),
        location=event.get("location").text_or_none(),
        employee=event.get("owner_id").text_or_none(),
    )


def delivery_id(request: Request, event: Node) -> str | None:
    """A change has no date of its own where the template leaves it out: unchanged, it is no other change."""
    changed = event.get("event").text_or_none() == Kind.CONTACT_UPDATED
    return hashlib.sha256(request.body).hexdigest() if changed else None


KINDS = (
    Kind.CONTACT_CREATED,
    Kind.CONTACT_UPDATED,
    Kind.DEAL_WON,
    Kind.APPOINTMENT_BOOKED,
    Kind.APPOINTMENT_CANCELLED,
)
HANDLERS: dict[str, Handler] = {kind.value: partial(reading, kind) for kind in KINDS}

CONNECTOR = Connector(
    verify=BASIC,
    for_source=strongest_configured(BASIC, AnyOf(SharedToken(header="x-relay-token"), SharedToken())),
    parse=parse_by_content_type,
    event_type=field_text("event"),
    delivery_id=delivery_id,
    handlers=HANDLERS,
    kinds=frozenset(KINDS),
    default_events=frozenset(kind for kind in KINDS if not kind.withdraws),
    secrets=FreshsalesSecrets,
)
