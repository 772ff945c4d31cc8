"""Item 40: the announced API webhooks."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from tests.sandbox.asking import Api, people

if TYPE_CHECKING:
    from tests.sandbox.receiving import Receiver


async def test_api_webhooks_are_off_and_when_switched_on_they_are_signed(
    api: Api, receiver: Receiver
) -> None:
    await api.execute(people("ana"))
    await api.sandbox.settled()
    silent = list(receiver.posts)
    api.sandbox.switch(api_webhook_url=receiver.url, api_webhook_secret="invented")

    await api.execute(people("ana", "ben"))
    await api.sandbox.settled()

    headers, body = receiver.posts[0]
    digest = hmac.new(b"invented", body, hashlib.sha256).hexdigest()
    assert silent == []
    assert sorted(each["type"] for each in receiver.bodies) == [
        "contact.created",
        "contact.updated",
    ]
    assert {"id", "type", "createdAt", "data"} == set(receiver.bodies[0])
    assert headers["X-Webhook-Signature"] == digest


async def test_the_end_of_a_sequence_is_told_where_api_webhooks_are_on(api: Api, receiver: Receiver) -> None:
    api.sandbox.switch(api_webhook_url=receiver.url, hour_seconds=0)

    await api.execute(people("ana"))
    await api.sandbox.settled()

    assert sorted(each["type"] for each in receiver.bodies) == [
        "contact.created",
        "sequence.completed",
    ]
    assert not any("Signature" in name for headers, _ in receiver.posts for name in headers)
