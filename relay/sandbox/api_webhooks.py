"""The announced API webhooks: not live in the documents, and so off unless a URL is switched on.

Source: https://demeterrr.mintlify.app/guides/webhooks
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from relay.sandbox.outgoing import Post
from relay.sandbox.times import iso

if TYPE_CHECKING:
    from relay.sandbox.auth import Visit
    from relay.sandbox.switches import Switches
    from relay.sandbox.world import World

Thing = TypeVar("Thing")


def tell(visit: Visit, event: str, show: Callable[[Thing], Mapping[str, Any]], thing: Thing) -> None:
    """Queue an event about something that this visit did, if anybody listens."""
    if visit.switches.api_webhook_url:
        queue_event(visit.world, visit.switches, visit.call.now, event, show(thing))


def queue_event(world: World, switches: Switches, now: float, event: str, data: Mapping[str, Any]) -> None:
    """Queue `{"id", "type", "createdAt", "data"}`, signed if there is a secret."""
    if not switches.api_webhook_url:
        return
    world.events_made += 1
    value = {"id": f"evt_{world.events_made:010d}", "type": event, "createdAt": iso(now)}
    body = orjson.dumps({**value, "data": data})
    headers = _signature(body, switches)
    post = Post(switches.api_webhook_url, body, switches.callback_timeout_seconds, headers)
    world.outbox.append([post])


def _signature(body: bytes, switches: Switches) -> dict[str, str]:
    if switches.api_webhook_secret is None:
        return {}
    secret = switches.api_webhook_secret.get_secret_value().encode()
    digest = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return {switches.api_webhook_header: digest}
