"""n8n: whatever a workflow posts by its HTTP Request node.

**Set-up.**

1. Make a long random text (`openssl rand -hex 32`) and put it into `url_token`.
2. In the workflow add *HTTP Request*: method POST, URL = this source's URL, *Authentication → Generic →
   Header Auth* with the name `X-Relay-Token` and the random text. With *Basic Auth* put `user:password`
   into `basic` instead, which then is the proof; where neither can be set, the text may be the last part of
   the URL.
3. *Send Body*, content type JSON (*Form Urlencoded*, *Form-Data* and *Raw* work, too), with the fields
   `event`, `id`, `email`, `first_name`, `last_name`, `phone`, `occurred_at`, `ends_at`. Always send an
   `id`, that of the appointment, order or person.
4. *Settings → Retry On Fail*: on, with the longest wait, so that a restart of the relay loses nothing.

**Settings.** Expressions are JMESPath; `docs/connectors.md` lists what they may call.

- `kind`: what a call means: one kind for all (`"contact.created"`), or a table from event type to kind,
  such as `{booked = "appointment.booked", cancelled = "appointment.cancelled", draft = "ignored"}`; the
  type is the field `event` (`event_type`).
- `key`: the id of the appointment, purchase or person (`id`); one key enrols a person once, and a cancelled
  one withdraws. `delivery_id`: an id that a call sent again keeps (`delivery_id`, `event_id`).
- `email`, `first_name`, `last_name`, `full_name`, `phone`, `country`, `unsubscribed`: expressions for the
  person; left out, the usual names are looked for in the usual places. `people`: a list of persons, to
  which these are relative.
- `occurred_at`, `ends_at`, `location`, `employee`, `test`: left out, `occurred_at`, `ends_at`,
  `location_id`, `employee_id`, `test`. `split`: the list of events within a body. `filter`: what it does
  not find is ignored.
- `default_region`: country of phone numbers without one, such as `"US"`.
  `unknown_events`: `"park"` or `"ignore"` types that the table of `kind` does not name.

**Good to know.** *Execute step* enrols whom it brings: send `test` = `true` as long as you try. Fields may be
empty. A JSON list is several events; the node posts once for each item that comes in. The answer is
`{"accepted": true}`. GET is not accepted: it would show people's data in logs.

Documentation: https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.httprequest/ (confidence:
best effort)
"""

from __future__ import annotations

from relay.kit import Connector, Kind, Request, Source
from relay.kit.proof import AnyOf, BasicAuth, SharedToken, strongest_configured
from relay.kit.reading import nothing, parse_by_content_type
from relay.kit.replies import Reply, json_reply
from relay.kit.settings import MappingSettings, OptionalKeys, Secrets, map_by_settings

BASIC = BasicAuth()
by_proof = strongest_configured(BASIC, AnyOf(SharedToken(header="x-relay-token"), SharedToken()))


class N8nSecrets(Secrets):
    url_token: OptionalKeys = ()
    """The text in the header X-Relay-Token, or at the end of the URL."""

    basic: OptionalKeys = ()
    """`user:password` for HTTP Basic."""


def accepted(_request: Request) -> Reply:
    """The answer's fields are at hand in the next steps."""
    return json_reply({"accepted": True})


def for_source(connector: Connector, source: Source) -> Connector:
    return map_by_settings(by_proof(connector, source), source)


CONNECTOR = Connector(
    verify=BASIC,
    for_source=for_source,
    parse=parse_by_content_type,
    reply=accepted,
    event_type=nothing,
    handlers={},
    kinds=frozenset(Kind),
    methods={"POST", "PUT"},
    secrets=N8nSecrets,
    settings=MappingSettings,
)
