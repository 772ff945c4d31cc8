"""Alerts in the ledger: one node takes each look, and what is to be told survives whatever happens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from relay.core.alert_life import Alert, Step, Told
from relay.core.alerts import AlertKind, Condition, Place, Severity
from relay.core.outcome import Certainty, Scope
from relay.store import Store
from relay.store.alerts import ClaimedMessage, Look, Outgoing, Saved
from tests.factories import DAY, HOUR, LANE, MINUTE, NOW_MS, OTHER_LANE, failure, incoming
from tests.store.conftest import Engine
from tests.store.desk import Desk

SECOND = 1000
ABSENT = 5 * MINUTE
CHANNELS = ("team", "on-call")
CONDITION = Condition(
    key="held:main",
    kind=AlertKind.HELD,
    severity=Severity.CRITICAL,
    text="Nothing goes to main.",
    command="relay resume main",
    page="/console",
)
NO_ANSWER = failure(Certainty.UNKNOWN, Scope.DESTINATION, reason="no answer within 30 s")


def alert(key: str = "held:main", **given: Any) -> Alert:
    usual = {"since": NOW_MS, "seen_at": NOW_MS, "opened_at": NOW_MS, "told_at": NOW_MS}
    return Alert(condition=replace(CONDITION, key=key), **usual | given)


async def take(store: Store, now: int = NOW_MS) -> Look | None:
    return await store.alerts.claim_look(now, now + 50 * SECOND, ABSENT)


async def taken(store: Store, now: int = NOW_MS) -> Look:
    look = await take(store, now)
    assert look is not None
    return look


async def save(store: Store, *steps: Step, now: int = NOW_MS, channels: tuple[str, ...] = ("team",)) -> None:
    """A look that ends with these steps; each is told to the channels if it is told at all."""
    saved = [
        Saved(
            step,
            tuple(Outgoing(name, f"{step.alert.condition.key} {step.told}".encode()) for name in channels),
        )
        if step.told
        else Saved(step)
        for step in steps
    ]
    assert await store.alerts.save_look(await taken(store, now), saved)


async def opened(store: Store, key: str = "held:main", now: int = NOW_MS, **given: Any) -> Alert:
    """The alert as it is kept."""
    await save(store, Step(alert(key), "opened"), now=now, **given)
    return {one.condition.key: one for one in await store.alerts.live()}[key]


async def claim(store: Store, now: int = NOW_MS) -> list[ClaimedMessage]:
    return await store.alerts.claim_messages(CHANNELS, now, now + 2 * MINUTE)


async def claim_one(store: Store, now: int = NOW_MS) -> ClaimedMessage:
    (message,) = await claim(store, now)
    return message


async def test_one_look_is_taken_by_one_node(store: Store) -> None:
    first = await taken(store)
    assert await take(store, NOW_MS + 49 * SECOND) is None
    second = await taken(store, NOW_MS + 50 * SECOND)
    assert (first.number, second.number) == (1, 2)


async def test_who_lost_a_look_writes_nothing(store: Store) -> None:
    slow = await taken(store)
    fast = await taken(store, NOW_MS + MINUTE)
    assert await store.alerts.save_look(fast, [Saved(Step(alert(), "opened"))])
    assert not await store.alerts.save_look(
        slow, [Saved(Step(alert(), "opened"), (Outgoing("team", b"{}"),))]
    )
    assert len(await store.alerts.live()) == 1
    assert await claim(store) == []


async def test_a_look_knows_the_last_one_that_was_saved(store: Store) -> None:
    assert (await taken(store)).last_at == NOW_MS
    await save(store, now=NOW_MS + MINUTE)
    unfinished = await taken(store, NOW_MS + 2 * MINUTE)
    assert unfinished.last_at == NOW_MS + MINUTE
    assert (await taken(store, NOW_MS + 3 * MINUTE)).last_at == NOW_MS + MINUTE


async def test_after_a_pause_the_relay_counts_as_up_since_then(store: Store) -> None:
    await save(store)
    await save(store, now=NOW_MS + ABSENT)
    assert (await taken(store, NOW_MS + 2 * ABSENT)).up_since == NOW_MS
    await save(store, now=NOW_MS + DAY)
    assert (await taken(store, NOW_MS + DAY + MINUTE)).up_since == NOW_MS + DAY


async def test_an_alert_is_kept_as_it_is_and_changes_in_its_place(store: Store) -> None:
    kept = await opened(store)
    assert replace(kept, id=None) == alert()
    newest = replace(kept, condition=replace(kept.condition, text="Still nothing."), seen_at=NOW_MS + MINUTE)
    await save(store, Step(newest), now=NOW_MS + MINUTE)
    assert await store.alerts.live() == [newest]


async def test_an_alert_that_is_over_is_found_by_its_key_the_last_one_of_each(store: Store) -> None:
    for end in (MINUTE, HOUR):
        kept = await opened(store, now=NOW_MS + end - MINUTE)
        await save(store, Step(replace(kept, closed_at=NOW_MS + end), "closed"), now=NOW_MS + end)
    await opened(store, "silent:shop", now=NOW_MS + 2 * HOUR)
    found = await store.alerts.last_over(["held:main", "silent:shop", "imbalance"])
    assert {key: one.closed_at for key, one in found.items()} == {"held:main": NOW_MS + HOUR}


async def test_past_alerts_are_listed_page_by_page_the_newest_first(store: Store) -> None:
    for number in range(5):
        kept = await opened(store, f"held:{number}", now=NOW_MS + number * HOUR)
        await save(
            store,
            Step(replace(kept, closed_at=kept.seen_at + MINUTE), "closed"),
            now=NOW_MS + number * HOUR + MINUTE,
        )
    first = await store.alerts.past(3)
    second = await store.alerts.past(3, before=first[-1].id)
    assert [one.condition.key for one in first + second] == [f"held:{number}" for number in (4, 3, 2, 1, 0)]


async def test_what_is_gone_before_it_was_opened_leaves_nothing(store: Store) -> None:
    pending = alert(opened_at=None, told_at=None)
    await save(store, Step(pending))
    (kept,) = await store.alerts.live()
    await save(store, Step(kept, gone=True), now=NOW_MS + MINUTE)
    assert await store.alerts.live() == await store.alerts.past(10) == []


async def test_old_alerts_are_forgotten_with_their_messages(store: Store) -> None:
    kept = await opened(store)
    await save(store, Step(replace(kept, closed_at=NOW_MS + MINUTE), "closed"), now=NOW_MS + MINUTE)
    await save(store, now=NOW_MS + 90 * DAY)
    assert len(await store.alerts.past(10)) == 1
    await save(store, now=NOW_MS + 91 * DAY)
    assert await store.alerts.past(10) == []
    assert await store.alerts.untold() == []


async def test_a_message_is_claimed_by_one_and_told_once(store: Store) -> None:
    await opened(store)
    message = await claim_one(store)
    assert (message.channel, message.told, message.body, message.attempt) == (
        "team",
        "opened",
        b"held:main opened",
        1,
    )
    assert await claim(store) == []
    await store.alerts.end_message(message, NOW_MS)
    assert await store.alerts.next_message(CHANNELS) is None


async def test_a_message_whose_teller_died_is_told_by_another(store: Store) -> None:
    await opened(store)
    dead = await claim_one(store)
    assert await store.alerts.next_message(CHANNELS) == NOW_MS + 2 * MINUTE
    alive = await claim_one(store, NOW_MS + 2 * MINUTE)
    assert (alive.id, alive.attempt) == (dead.id, 2)
    await store.alerts.put_off_message(dead, NOW_MS + DAY, "too late")
    await store.alerts.end_message(alive, NOW_MS)
    assert await store.alerts.next_message(CHANNELS) is None


async def test_a_message_that_is_put_off_is_due_then_and_not_before(store: Store) -> None:
    await opened(store)
    await store.alerts.put_off_message(await claim_one(store), NOW_MS + MINUTE, "answered 503")
    assert await store.alerts.next_message(CHANNELS) == NOW_MS + MINUTE
    assert await claim(store, NOW_MS + MINUTE - 1) == []
    assert (await claim_one(store, NOW_MS + MINUTE)).attempt == 2


async def test_a_channel_is_told_one_after_the_other_and_waits_for_no_other_channel(store: Store) -> None:
    await opened(store, channels=CHANNELS)
    await opened(store, "silent:shop", now=NOW_MS + MINUTE, channels=CHANNELS)
    first = {message.channel: message for message in await claim(store)}
    assert {name: message.body for name, message in first.items()} == {
        "team": b"held:main opened",
        "on-call": b"held:main opened",
    }
    await store.alerts.put_off_message(first["team"], NOW_MS + HOUR, "answered 503")
    await store.alerts.end_message(first["on-call"], NOW_MS)
    (next_one,) = await claim(store, NOW_MS + MINUTE)
    assert (next_one.channel, next_one.body) == ("on-call", b"silent:shop opened")


async def test_channels_that_are_not_asked_for_wait(store: Store) -> None:
    await opened(store, channels=("gone",))
    assert await store.alerts.next_message(CHANNELS) is None
    assert await claim(store) == []
    assert [one.channel for one in await store.alerts.untold()] == ["gone"]


async def test_nobody_is_reminded_of_what_was_not_told_yet(store: Store) -> None:
    kept = await opened(store)
    for day in (1, 2):
        await save(store, Step(kept, "reminder"), now=NOW_MS + day * DAY)
    (untold,) = await store.alerts.untold()
    assert untold.count == 1
    await store.alerts.end_message(await claim_one(store), NOW_MS)
    await save(store, Step(kept, "reminder"), now=NOW_MS + 3 * DAY)
    assert (await claim_one(store, NOW_MS + 3 * DAY)).told == "reminder"


async def test_what_could_not_be_told_is_shown_with_the_last_trouble(store: Store) -> None:
    await opened(store)
    await opened(store, "silent:shop", now=NOW_MS + MINUTE)
    await store.alerts.put_off_message(await claim_one(store), NOW_MS + HOUR, "answered 503")
    (untold,) = await store.alerts.untold()
    assert (untold.channel, untold.count, untold.since, untold.fault) == ("team", 2, NOW_MS, "answered 503")


async def test_what_nobody_could_tell_for_days_is_given_up(store: Store) -> None:
    await opened(store, channels=("gone",))
    await save(store, now=NOW_MS + 3 * DAY)
    assert len(await store.alerts.untold()) == 1
    await save(store, now=NOW_MS + 3 * DAY + MINUTE)
    assert await store.alerts.untold() == []


async def test_a_channel_that_nobody_answers_fills_no_disk(store: Store) -> None:
    told: Told = "opened"
    steps = [Step(alert(f"held:{number}"), told) for number in range(1005)]
    await save(store, *steps)
    (untold,) = await store.alerts.untold()
    assert untold.count == 1000


async def test_alerts_and_messages_outlive_the_process(engine: Engine) -> None:
    async with engine.open() as store:
        kept = await opened(store)
    async with engine.open() as store:
        assert await store.alerts.live() == [kept]
        assert (await claim_one(store)).body == b"held:main opened"
        assert await take(store, NOW_MS + 49 * SECOND) is None


async def test_the_oldest_enrollment_that_is_due_is_found_at_each_place(desk: Desk) -> None:
    await desk.enrol_in(LANE, OTHER_LANE)
    desk.move(MINUTE)
    await desk.enrol_at(LANE, "ben@example.com")
    main, other = Place("main", LANE.sequence), Place("main", OTHER_LANE.sequence)
    assert (await desk.store.alerts.overdue(desk.now)).enrollments == {main: NOW_MS, other: NOW_MS}
    assert (await desk.store.alerts.overdue(NOW_MS - 1)).enrollments == {}
    for batch in (await desk.look()).batches:
        if batch.lane == LANE:
            await desk.deliver(batch)
    assert (await desk.store.alerts.overdue(desk.now)).enrollments == {other: desk.now}


async def test_a_call_that_is_tried_again_and_again_waits_since_it_was_made(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), NO_ANSWER)
    desk.move(HOUR)
    assert list((await desk.store.alerts.overdue(desk.now)).enrollments.values()) == [NOW_MS]


async def test_what_an_operator_sends_again_may_wait_for_its_share(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), failure(Certainty.REFUSED, Scope.CONTACTS))
    await desk.store.retry_dead(await desk.letters(), desk.now)
    assert (await desk.store.alerts.overdue(desk.now)).enrollments == {}
    await desk.freeze()
    assert (await desk.store.alerts.overdue(desk.now)).enrollments == {}


async def test_the_oldest_request_that_is_not_read_is_found_for_each_source(desk: Desk) -> None:
    for source, at in (("shop", NOW_MS + MINUTE), ("till", NOW_MS), ("shop", NOW_MS)):
        await desk.store.add_request(incoming(source=source, received_at=at))
    desk.move(HOUR)
    await desk.save(next(claimed for claimed in await desk.claim() if claimed.source == "till"))
    assert (await desk.store.alerts.overdue(desk.now)).requests == {"shop": NOW_MS + MINUTE}


async def test_a_request_that_is_read_later_or_right_now_is_still_the_oldest(desk: Desk) -> None:
    for at in (NOW_MS, NOW_MS + MINUTE):
        await desk.store.add_request(incoming(received_at=at))
    desk.move(HOUR)
    (first,) = await desk.claim(1)
    assert (await desk.store.alerts.overdue(desk.now)).requests == {"shop": NOW_MS}, "while it is read"
    await desk.save(first, deferred=(0,), due_at=desk.now + HOUR)
    assert (await desk.store.alerts.overdue(desk.now)).requests == {"shop": NOW_MS}, "until it is read again"


async def test_no_request_waits_where_all_are_read(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    assert (await desk.store.alerts.overdue(desk.now)).requests == {}
