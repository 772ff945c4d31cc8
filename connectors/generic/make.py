"""Make (Integromat): whatever a scenario posts by its HTTP module.

**Set-up.**

1. Make a long random text (`openssl rand -hex 32`) and put it into `url_token`.
2. In the scenario add *HTTP → Make a request*: URL = this source's URL, method POST, header `X-Relay-Token`
   with the random text, body type *Raw*, content type *JSON*; *application/x-www-form-urlencoded* and
   *multipart/form-data* work, too. In the variant *Make a Basic Auth request* put `user:password` into
   `basic` instead, which then is the proof; where no header can be set, the text may be the last part of
   the URL.
3. *Request content*: `{"event": "…", "id": "…", "email": "…", "first_name": "…", "last_name": "…", "phone":
   "…", "occurred_at": "…", "ends_at": "…"}` with the values of earlier modules. Build it with *Create JSON*
   where a value may hold quotes. Always send an `id`, that of the appointment, order or person.
4. Turn on *Evaluate all states as errors (except for 2xx and 3xx)* and add the error handler *Break* with
   automatic completion: otherwise Make takes a refusal for success and repeats nothing.

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

**Good to know.** *Run once* enrols whom it brings: send `"test": true` as long as you try. Fields may be
empty. A JSON list is several events. The answer is `{"accepted": true}`. GET is not accepted: it would show
people's data in logs.

Documentation: https://apps.make.com/http (confidence: best effort)
"""

from __future__ import annotations

from relay.kit import Connector, Kind, Request, Source
from relay.kit.proof import AnyOf, BasicAuth, SharedToken, strongest_configured
from relay.kit.reading import nothing, parse_by_content_type
from relay.kit.replies import Reply, json_reply
from relay.kit.settings import MappingSettings, OptionalKeys, Secrets, map_by_settings

BASIC = BasicAuth()
by_proof = strongest_configured(BASIC, AnyOf(SharedToken(header="x-relay-token"), SharedToken()))


class MakeSecrets(Secrets):
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
    secrets=MakeSecrets,
    settings=MappingSettings,
)
