"""Requests: durable before they are acknowledged, and translated by one claimer at a time."""

from __future__ import annotations

import asyncio

from relay.store import Store
from relay.store.sql.requests import MOST_BYTES
from tests.factories import MINUTE, NOW_MS, SECOND, incoming, parked_event, read_event, translation
from tests.store.conftest import Engine
from tests.store.desk import LEASE, Desk


async def test_requests_that_arrive_together_get_ids_of_their_own_without_gaps(store: Store) -> None:
    ids = await asyncio.gather(*(store.add_request(incoming(body=b"%d" % n)) for n in range(300)))
    assert ids == list(range(1, 301))


async def test_ids_go_on_where_the_last_group_ended(store: Store) -> None:
    first = await asyncio.gather(*(store.add_request(incoming()) for _ in range(7)))
    second = await asyncio.gather(*(store.add_request(incoming()) for _ in range(65)))
    assert [*first, *second] == list(range(1, 73))


async def test_an_acknowledged_request_is_there_after_a_restart_byte_for_byte(engine: Engine) -> None:
    given = incoming(query="?a=1", headers=b'{"x":"\xc3\xa9"}', body=bytes(range(256)), method="PUT")
    async with engine.open() as store:
        number = await store.add_request(given)
    async with engine.open() as store:
        claimed = await Desk(store).claim_one()
    assert claimed.id == number
    assert (claimed.source, claimed.received_at, claimed.method) == ("shop", NOW_MS, "PUT")
    assert (claimed.query, claimed.headers, claimed.body) == ("?a=1", given.headers, given.body)


async def test_a_request_belongs_to_the_id_that_was_acknowledged(store: Store) -> None:
    ids = await asyncio.gather(*(store.add_request(incoming(body=b"%d" % n)) for n in range(130)))
    bodies = {claimed.id: claimed.body for claimed in await Desk(store).claim(limit=200)}
    assert bodies == {number: b"%d" % n for n, number in enumerate(ids)}


async def test_a_failing_operation_does_not_harm_what_is_committed_with_it(store: Store, desk: Desk) -> None:
    await store.add_request(incoming())
    halfway = (read_event("ana@example.com"), read_event("ben@example.com", position=1, kind=object()))
    impossible = translation(await desk.claim_one(), *halfway)
    results = await asyncio.gather(
        store.add_request(incoming()),
        store.save_translations([impossible], desk.now),
        store.add_request(incoming()),
        store.discard_dead([], "nothing", desk.now),
        return_exceptions=True,
    )
    assert [isinstance(result, Exception) for result in results] == [False, True, False, False]
    ledger = await store.ledger()
    assert (ledger.accepted, ledger.events, ledger.enrollments) == (3, {}, {})
    assert (ledger.requests, ledger.faults()) == ({"waiting": 3}, [])


async def test_a_waiter_that_goes_away_takes_nothing_with_it(store: Store) -> None:
    leaving = asyncio.ensure_future(store.add_request(incoming()))
    staying = asyncio.ensure_future(store.add_request(incoming()))
    await asyncio.wait([leaving], timeout=0)
    leaving.cancel()
    assert await staying == 2
    assert (await store.ledger()).accepted == 2


async def test_claimers_never_get_the_same_request(store: Store, desk: Desk) -> None:
    for _ in range(20):
        await store.add_request(incoming())
    claims = await asyncio.gather(*(desk.claim(limit=7) for _ in range(5)))
    ids = [claimed.id for some in claims for claimed in some]
    assert sorted(ids) == list(range(1, 21))


async def test_the_oldest_requests_are_claimed_first(store: Store, desk: Desk) -> None:
    for age in (3, 1, 2):
        await store.add_request(incoming(received_at=NOW_MS - age * SECOND))
    assert [claimed.id for some in [await desk.claim(limit=1) for _ in range(3)] for claimed in some] == [
        1,
        3,
        2,
    ]


async def test_a_claimed_request_is_nobody_elses_until_its_lease_is_rescued(store: Store, desk: Desk) -> None:
    await store.add_request(incoming())
    first = await desk.claim_one()
    desk.move(LEASE - 1)
    assert await store.rescue_requests(desk.now) == 0
    assert await desk.claim() == []
    desk.move(1)
    assert await store.rescue_requests(desk.now) == 1
    assert (first.attempt, (await desk.claim_one()).attempt) == (1, 2)


async def test_a_lost_claim_writes_nothing(store: Store, desk: Desk) -> None:
    await store.add_request(incoming())
    stale = await desk.claim_one()
    desk.move(LEASE)
    await store.rescue_requests(desk.now)
    current = await desk.claim_one()
    assert await desk.save(stale, read_event("ana@example.com")) == 0
    assert await desk.counts() == {}
    assert await desk.save(current, read_event("ana@example.com")) == 1
    assert await desk.save(current, read_event("ana@example.com")) == 0
    assert await desk.counts() == {"waiting": 1}


async def test_a_released_request_can_be_claimed_at_once_and_no_attempt_was_counted(
    store: Store, desk: Desk
) -> None:
    number = await store.add_request(incoming())
    await desk.claim_one()
    await store.release_requests([number], desk.now)
    assert (await desk.claim_one()).attempt == 1


async def test_a_request_that_is_done_is_not_released_again(store: Store, desk: Desk) -> None:
    number = await desk.report(read_event("ana@example.com"))
    await store.release_requests([number], desk.now)
    assert await desk.claim() == []


async def test_after_a_restart_every_lease_is_rescued_at_once(engine: Engine) -> None:
    async with engine.open() as store:
        desk = Desk(store)
        await store.add_request(incoming())
        await desk.claim_one()
    async with engine.open() as store:
        desk = Desk(store)
        assert await desk.claim() == []
        await store.expire_leases()
        assert await store.rescue_requests(desk.now) == 1
        assert (await desk.claim_one()).attempt == 2


async def test_deferred_positions_alone_are_read_again_when_they_are_due(store: Store, desk: Desk) -> None:
    await store.add_request(incoming())
    claimed = await desk.claim_one()
    assert claimed.pending is None
    due = desk.now + MINUTE
    await desk.save(claimed, read_event("ana@example.com", position=0), deferred=(1, 2), due_at=due)
    assert await store.next_request_due() == due
    assert await desk.claim() == []
    desk.move(MINUTE)
    again = await desk.claim_one()
    assert (again.pending, again.attempt) == (frozenset({1, 2}), 2)
    await desk.save(again, parked_event(1), read_event("ben@example.com", position=2, key="P-2"))
    assert await desk.fates() == {"read": 2, "parked": 1}
    assert await store.next_request_due() is None


async def test_an_event_that_was_written_already_is_not_written_again(store: Store, desk: Desk) -> None:
    await store.add_request(incoming())
    first = read_event("ana@example.com", position=0)
    await desk.save(await desk.claim_one(), first, deferred=(1,), due_at=desk.now)
    again = await desk.claim_one()
    await desk.save(again, first, read_event("ben@example.com", position=1, key="P-2"))
    assert await desk.counts() == {"waiting": 2}


async def test_a_request_without_events_is_done_and_accounted_for(store: Store, desk: Desk) -> None:
    await desk.report()
    ledger = await store.ledger()
    assert (ledger.requests, ledger.promised_events, ledger.faults()) == ({"translated": 1}, 0, [])


async def test_of_large_requests_fewer_are_claimed_and_of_each_source_at_least_one(
    store: Store, desk: Desk
) -> None:
    large = bytes(MOST_BYTES // 2)
    for source in ("shop", "shop", "till", "till", "till"):
        await store.add_request(incoming(source=source, body=large))
    await store.add_request(incoming(source="desk"))
    claimed = await desk.claim(limit=100)
    assert sorted(one.source for one in claimed) == ["desk", "shop", "till"]
    assert len(await desk.claim(limit=100)) == 2
