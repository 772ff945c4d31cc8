"""Traffic in the ledger: counted once with the translation, bounded, and gone with nobody's name in it."""

from __future__ import annotations

from relay.core.record import digest
from relay.core.traffic import KEPT_DAYS, MOST_TYPES, OTHERS, Counts, EventType, day_of, total
from tests.factories import DAY, HOUR, NOW_MS, incoming, parked_event, read_event, translation
from tests.store.desk import Desk

TODAY = day_of(NOW_MS)


async def only(desk: Desk) -> EventType:
    (event_type,) = await desk.store.traffic()
    return event_type


async def events(desk: Desk) -> int:
    return total(counts for one in await desk.store.traffic() for counts in one.days.values()).events


async def test_an_event_is_counted_with_what_it_names(desk: Desk) -> None:
    await desk.report(read_event("ana@example.com", named=("email", "phone")))
    assert await only(desk) == EventType(
        "shop", "purchase", NOW_MS, NOW_MS, {TODAY: Counts(events=1, email=1, phone=1)}
    )


async def test_requests_that_are_saved_together_and_apart_add_up(desk: Desk) -> None:
    for _ in range(3):
        await desk.store.add_request(incoming())
    records = [translation(claimed, read_event()) for claimed in await desk.claim()]
    await desk.store.save_translations(records, desk.now)
    desk.move(HOUR)
    await desk.report(parked_event(event_type="purchase"))
    assert await only(desk) == EventType(
        "shop", "purchase", NOW_MS, NOW_MS + HOUR, {TODAY: Counts(events=4, parked=1, email=3)}
    )


async def test_sources_types_and_days_are_told_apart(desk: Desk) -> None:
    await desk.report(read_event(), parked_event(1))
    await desk.report(read_event(), source="till")
    desk.move(DAY)
    await desk.report(read_event())
    found = {(one.source, one.name): list(one.days) for one in await desk.store.traffic()}
    assert found == {
        ("shop", "odd"): [TODAY],
        ("shop", "purchase"): [TODAY, TODAY + 1],
        ("till", "purchase"): [TODAY],
    }


async def test_a_delivery_that_is_sent_again_is_not_counted_again(desk: Desk) -> None:
    for _ in range(2):
        await desk.report(read_event(delivery_key=digest("shop", "D-1")))
    assert await desk.fates() == {"read": 1, "duplicate": 1}
    assert await events(desk) == 1


async def test_a_translation_that_is_saved_twice_is_counted_once(desk: Desk) -> None:
    await desk.store.add_request(incoming())
    claimed = await desk.claim_one()
    for _ in range(2):
        await desk.save(claimed, read_event())
    assert await events(desk) == 1


async def test_a_parked_event_that_is_read_again_is_counted_as_what_it_is_now(desk: Desk) -> None:
    await desk.report(parked_event(event_type="purchase"), read_event(position=1))
    desk.move(DAY)
    assert await desk.store.retry_dead(await desk.letters(), desk.now)
    assert (await only(desk)).days == {TODAY: Counts(events=1, email=1)}
    await desk.save(await desk.claim_one(), read_event())
    assert (await only(desk)).days == {
        TODAY: Counts(events=1, email=1),
        TODAY + 1: Counts(events=1, email=1),
    }


async def test_a_whole_request_that_is_read_again_is_taken_back_too(desk: Desk) -> None:
    await desk.report(parked_event(-1, event_type=""))
    assert await desk.store.retry_dead(await desk.letters(), desk.now)
    await desk.save(await desk.claim_one(), read_event(), read_event(position=1, key="P-2"))
    assert await events(desk) == 2


async def test_old_days_are_forgotten_when_new_ones_begin(desk: Desk) -> None:
    for _ in range(KEPT_DAYS + 3):
        await desk.report(read_event())
        desk.move(DAY)
    kept = await only(desk)
    assert list(kept.days) == list(range(TODAY + 3, TODAY + KEPT_DAYS + 3))
    assert kept.first_at == NOW_MS


async def test_a_type_that_went_silent_is_still_known_with_its_last_time(desk: Desk) -> None:
    await desk.report(read_event())
    desk.move(400 * DAY)
    await desk.report(parked_event())
    silent = {one.name: one.last_at for one in await desk.store.traffic()}
    assert silent == {"purchase": NOW_MS, "odd": NOW_MS + 400 * DAY}


async def every_type_another(desk: Desk, count: int, prefix: str) -> None:
    made = [parked_event(number, event_type=f"{prefix}-{number}") for number in range(count)]
    await desk.report(*made)


async def test_a_sender_whose_every_event_has_another_type_fills_no_disk(desk: Desk) -> None:
    await every_type_another(desk, MOST_TYPES + 7, "id")
    await every_type_another(desk, 5, "more")
    found = {one.name: one for one in await desk.store.traffic()}
    assert len(found) == MOST_TYPES + 1
    assert found[OTHERS].days == {TODAY: Counts(events=12, parked=12)}
    assert await events(desk) == MOST_TYPES + 12


async def test_what_was_counted_among_the_others_is_taken_back_there(desk: Desk) -> None:
    await every_type_another(desk, MOST_TYPES + 2, "id")
    (newest, *_) = await desk.letters()
    assert await desk.store.retry_dead([newest], desk.now)
    found = {one.name: one for one in await desk.store.traffic()}
    assert found[OTHERS].days == {TODAY: Counts(events=1, parked=1)}


async def test_a_source_that_was_full_of_types_has_room_again_once_they_are_silent(desk: Desk) -> None:
    await every_type_another(desk, MOST_TYPES + 1, "id")
    desk.move(KEPT_DAYS * DAY)
    await desk.report(read_event())
    await desk.report(parked_event())
    assert [one.name for one in await desk.store.traffic()] == [OTHERS, "odd"]


async def test_other_sources_keep_their_silent_types(desk: Desk) -> None:
    await desk.report(read_event(), source="till")
    await every_type_another(desk, MOST_TYPES + 1, "id")
    desk.move(KEPT_DAYS * DAY)
    await desk.report(read_event())
    assert ("till", "purchase") in [(one.source, one.name) for one in await desk.store.traffic()]
