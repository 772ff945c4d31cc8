"""Standard Webhooks: any sender that signs with `webhook-id`, `webhook-timestamp` and `webhook-signature`.

**Set-up.** Works for every service that follows standardwebhooks.com, and for those "powered by Svix".

1. In the sender's dashboard (usually *Settings → Webhooks*) add an endpoint with this source's URL.
2. Choose the events you want; others are harmless, but fill the list of dead letters.
3. Copy the signing secret (`whsec_…`), or the public key (`whpk_…`) of a sender that signs with Ed25519,
   into `signing_key`. During a rotation list both: every live one is accepted, shared and public side by
   side.

**Settings.**

- `kind`: what an event means: one kind for all (`"contact.created"`), or a table from event type to kind:
  `{"order.paid" = "purchase.completed", "order.refunded" = "purchase.refunded", "order.created" =
  "ignored"}`
- `email`, `first_name`, `last_name`, `full_name`, `phone`, `country`, `unsubscribed`: expressions for the
  person; left out, the usual names are looked for at the top, in `data`, `data.customer`, `data.contact` and
  the like. `people`: a person or a list of them, to which these are then relative.
- `event_type` (`type`), `key` (`data.id`), `occurred_at` (`timestamp`), `ends_at`, `location`, `employee`,
  `test`: expressions over the body. `split`: a list of events within it. `filter`: events for which it
  finds nothing are ignored. `delivery_id`: not needed, the signed message id stays the same over all
  re-sends.
- `tolerance`: seconds that the signed timestamp may differ from the relay's clock (300).
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` types that the table of `kind` does not name.

**Good to know.** Expressions are JMESPath; `docs/connectors.md` lists what they may call. Senders wait 15
to 30 s and repeat for days; few sign with Ed25519 (`v1a`) yet.

Documentation: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
(confidence: verified; the specification's test vector and library)
"""

from __future__ import annotations

from typing import Annotated

from relay.kit import Connector, Kind, Source
from relay.kit.proof import StandardWebhooks, standard_webhooks_key
from relay.kit.reading import nothing
from relay.kit.settings import (
    AfterValidator,
    Keys,
    MappingSettings,
    Secrets,
    StampedSettings,
    map_by_settings,
)


def _check_keys(keys: Keys) -> Keys:
    for key in keys:
        standard_webhooks_key(key.get_secret_value())
    return keys


class Keyring(Secrets):
    signing_key: Annotated[Keys, AfterValidator(_check_keys)]
    """The sender's signing secret (`whsec_…`) or public key (`whpk_…`)."""


class StandardWebhooksSettings(StampedSettings, MappingSettings):
    """Where everything stands, and how old a signed timestamp may be."""


VERIFY = StandardWebhooks()


def for_source(connector: Connector, source: Source) -> Connector:
    return map_by_settings(connector, source, header_id=VERIFY.message_id)


CONNECTOR = Connector(
    verify=VERIFY,
    event_type=nothing,
    handlers={},
    kinds=frozenset(Kind),
    secrets=Keyring,
    settings=StandardWebhooksSettings,
    for_source=for_source,
)
