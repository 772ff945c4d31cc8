"""CloudEvents: any sender that posts by that specification, such as an event broker.

**Set-up.**

1. Make a long random text (`openssl rand -hex 32`) and put it into `url_token`.
2. Give the sender this source's URL and the text as its access token: it comes back as `Authorization:
   Bearer …` or as the query parameter `access_token`. Senders without a token take the URL with the text as
   its last part.
3. Senders that ask first (OPTIONS with `WebHook-Request-Origin`) get consent at once, without a limit of
   rate. `WebHook-Request-Callback` is never called.

**Settings.** Expressions are JMESPath over the event `{"id", "source", "type", "time", "subject", "data",
…}`; `docs/connectors.md` lists what they may call.

- `kind`: what an event means: one kind for all (`"contact.created"`), or a table from its `type`:
  `{"com.salon.visit.over" = "appointment.completed", "com.salon.visit.cancelled" =
  "appointment.cancelled"}`. `event_type` finds the type elsewhere.
- `key`: the id of the appointment, purchase or person (`data.id`, else the event's `subject`, else a
  digest).
- `email`, `first_name`, `last_name`, `full_name`, `phone`, `country`, `unsubscribed`: expressions for the
  person; left out, the usual names are looked for in `data`, `data.customer`, `data.contact` and the like.
  `people`: a list of persons, to which these are relative.
- `occurred_at` (the event's `time`), `ends_at`, `location`, `employee`, `test`: left out, `data.ends_at`,
  `data.location_id` and so on. `filter`: what it does not find is ignored. `split`: a list within the body;
  left out, a batch is its events. `delivery_id`: `source` and `id`, which the specification makes unique.
- `default_region`: country of phone numbers without one, such as `"US"`.
  `unknown_events`: `"park"` or `"ignore"` types that the table of `kind` does not name.

**Good to know.** All three modes are read: structured (`application/cloudevents+json`), batched
(`application/cloudevents-batch+json`) and binary, with its attributes in `ce-` headers. `data_base64` is
decoded to `data` by its `datacontenttype` (JSON, XML or a form); an event where that fails is parked. The
answer is 202: taken, not yet done. Whoever sees the token can use it.

Documentation: https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md (confidence:
verified; the specification)
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from relay.kit import Asking, Connector, Handler, Ignored, Kind, Node, Reading, Request, Source
from relay.kit.proof import AnyOf, SharedToken
from relay.kit.reading import nothing, parse_cloud_events, refuse_undecoded
from relay.kit.replies import Reply, consents
from relay.kit.settings import ExpressionText, Keys, MappingSettings, Secrets, map_by_settings


class CloudEventsSecrets(Secrets):
    url_token: Keys
    """The access token that the sender shows."""


class CloudEventsSettings(MappingSettings):
    event_type: ExpressionText = "type"
    """The event type, for the table in `kind`."""

    delivery_id: ExpressionText = "id && join(' ', [source, id])"
    """An id that a re-sent event keeps and that no other event has."""

    key: ExpressionText = "pick(data.id, subject)"
    """The id of the appointment, purchase, deal, contact or form; nothing there: a digest of the event."""

    occurred_at: ExpressionText = "time"
    """When it happened: ISO 8601; nothing there: when the request arrived."""


def accepted(_request: Request) -> Reply:
    """`private`, since the URL may hold the token."""
    return Reply(202, headers={"cache-control": "private"})


def with_data(handler: Handler, event: Node, source: Source) -> Reading | Ignored | Asking:
    refuse_undecoded(event)
    return handler(event, source)


def for_source(connector: Connector, source: Source) -> Connector:
    mapped = map_by_settings(connector, source)
    handlers = {name: partial(with_data, handler) for name, handler in mapped.handlers.items()}
    return replace(mapped, handlers=handlers)


CONNECTOR = Connector(
    verify=AnyOf(SharedToken(header="authorization", prefix="Bearer "), SharedToken(query="access_token")),
    parse=parse_cloud_events,
    handshake=consents,
    reply=accepted,
    event_type=nothing,
    handlers={},
    kinds=frozenset(Kind),
    secrets=CloudEventsSecrets,
    settings=CloudEventsSettings,
    for_source=for_source,
)
