"""What supervisors and load balancers are told."""

from __future__ import annotations

import asyncio

import apsw
import pytest
from structlog.testing import capture_logs

from relay.store.base import StoreFault
from relay.web import health
from relay.web.health import READY, Health, State
from tests.installing import TOKEN
from tests.web.front import Front, Opener


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/readyz"])
async def test_health_is_answered_to_anybody(front: Front, path: str) -> None:
    reply = await front.call(path, method="GET")
    assert (reply.status, reply.json) == (200, {"status": "ok"})


async def test_a_relay_that_stops_is_alive_and_asks_to_be_sent_nothing(front: Front) -> None:
    front.health.stop()
    reply = await front.call("/readyz", method="GET")
    assert reply.status == 503
    assert reply.headers["content-type"] == "application/problem+json"
    assert int(reply.headers["retry-after"]) > 0
    assert reply.json["detail"] == "the relay is stopping"
    assert (await front.call("/livez", method="GET")).status == 200
    assert (await front.call()).status == 200


async def test_once_it_leaves_each_connection_ends_with_its_answer(front: Front) -> None:
    content = b'{"event": "paid", "id": "P-1", "email": "ana@example.com"}'
    head = f"POST /hooks/shop/{TOKEN} HTTP/1.1\r\nHost: relay\r\nContent-Length: {len(content)}\r\n\r\n"
    sent = head.encode() + content
    assert b"connection: close" not in (await front.raw(sent)).lower()
    front.runner.leave()
    answered = (await front.all_of(sent)).lower()
    assert answered.startswith(b"http/1.1 200")
    assert b"connection: close" in answered
    assert len(await front.accepted()) == 2


async def test_a_store_that_does_not_answer_is_told_in_time_and_the_relay_is_alive(
    front: Front, open_front: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "NOT_LONGER", 0.05)
    monkeypatch.setattr(health, "FRESH", 0.0)
    blocker = apsw.Connection(str(open_front.path))
    blocker.execute("BEGIN IMMEDIATE")
    reply = await front.call("/readyz", method="GET")
    assert (reply.status, reply.json["detail"]) == (503, "the store does not answer")
    assert (await front.call("/livez", method="GET")).status == 200
    blocker.execute("ROLLBACK")
    blocker.close()
    monkeypatch.undo()
    assert (await front.call("/readyz", method="GET")).status == 200


async def test_what_is_wrong_with_the_store_is_logged_once_and_told_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "FRESH", 0.0)
    broken = True

    async def look() -> None:
        if broken:
            raise StoreFault("/srv/relay.db is gone")

    asked = Health(look)
    with capture_logs() as logs:
        assert [(await asked.state()).detail for _ in range(3)] == ["the store cannot be used"] * 3
        broken = False
        assert [await asked.state() for _ in range(3)] == [READY] * 3
    assert [line["event"] for line in logs] == ["the store cannot be used", "the store can be used again"]
    assert logs[0]["fault"] == "/srv/relay.db is gone"


async def test_one_look_serves_all_who_ask() -> None:
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)

    asked = Health(look)
    assert await asyncio.gather(*(asked.state() for _ in range(100))) == [READY] * 100
    assert looks == 1


async def test_while_requests_are_spooled_the_relay_is_ready_and_says_so() -> None:
    has_room = True

    async def look() -> None:
        raise StoreFault("the database is gone")

    asked = Health(look, stand_in=lambda: has_room)
    assert await asked.state() == State(
        is_ready=True, detail="the store cannot be used: requests are spooled"
    )
    has_room = False
    assert await asked.state() == State(False, "the store cannot be used")
    has_room = True
    asked.stop()
    assert await asked.state() == State(False, "the relay is stopping")
