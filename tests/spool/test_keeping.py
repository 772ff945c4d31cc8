"""Intake while the store is away: nobody waits for long, nothing is lost, and everything comes in once."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from relay.spool.keeping import Patient, Refusing
from relay.store.base import StoreFault
from tests.e2e.polling import until
from tests.factories import NOW_MS, incoming
from tests.spool.conftest import FAR, Away, House, Post

BODIES = [b"%d" % number for number in range(450)]


async def test_while_the_store_is_there_nothing_touches_the_spool(house: House, post: Post) -> None:
    await post.keep(b"a", b"b")
    assert await post.kept() == [b"a", b"b"]
    assert house.files == []
    assert post.woken == 0


async def test_it_says_whether_the_store_has_it_or_will_have_it_later(post: Post) -> None:
    assert await post.spooling.keep(incoming()) == 1
    post.away.is_shut = True
    assert await post.spooling.keep(incoming()) is None


async def test_a_store_that_is_away_is_tried_by_few_and_all_are_kept(post: Post) -> None:
    post.away.is_shut = True
    await post.keep(b"a")
    tried = post.away.tried
    await post.keep(*BODIES)
    assert post.away.tried == tried
    assert post.spool.requests == 1 + len(BODIES)
    assert post.woken == 1


async def test_nobody_waits_longer_for_a_store_that_hangs_and_then_nobody_waits_for_it(post: Post) -> None:
    post.away.hanging = asyncio.Event()
    await post.keep(b"a", b"b")
    tried = post.away.tried
    await post.keep(b"c")
    assert (post.spool.requests, post.away.tried) == (3, tried)
    post.away.hanging.set()
    await post.drain()
    assert set(await post.kept()) == {b"a", b"b", b"c"}


async def test_what_was_spooled_comes_in_in_its_order_dated_by_its_arrival(post: Post) -> None:
    post.away.is_shut = True
    for body in (b"a", b"b"):
        await post.keep(body)
    await post.keep(*BODIES)
    post.away.is_shut = False
    await post.drain()
    claimed = await post.store.claim_requests(FAR, FAR, 10_000)
    assert [one.body for one in claimed] == [b"a", b"b", *BODIES]
    assert {one.received_at for one in claimed} == {NOW_MS}
    assert post.accepted == 3
    assert (post.spool.requests, post.spool.size) == (0, 0)


async def test_once_a_piece_has_come_in_new_requests_go_past_the_rest(post: Post) -> None:
    post.away.is_shut = True
    await post.keep(*BODIES)
    post.away.is_shut = False
    assert await post.draining.tick() == 0.0
    await post.keep(b"new")
    assert (await post.kept())[-1] == b"new"
    await post.drain()
    assert sorted(await post.kept()) == sorted(BODIES[200:])


async def test_a_store_that_goes_away_again_while_it_is_drained_gets_the_rest_later(
    house: House, post: Post
) -> None:
    post.away.is_shut = True
    await post.keep(*BODIES)
    post.away.is_shut = False
    assert await post.draining.tick() == 0.0
    post.away.is_shut = True
    wait = await post.draining.tick()
    assert wait is not None
    assert wait > 0
    await post.keep(b"more")
    post.away.is_shut = False
    await post.drain()
    assert await post.kept() == [*BODIES, b"more"]
    assert house.files == []


async def test_what_is_spooled_while_a_piece_is_on_its_way_comes_in_after_it(post: Post) -> None:
    post.away.is_shut = True
    await post.keep(b"a")
    post.away.is_shut = False
    post.away.hanging = asyncio.Event()
    draining = asyncio.create_task(post.drain())
    await post.keep(b"b")
    post.away.hanging.set()
    await draining
    assert await post.kept() == [b"a", b"b"]


async def test_who_is_spooled_just_when_the_store_is_back_wakes_the_draining(post: Post) -> None:
    post.away.is_shut = True
    await post.keep(b"a")
    late = asyncio.create_task(post.spooling.keep(incoming(body=b"late")))
    await asyncio.sleep(0)
    post.spooling.come_back()
    woken = post.woken
    await late
    assert post.woken == woken + 1


async def test_the_successor_of_a_process_that_died_brings_in_the_rest_and_nothing_twice(
    house: House,
) -> None:
    async with house.spool() as spool:
        first = Post(spool, house.store, house.clock)
        first.away.is_shut = True
        await first.keep(*BODIES)
        first.away.is_shut = False
        piece = await spool.next()
        assert piece is not None
        # It dies after the ledger has taken the piece, and before it could note that.
        await house.store.add_spooled(piece.spooled, NOW_MS)
    second = await house.post()
    assert second.spool.requests == len(BODIES)
    await second.drain()
    assert await second.kept() == BODIES
    assert second.spool.requests == 0


async def test_files_of_a_process_that_dies_later_are_found_by_and_by(house: House, post: Post) -> None:
    async with house.spool() as spool:
        other = Post(spool, house.store, house.clock)
        other.away.is_shut = True
        await other.keep(b"a")
        await post.drain()
        assert await post.kept() == []
    await post.drain()
    assert await post.kept() == []
    house.clock.move(60)
    await post.drain()
    assert await post.kept() == [b"a"]


async def test_when_not_even_the_spool_can_be_written_the_next_one_tries_the_store_again(
    house: House, post: Post
) -> None:
    post.away.is_shut = True
    house.folder.rmdir()
    with pytest.raises(StoreFault, match=r"spool\.path"):
        await post.keep(b"a")
    assert post.woken == 1
    house.folder.mkdir()
    await post.drain()
    post.away.is_shut = False
    await post.keep(b"b")
    assert await post.kept() == [b"b"]


async def test_a_stop_does_not_wait_for_a_store_that_hangs(post: Post) -> None:
    post.away.is_shut = True
    await post.keep(b"a")
    post.away.is_shut = False
    post.away.hanging = asyncio.Event()
    draining = asyncio.create_task(post.draining.tick())
    tried = post.away.tried
    await until(lambda: post.away.tried > tried, "nothing was tried")
    post.draining.cut_short()
    assert await draining is None
    assert post.spool.requests == 1


async def test_who_leaves_brings_in_what_is_left_if_the_store_is_there(house: House, post: Post) -> None:
    post.away.is_shut = True
    await post.keep(*BODIES)
    post.away.is_shut = False
    with capture_logs() as logs:
        await post.draining.finish(60, 60)
    assert await post.kept() == BODIES
    assert house.files == []
    assert [line["event"] for line in logs] == ["the store is back", "the spool is drained"]


@pytest.mark.parametrize("how", ["shut", "hanging"])
async def test_who_leaves_does_not_wait_for_a_store_that_is_away_and_says_what_it_leaves_to_others(
    house: House, post: Post, how: str
) -> None:
    post.away.is_shut = True
    await post.keep(*BODIES)
    if how == "hanging":
        post.away.hanging = asyncio.Event()
    with capture_logs() as logs:
        await post.draining.finish(1e6, 0.01)
    (line,) = logs
    assert line["event"] == "requests stay in the spool"
    assert line["requests"] == len(BODIES)
    assert line["files"] == [file.name for file in house.files]
    assert "another relay here with this spool" in line["taken_over"]
    await post.spool.close()
    successor = await house.post()
    await successor.drain()
    assert await successor.kept() == BODIES


async def test_a_store_that_is_slow_to_take_what_is_left_is_waited_for_no_longer_than_allowed(
    post: Post,
) -> None:
    post.away.is_shut = True
    await post.keep(*BODIES)
    post.away.is_shut = False
    assert await post.draining.tick() == 0.0
    post.away.hanging = asyncio.Event()
    await post.draining.finish(0.01, 60)
    assert post.spool.requests == len(BODIES) - 200


async def test_the_log_says_once_that_it_begins_and_once_that_it_is_over(post: Post) -> None:
    with capture_logs() as logs:
        post.away.is_shut = True
        await post.keep(b"a", b"b")
        await post.draining.tick()
        await post.keep(b"c")
        await post.draining.tick()
        post.away.is_shut = False
        await post.drain()
        await post.drain()
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("the store is away, requests are spooled", "warning"),
        ("the store is back", "info"),
        ("the spool is drained", "info"),
    ]
    assert logs[0]["fault"] == "the store is shut"
    assert logs[2]["requests"] == 3


async def test_where_nothing_is_spooled_all_hear_at_once_that_the_store_is_away_and_one_tries(
    house: House,
) -> None:
    away = Away(house.store)
    refusing = Refusing(Patient(away.add_request, 0.05), pause=0.0)
    away.hanging = asyncio.Event()
    told = await asyncio.gather(*(refusing.keep(incoming()) for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in told] == [StoreFault] * 5
    tried = away.tried
    told = await asyncio.gather(*(refusing.keep(incoming()) for _ in range(5)), return_exceptions=True)
    assert [str(one) for one in told] == ["the store did not answer within 0.05 s"] * 5
    assert away.tried == tried + 1
    away.hanging.set()
    await refusing.keep(incoming())
    await asyncio.gather(*(refusing.keep(incoming()) for _ in range(5)))


async def test_where_nothing_is_spooled_nobody_tries_before_a_pause_is_over(house: House) -> None:
    away = Away(house.store)
    refusing = Refusing(Patient(away.add_request, 0.05), pause=1e6)
    away.is_shut = True
    for _ in range(3):
        with pytest.raises(StoreFault, match="the store is shut"):
            await refusing.keep(incoming())
    assert away.tried == 1
