"""FLG: leads from lead types and workflows.

**Set-up.**

1. Make a long random text (`openssl rand -hex 32`) and put it into `url_token`: FLG does not sign, so that
   this last part of the URL is the proof.
2. For every lead of a type: *Settings → Lead Groups → Lead Types → Edit → Add New Action → Webhook*, custom
   URL = this source's URL with the token, and the event that should count. Or as an action in *Settings →
   Workflows*.
3. Set `kind` to what reaching this action means. For several meanings make several sources.

**Settings.**

- `kind`: `"contact.created"` (default), `"contact.updated"`, `"deal.won"`, `"purchase.completed"`,
  `"form.submitted"` or `"appointment.completed"`.
- `default_region`: country of phone numbers without one, such as `"GB"`; `unknown_events`: `"park"` or
  `"ignore"`.

**Good to know.** FLG gives no id for a delivery: a body that comes again unchanged is the same delivery.
Except with `"contact.updated"`, a lead counts once for each sequence. The site is the location, the
assigned user the employee. Of two phone numbers the first valid one counts. Whether a failed delivery is
repeated is not documented.

Documentation: https://help.getflg.com/en/articles/209-working-with-webhooks (confidence: verified for the
fields)
"""

from __future__ import annotations

import hashlib
from typing import Literal, get_args

from relay.kit import Connector, Kind, Node, Reading, Request, Source
from relay.kit.proof import SharedToken
from relay.kit.reading import parse_form, read_person
from relay.kit.settings import Keys, Secrets, Settings

Meaning = Literal[
    "contact.created",
    "contact.updated",
    "deal.won",
    "purchase.completed",
    "form.submitted",
    "appointment.completed",
]
KINDS = frozenset(map(Kind, get_args(Meaning)))


class FlgSecrets(Secrets):
    url_token: Keys
    """The last part of the webhook's URL."""


class FlgSettings(Settings):
    kind: Meaning = "contact.created"
    """What reaching this action means."""


def event_type(_request: Request, event: Node) -> str | None:
    """There is no name of an event; what has an id is a lead."""
    return "lead" if event.get("id").exists else None


def delivery_id(request: Request, _event: Node) -> str:
    return hashlib.sha256(request.body).hexdigest()


def on_lead(event: Node, source: Source) -> Reading:
    who = read_person(
        event,
        email="email",
        first_name="firstname",
        last_name="lastname",
        full_name="fullname",
        phone=("phone1", "phone2"),
    )
    return Reading(
        kind=Kind(source.settings.kind),
        key=event["id"].text(),
        people=(who,),
        location=event.get("siteid").text_or_none(),
        employee=event.get("userid").text_or_none(),
    )


CONNECTOR = Connector(
    verify=SharedToken(),
    parse=parse_form,
    event_type=event_type,
    delivery_id=delivery_id,
    handlers={"lead": on_lead},
    kinds=KINDS,
    default_events=KINDS,
    secrets=FlgSecrets,
    settings=FlgSettings,
)
