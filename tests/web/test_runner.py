"""Deliveries do not pass the router, and nobody can tell from the answers."""

from __future__ import annotations

import asyncio

import pytest

from relay.web.app import make_app
from relay.web.door import open_door
from relay.web.runner import Runner
from tests.installing import TOKEN
from tests.web.front import Front

BODY = b"Content-Length: 2\r\n\r\n{}"


def delivery(path: str = f"/hooks/shop/{TOKEN}", version: str = "1.1", lines: str = "") -> bytes:
    return f"POST {path} HTTP/{version}\r\nHost: relay\r\n{lines}".encode() + BODY


@pytest.mark.parametrize(
    "path",
    [
        f"/hooks/shop/{TOKEN}",
        f"/hooks/sho%70/{TOKEN}",
        f"/hooks/shop?token={TOKEN}",
        f"http://relay.example.com/hooks/shop/{TOKEN}",
    ],
)
async def test_a_path_means_the_same_however_it_is_written(front: Front, path: str) -> None:
    assert (await front.raw(delivery(path))).startswith(b"HTTP/1.1 200 ")
    assert [kept.source for kept in await front.accepted()] == ["shop"]


async def test_who_asks_before_sending_is_told_to_go_on(front: Front) -> None:
    answer = await front.raw(delivery(lines="Expect: 100-continue\r\n"))
    assert answer == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    ("version", "lines", "connection"),
    [
        ("1.1", "", None),
        ("1.1", "Connection: close\r\n", b"close"),
        ("1.0", "", None),
        ("1.0", "Connection: keep-alive\r\n", b"keep-alive"),
    ],
)
async def test_the_answer_says_what_becomes_of_the_connection(
    front: Front, version: str, lines: str, connection: bytes | None
) -> None:
    answer = await front.raw(delivery(version=version, lines=lines))
    assert answer.startswith(f"HTTP/{version} 200 OK\r\n".encode())
    headers = dict(line.split(b": ", 1) for line in answer.strip().split(b"\r\n")[1:])
    assert headers.get(b"Connection") == connection
    assert headers[b"Content-Length"] == b"0"
    assert {b"Date", b"Server"} <= headers.keys()


async def test_deliveries_sent_in_one_go_are_answered_one_by_one(front: Front) -> None:
    answers = await front.all_of(3 * delivery() + delivery(lines="Connection: close\r\n"))
    assert answers.count(b"HTTP/1.1 200 OK") == 4
    assert len(await front.accepted()) == 4


async def test_who_keeps_a_connection_to_a_server_that_ends_is_answered_and_told(front: Front) -> None:
    runner = Runner(make_app(front.intake, 1024), front.intake, farewell=3600)
    door = await open_door("127.0.0.1", 0)
    await door.lead_to(runner)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(door.url.rpartition(":")[2]))
    try:
        writer.write(delivery())
        assert b"Connection: close" not in await reader.readuntil(b"\r\n\r\n")
        ending = asyncio.create_task(runner.cleanup())
        await asyncio.wait([ending], timeout=0)
        writer.write(delivery())
        async with asyncio.timeout(10):
            assert b"Connection: close" in await reader.read()
            await ending
    finally:
        writer.close()
        door.close()
    assert len(await front.accepted()) == 2
