"""What intake does with requests that are not verified: kept aside as they came, and boundedly many."""

from __future__ import annotations

import asyncio
from contextlib import closing

import apsw
import orjson

from tests.web.front import SALE, Front, Opener


async def test_an_unverified_request_is_kept_aside_as_it_came_so_that_it_can_be_verified_again(
    front: Front,
) -> None:
    await front.call("/hooks/shop/wrong?a=1", headers={"Authorization": "Basic eA==", "X-Event": "sale"})
    (kept,) = await front.refused()
    assert (kept.source, kept.method, kept.query, kept.token) == ("shop", "POST", "?a=1", "wrong")
    assert orjson.loads(kept.body) == SALE
    assert orjson.loads(kept.headers)["authorization"] == "Basic eA=="
    assert kept.reason == "the token in the URL does not match any secrets.url_token"


async def test_only_the_newest_are_kept_however_many_a_stranger_sends(open_front: Opener) -> None:
    async with open_front({"quarantine.keep": 3}) as front:
        for number in range(8):
            await front.call("/hooks/shop/wrong", {"number": number})
            await front.intake.settle_down()
        assert [orjson.loads(kept.body)["number"] for kept in await front.refused()] == [7, 6, 5]


async def test_a_flood_of_strangers_is_answered_and_waits_in_no_endless_line(
    front: Front, open_front: Opener
) -> None:
    with closing(apsw.Connection(str(open_front.path))) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        replies = await asyncio.gather(*(front.call("/hooks/shop/wrong") for _ in range(150)))
        blocker.execute("ROLLBACK")
    assert {reply.status for reply in replies} == {401}
    assert len(await front.refused()) == 100


async def test_nothing_is_kept_where_the_quarantine_is_off(open_front: Opener) -> None:
    async with open_front({"quarantine.keep": 0}) as front:
        assert (await front.call("/hooks/shop/wrong")).status == 401
        assert await front.refused() == []


async def test_a_stranger_is_answered_401_also_when_nothing_can_be_kept(front: Front) -> None:
    await front.store.close()
    assert (await front.call("/hooks/shop/wrong")).status == 401
    await front.intake.settle_down()
