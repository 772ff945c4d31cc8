"""A sender that takes its time holds a connection for a while, not for ever."""

from __future__ import annotations

import pytest

from relay.web import bodies
from tests.installing import TOKEN
from tests.web.front import Front


async def test_a_body_that_does_not_arrive_is_given_up(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.01)
    head = f"POST /hooks/shop/{TOKEN} HTTP/1.1\r\nHost: relay\r\nContent-Length: 100\r\n\r\n"
    answer = await front.raw(head.encode() + b"the first bytes")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert await front.accepted() == []
