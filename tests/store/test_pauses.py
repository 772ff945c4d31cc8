"""Pauses hold back what failed, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from relay.core.outcome import Certainty, Scope
from relay.store import Store
from relay.store.base import HELD, Held
from tests.factories import FOREIGN_LANE, LANE, NOW_MS, OTHER_LANE, SECOND, failure, withdrawal
from tests.store.desk import Desk, lanes

NOT_SENT = failure(Certainty.NOT_SENT, Scope.DESTINATION, reason="no connection")
NO_ANSWER = failure(Certainty.UNKNOWN, Scope.DESTINATION, reason="no answer")
BLOCKED = failure(Certainty.REFUSED, Scope.SEQUENCE, reason="400 X: Sequence is not active")
THROTTLED = failure(Certainty.REFUSED, Scope.ORGANIZATION, throttled=True, retry_after=7.0)


async def test_a_blocked_sequence_is_held_alone_until_it_is_resumed(store: Store, desk: Desk) -> None:
    await desk.enrol_in(LANE)
    await desk.end(await desk.freeze(), BLOCKED)
    await desk.enrol_in(OTHER_LANE)
    assert lanes(await desk.look()) == [OTHER_LANE]
    (pause,) = (await store.ledger()).pauses
    assert pause == (f"main / sequence {LANE.sequence}", HELD, "400 X: Sequence is not active")
    desk.move(100 * 86400 * SECOND)
    assert lanes(await desk.look()) == []
    assert await store.held() == [Held("main", LANE.sequence, "400 X: Sequence is not active")]
    assert await store.resume("main", LANE.sequence) == 1
    assert (await store.held(), lanes(await desk.look())) == ([], [LANE])


async def test_a_pause_of_a_destination_holds_all_its_lanes_and_repeats_and_no_others(desk: Desk) -> None:
    await desk.enrol_in(LANE, OTHER_LANE)
    kept, limited = (await desk.look()).batches
    await desk.end(kept, NO_ANSWER)
    await desk.end(limited, THROTTLED)
    await desk.enrol_in(FOREIGN_LANE)
    desk.move(6 * SECOND)
    assert lanes(await desk.look()) == [FOREIGN_LANE]
    assert (await desk.look()).next_due == NOW_MS + 7 * SECOND
    desk.move(SECOND)
    assert set(lanes(await desk.look())) == {LANE, OTHER_LANE}


async def test_a_shorter_pause_does_not_end_a_longer_one(desk: Desk) -> None:
    await desk.enrol_in(LANE, OTHER_LANE)
    first, second = (await desk.look()).batches
    await desk.end(first, replace(THROTTLED, retry_after=60.0))
    await desk.end(second, replace(THROTTLED, retry_after=1.0))
    desk.move(59 * SECOND)
    assert await desk.nothing_due()


async def test_paused_enrollments_can_be_withdrawn(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), NOT_SENT)
    await desk.report(withdrawal())
    assert await desk.counts() == {"withdrawn": 1}
