"""What is too large is refused before it is read whole."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from tests.installing import TOKEN
from tests.web.front import Front, Opener

SMALL = {"server.max_body": 1000}
HEAD = f"POST /hooks/shop/{TOKEN} HTTP/1.1\r\nHost: relay\r\n".encode()


async def test_a_body_of_exactly_the_limit_is_taken(open_front: Opener) -> None:
    async with open_front(SMALL) as front:
        assert (await front.call(body=b"x" * 1000)).status == 200
        assert [len(kept.body) for kept in await front.accepted()] == [1000]


async def test_a_larger_body_is_413_and_not_kept_even_in_quarantine(open_front: Opener) -> None:
    async with open_front(SMALL) as front:
        for path in (f"/hooks/shop/{TOKEN}", "/hooks/shop/wrong"):
            reply = await front.call(path, b"x" * 1001)
            assert (reply.status, reply.headers["content-type"]) == (413, "application/problem+json")
        assert await front.accepted() == []
        assert await front.refused() == []


async def test_a_declared_length_beyond_the_limit_is_refused_before_the_body_has_come(
    open_front: Opener,
) -> None:
    async with open_front(SMALL) as front:
        answer = await front.raw(HEAD + b"Content-Length: 10000000000\r\n\r\n" + b"x" * 1001)
    assert answer.startswith(b"HTTP/1.1 413")


async def test_chunks_beyond_the_limit_are_refused_before_the_last_one_has_come(open_front: Opener) -> None:
    chunk = b"1f4\r\n" + b"x" * 500 + b"\r\n"
    async with open_front(SMALL) as front:
        answer = await front.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + 3 * chunk)
    assert answer.startswith(b"HTTP/1.1 413")


async def test_a_body_that_only_unpacked_is_too_large_is_refused(front: Front) -> None:
    packed = gzip.compress(bytes(100 * 1024 * 1024))
    reply = await front.call(body=packed, headers={"Content-Encoding": "gzip"})
    assert reply.status == 413
    assert await front.accepted() == []


@pytest.mark.parametrize("name", ["x" * 9000, "a" * 60])
async def test_long_paths_and_long_headers_are_no_reason_to_fail(front: Front, name: str) -> None:
    reply = await front.call(f"/hooks/{name[:2000]}", headers={"X-Name": name[:8000]})
    assert reply.status in (400, 404)
    assert (await front.call()).status == 200


async def test_a_path_that_is_no_text_is_the_senders_fault_and_harms_nobody(front: Front) -> None:
    odd = HEAD.replace(b" HTTP", b"?x=\xff HTTP") + b"Content-Length: 2\r\n\r\n{}"
    answer, reply = await asyncio.gather(front.raw(odd), front.call())
    assert answer.split(b" ")[1] == b"400"
    assert reply.status == 200
    assert len(await front.accepted()) == 1
