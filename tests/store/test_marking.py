"""Marked as delivered: a person has looked at the destination, and the books say so."""

from __future__ import annotations

from relay.core.attribution import Unmapped
from relay.core.outcome import Certainty, Scope, Unconfirmed
from relay.store import Store
from tests.factories import DAY, HOUR, failure, new_enrollment, parked_event, policy, read_event
from tests.store.desk import Desk


async def test_who_was_found_at_the_destination_is_delivered_and_the_audit_log_has_who_says_so(
    store: Store, desk: Desk
) -> None:
    await desk.lose("ana@example.com")
    by = desk.by("dead.mark_delivered", letters=["dead-1"])
    assert await store.repairs.mark_delivered(["dead-1"], "is in the sequence", by) == ["dead-1"]
    assert await desk.counts() == {"delivered": 1}
    assert await desk.letters() == []
    (entry,) = await store.audit_newest(9)
    assert entry.change == by


async def test_what_a_call_did_not_confirm_can_be_marked_too(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), [Unconfirmed("no result for this contact")])
    assert await store.repairs.mark_delivered(["dead-1"], "is there") == ["dead-1"]
    assert await desk.counts() == {"delivered": 1}


async def test_what_certainly_did_nothing_cannot_be_marked(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    lacking = new_enrollment("ben@example.com", key="P-2", unmapped=Unmapped("held", "not in locations"))
    await desk.report(read_event(key="P-2", enrollments=(lacking,)))
    await desk.enrol("cem@example.com", key="P-3")
    gave_up = failure(Certainty.NOT_SENT, Scope.DESTINATION)
    await desk.end(await desk.freeze(), gave_up, policy(attempts=1))
    await desk.report(parked_event())
    letters = await desk.letters()
    assert len(letters) == 4
    assert await store.repairs.mark_delivered([*letters, "dead-99", "x"], "all there") == []
    assert await desk.counts() == {"dead": 3}
    assert await desk.fates() == {"parked": 1, "read": 3}


async def test_nothing_is_marked_twice_or_retried_afterwards(store: Store, desk: Desk) -> None:
    await desk.lose("ana@example.com")
    assert await store.repairs.mark_delivered(["dead-1", "dead-1"], "there") == ["dead-1"]
    assert await store.retry_dead(["dead-1"], desk.now) == []


async def test_the_cooldown_counts_from_the_call_and_not_from_the_mark(store: Store, desk: Desk) -> None:
    made = new_enrollment(cooldown=DAY)
    await desk.report(read_event(enrollments=(made,)))
    await desk.end(await desk.freeze(), [Unconfirmed("no result")])
    desk.move(DAY)
    await store.repairs.mark_delivered(["dead-1"], "there")
    desk.move(HOUR)
    again = new_enrollment(key="P-2", cooldown=DAY, due_at=desk.now)
    await desk.report(read_event(key="P-2", enrollments=(again,)))
    await desk.deliver(await desk.freeze())
    assert await desk.counts() == {"delivered": 2}
