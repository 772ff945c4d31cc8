"""Zapier: whatever a Zap posts by "Webhooks by Zapier".

**Set-up.**

1. Make a long random text (`openssl rand -hex 32`) and put it into `url_token`.
2. In the Zap add the action *Webhooks by Zapier → POST* (or *Custom Request*): URL = this source's URL,
   *Payload Type* JSON (Form works, too), and under *Headers* `X-Relay-Token` with the random text. Where no
   header can be set, the text may be the last part of the URL.
3. *Data*: one line for each field, on the left the names of the relay, on the right what the trigger
   brings: `event`, `id`, `email`, `first_name`, `last_name`, `phone`, `occurred_at`, `ends_at`. Always send
   an `id`, that of the appointment, order or person in the other tool: without one each call is about
   something new.
4. *Test* shows `{"accepted": true}`, and enrols the person of its sample: add the line `test` = `true` first,
   and take it out afterwards.

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

**Good to know.** Fields may be empty. With *Wrap Request In Array* on, each item is an event; names with
two underscores (`contact__email`) become nested objects. XML is refused with 415, since Zapier sends it
without a root element. GET is not accepted: it would show people's data in logs. Zapier shows a refusal in
the Zap's history, where it can be replayed.

Documentation: https://help.zapier.com/hc/en-us/articles/8496326446989-Send-webhooks-in-Zaps (confidence:
verified)
"""

from __future__ import annotations

from typing import Any

from relay.kit import Connector, Kind, Node, Request, Source
from relay.kit.proof import AnyOf, SharedToken
from relay.kit.reading import nothing, parse_by_content_type
from relay.kit.replies import Reply, json_reply
from relay.kit.settings import Keys, MappingSettings, Secrets, map_by_settings

MOST_LEVELS = 8


class ZapierSecrets(Secrets):
    url_token: Keys
    """The text in the header X-Relay-Token, or at the end of the URL."""


def parse(request: Request) -> Node:
    return Node([unflattened(item.raw) for item in parse_by_content_type(request).each()])


def unflattened(item: Any) -> Any:
    """`{"contact__email": "…"}` as `{"contact": {"email": "…"}}`; what stands there already is kept."""
    if not isinstance(item, dict):
        return item
    flat = [name for name in item if "__" in name.strip("_")]
    nested = {name: value for name, value in item.items() if name not in flat}
    for name in flat:
        *path, last = name.split("__", MOST_LEVELS)
        place = nested
        for step in path:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place.setdefault(last, item[name])
    return nested


def refuse_xml(request: Request, _source: Source) -> Reply | None:
    xml = "xml" in (request.header("content-type") or "").lower()
    return json_reply({"error": "send JSON or a form, not XML"}, status=415) if xml else None


def accepted(_request: Request) -> Reply:
    """Zapier makes the answer's fields available to the next steps of the Zap."""
    return json_reply({"accepted": True})


def for_source(connector: Connector, source: Source) -> Connector:
    return map_by_settings(connector, source)


CONNECTOR = Connector(
    verify=AnyOf(SharedToken(header="x-relay-token"), SharedToken()),
    parse=parse,
    handshake=refuse_xml,
    reply=accepted,
    event_type=nothing,
    handlers={},
    kinds=frozenset(Kind),
    methods={"POST", "PUT"},
    secrets=ZapierSecrets,
    settings=MappingSettings,
    for_source=for_source,
)
