"""Counts by the hour: written with what they count, once each, bounded, and without anybody's name."""

from __future__ import annotations

import pytest

from relay.core.hours import KEPT_HOURS, DestinationHour, Hours, SourceHour, hour_of
from relay.core.outcome import Certainty, Scope
from relay.core.record import digest
from tests.factories import (
    DAY,
    HOUR,
    LANE,
    MINUTE,
    NOW_MS,
    OTHER_LANE,
    failure,
    incoming,
    parked_event,
    quarantined,
    read_event,
    translation,
)
from tests.store.desk import Desk

NOW_HOUR = hour_of(NOW_MS)
REFUSED = failure(Certainty.REFUSED, Scope.CONTACTS, reason="400 VALIDATION_ERROR: no")
NO_ANSWER = failure(Certainty.UNKNOWN, Scope.DESTINATION, reason="no answer within 30 s")


async def all_hours(desk: Desk) -> Hours:
    return await desk.store.hours(0)


async def the_source(desk: Desk) -> SourceHour:
    (found,) = (await all_hours(desk)).sources
    return found


async def the_destination(desk: Desk) -> DestinationHour:
    (found,) = (await all_hours(desk)).destinations
    return found


async def test_requests_events_and_what_could_not_be_read_are_counted(desk: Desk) -> None:
    await desk.report(read_event("ana@example.com"), parked_event(1))
    await desk.report(read_event("ben@example.com", key="P-2"))
    assert await the_source(desk) == SourceHour("shop", NOW_HOUR, requests=2, events=3, parked=1)


async def test_requests_that_are_saved_together_are_counted_for_their_sources(desk: Desk) -> None:
    for source in ("shop", "till", "shop"):
        await desk.store.add_request(incoming(source=source))
    records = [translation(claimed, read_event()) for claimed in await desk.claim()]
    await desk.store.save_translations(records, desk.now)
    assert (await all_hours(desk)).sources == (
        SourceHour("shop", NOW_HOUR, requests=2, events=2),
        SourceHour("till", NOW_HOUR, requests=1, events=1),
    )


async def test_hours_are_told_apart_and_asked_for_from_one_on(desk: Desk) -> None:
    await desk.report(read_event())
    desk.move(HOUR)
    await desk.report(read_event())
    assert [one.hour for one in (await all_hours(desk)).sources] == [NOW_HOUR, NOW_HOUR + 1]
    assert [one.hour for one in (await desk.store.hours(NOW_HOUR + 1)).sources] == [NOW_HOUR + 1]


async def test_a_request_without_an_event_that_counts_is_a_request_all_the_same(desk: Desk) -> None:
    for _ in range(2):
        await desk.report(read_event(delivery_key=digest("shop", "D-1")))
    assert await the_source(desk) == SourceHour("shop", NOW_HOUR, requests=2, events=1)


async def test_a_request_that_waits_for_look_ups_is_counted_once(desk: Desk) -> None:
    await desk.store.add_request(incoming())
    await desk.save(await desk.claim_one(), read_event(), deferred=(1,), due_at=desk.now)
    claimed = await desk.claim_one()
    record = translation(claimed, read_event(position=1, key="P-2"), from_start=claimed.pending is None)
    await desk.store.save_translations([record], desk.now)
    assert await the_source(desk) == SourceHour("shop", NOW_HOUR, requests=1, events=2)


async def test_a_translation_whose_claim_was_lost_counts_nothing(desk: Desk) -> None:
    await desk.store.add_request(incoming())
    claimed = await desk.claim_one()
    for _ in range(2):
        await desk.save(claimed, read_event())
    assert await the_source(desk) == SourceHour("shop", NOW_HOUR, requests=1, events=1)


async def test_a_parked_event_that_is_read_again_is_counted_as_what_it_is_now(desk: Desk) -> None:
    await desk.report(parked_event(), read_event(position=1))
    desk.move(DAY)
    assert await desk.store.retry_dead(await desk.letters(), desk.now)
    claimed = await desk.claim_one()
    record = translation(claimed, read_event(key="P-2"), from_start=claimed.pending is None)
    await desk.store.save_translations([record], desk.now)
    assert (await all_hours(desk)).sources == (
        SourceHour("shop", NOW_HOUR, requests=1, events=1),
        SourceHour("shop", NOW_HOUR + 24, events=1),
    )


async def test_what_is_not_verified_is_counted_when_it_came(desk: Desk) -> None:
    for minute in (0, 59, 60):
        request = quarantined(received_at=NOW_MS + minute * MINUTE)
        await desk.store.add_quarantined(request, keep=1)
    assert (await all_hours(desk)).sources == (
        SourceHour("shop", NOW_HOUR, unverified=2),
        SourceHour("shop", NOW_HOUR + 1, unverified=1),
    )


async def test_a_call_is_counted_with_what_it_delivered_and_how_long_it_took(desk: Desk) -> None:
    await desk.enrol("ana@example.com", "ben@example.com")
    await desk.deliver(await desk.freeze())
    assert await the_destination(desk) == DestinationHour("main", NOW_HOUR, calls=1, delivered=2, took=5)


async def test_a_refused_contact_is_a_failed_call_and_a_dead_letter(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), REFUSED)
    assert await the_destination(desk) == DestinationHour("main", NOW_HOUR, calls=1, failed=1, dead=1, took=5)


async def test_calls_of_all_sequences_add_up(desk: Desk) -> None:
    await desk.enrol_in(LANE, OTHER_LANE)
    for batch in (await desk.look()).batches:
        await desk.end(batch, NO_ANSWER)
    assert await the_destination(desk) == DestinationHour("main", NOW_HOUR, calls=2, failed=2, took=10)


async def test_of_a_claim_that_was_lost_only_the_call_is_counted(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    batch = await desk.freeze()
    for _ in range(2):
        await desk.deliver(batch)
    assert await the_destination(desk) == DestinationHour("main", NOW_HOUR, calls=2, delivered=1, took=10)


@pytest.mark.parametrize("silent", [1, 50])
async def test_old_hours_are_forgotten_when_new_ones_begin(desk: Desk, silent: int) -> None:
    """Also those of what came no more."""
    for source in (*(f"gone-{number}" for number in range(silent)), "shop"):
        await desk.report(read_event(), source=source)
    desk.move(HOUR)
    await desk.enrol("ana@example.com", key="P-2")
    await desk.deliver(await desk.freeze())
    desk.move((KEPT_HOURS + 1) * HOUR)
    await desk.enrol("ana@example.com", key="P-3")
    await desk.deliver(await desk.freeze())
    kept = await all_hours(desk)
    assert {one.hour for one in kept.sources} == {NOW_HOUR + KEPT_HOURS + 2}
    assert {one.hour for one in kept.destinations} == {NOW_HOUR + KEPT_HOURS + 2}


async def test_what_is_kept_long_enough_to_compare_is_not_forgotten(desk: Desk) -> None:
    await desk.report(read_event())
    desk.move(KEPT_HOURS * HOUR)
    await desk.report(read_event())
    assert len((await all_hours(desk)).sources) == 2
