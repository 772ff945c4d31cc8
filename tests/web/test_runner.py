"""Deliveries do not pass the router, and nobody can tell from the answers."""

from __future__ import annotations

import pytest

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
