"""What is wrong now: from what was seen to sentences, each thing told once and for no reason but its own."""

from __future__ import annotations

from typing import Any

import pytest

from relay.core.alerts import AlertKind, Condition, Letters, Place, Rules, Severity, Snapshot, Spent
from relay.core.budget import Budget, Limits
from relay.core.conditions import (
    MOST_CAUSES,
    MOST_NODES,
    brief,
    conditions,
    letters_key,
    mixed_up_in,
    used_up,
)
from relay.core.hours import WEEK, hour_of
from relay.core.letters import MEANINGS
from relay.core.node import LONG_SPOOLED
from tests.factories import HOUR, LANE, MINUTE, NOW_MS, node

END = hour_of(NOW_MS)
MAIN = Place("main")
SEQUENCE = Place("main", LANE.sequence)
OTHER = Place("second", LANE.sequence)
RULES = Rules()


def found(**seen: Any) -> list[Condition]:
    return conditions(Snapshot(now=NOW_MS, **seen), RULES)


def keys(**seen: Any) -> list[str]:
    return [one.key for one in found(**seen)]


def one(**seen: Any) -> Condition:
    (condition,) = found(**seen)
    return condition


def test_where_nothing_is_wrong_there_is_nothing_to_tell() -> None:
    assert found() == []
    assert found(overdue={SEQUENCE: NOW_MS - MINUTE}, sources=frozenset({"shop"})) == []


def test_a_held_destination_is_critical_and_says_what_lets_it_go_on() -> None:
    told = one(held={MAIN: "401 INVALID_API_KEY: Invalid key"})
    assert (told.key, told.kind, told.severity) == ("held:main", AlertKind.HELD, Severity.CRITICAL)
    assert told.text == "Nothing goes to main until a person mends what was refused: 401 INVALID_API_KEY."
    assert told.command == "relay resume main"


def test_a_held_sequence_is_a_warning_and_is_resumed_alone() -> None:
    told = one(held={SEQUENCE: "404 NOT_FOUND: No such sequence"})
    assert (told.key, told.severity) == (f"held:main/{LANE.sequence}", Severity.WARNING)
    assert told.command == f"relay resume main --sequence {LANE.sequence}"


def test_the_breaker_of_a_destination_speaks_for_those_of_its_sequences() -> None:
    reasons = {MAIN: "no answer within 30 s", SEQUENCE: "no answer within 30 s", OTHER: "500 ERROR: oops"}
    assert keys(broken=reasons) == ["breaker:main", f"breaker:second/{LANE.sequence}"]


def test_what_is_held_is_not_told_of_its_breaker_too() -> None:
    assert keys(held={SEQUENCE: "404 X"}, broken={SEQUENCE: "500 X"}) == [f"held:main/{LANE.sequence}"]


def test_used_up_calls_matter_where_somebody_waits() -> None:
    spent = (Spent("bistro", "all 1000 of an hour", frozenset({"main"})),)
    assert keys(spent=spent) == []
    assert keys(spent=spent, overdue={OTHER: NOW_MS - MINUTE}) == []
    told = one(spent=spent, overdue={SEQUENCE: NOW_MS - MINUTE})
    assert told.key == "budget:bistro"
    assert "enrollments wait since 2026-03-14 17:59 UTC: all 1000 of an hour." in told.text


LATE = NOW_MS - HOUR - MINUTE


def test_what_is_due_and_waits_for_too_long_is_told_once_for_each_destination() -> None:
    due = {SEQUENCE: LATE, Place("main", "other"): LATE - HOUR, OTHER: NOW_MS - HOUR}
    told = one(overdue=due)
    assert told.key == "waiting:main"
    assert told.text == "Enrollments for main are due and wait since 2026-03-14 15:59 UTC."


@pytest.mark.parametrize(
    "why",
    [
        {"held": {MAIN: "401 X"}},
        {"held": {SEQUENCE: "404 X"}},
        {"broken": {MAIN: "503 X"}},
        {"broken": {SEQUENCE: "503 X"}},
        {"spent": (Spent("bistro", "all", frozenset({"main"})),)},
    ],
)
def test_who_waits_for_a_reason_that_is_told_is_not_told_again(why: dict[str, Any]) -> None:
    assert not any(key.startswith("waiting:") for key in keys(overdue={SEQUENCE: LATE}, **why))
    assert "waiting:main" in keys(overdue={Place("main", "other"): LATE}, held={SEQUENCE: "404 X"})


def test_requests_that_wait_to_be_read_are_told_by_source() -> None:
    assert keys(unread={"shop": LATE, "till": NOW_MS}) == ["unread:shop"]


def hours(*counts: int) -> dict[int, int]:
    """Counts of the present hour, the one before, and so on."""
    return {END - ago: count for ago, count in enumerate(counts)}


@pytest.mark.parametrize(
    ("came", "unverified", "told"),
    [
        (hours(), hours(), None),
        (hours(), hours(9), None),
        (hours(), hours(10), (10, 10, 2)),
        (hours(100, 100), hours(99, 99), None),
        (hours(5, 40), hours(46, 0), (46, 91, 2)),
        (hours(0, 0, 500), hours(4, 4, 4), None),
        (hours(), hours(1, 2, 3, 2, 2), (10, 10, 24)),
        (hours(20), hours(0, 400), None),
    ],
    ids=[
        "nothing came",
        "too few to say",
        "none was verified",
        "fewer than were verified",
        "more than were verified",
        "few, after many that were verified",
        "few by few over a day",
        "mended in the present hour",
    ],
)
def test_a_secret_may_be_mixed_up_where_most_requests_cannot_be_verified(
    came: dict[int, int], unverified: dict[int, int], told: tuple[int, int, int] | None
) -> None:
    mixed_up = mixed_up_in(came, unverified, NOW_MS)
    assert (mixed_up and (mixed_up.unverified, mixed_up.requests, mixed_up.hours)) == told


BUSY = {END - ago: 50 for ago in range(3, 10 * WEEK)}


def test_a_silent_source_is_told_with_what_is_usual() -> None:
    told = one(sources=frozenset({"shop"}), came={"shop": BUSY})
    assert (told.key, told.kind) == ("silent:shop", AlertKind.SILENT)
    assert told.text == (
        "Nothing came from shop since 2026-03-14 16:00 UTC, for 2 h. "
        "In the same hours of most of the last 8 weeks it sent 50 requests or more."
    )


def test_a_source_whose_requests_are_refused_is_not_silent() -> None:
    told = one(sources=frozenset({"shop"}), came={"shop": BUSY}, unverified={"shop": hours(50, 50)})
    assert told.key == "unverified:shop"
    assert told.text.startswith("Of shop, 100 of 100 requests in the last 2 hours were refused")


def test_a_source_that_is_no_longer_configured_may_be_silent() -> None:
    assert found(sources=frozenset({"till"}), came={"shop": BUSY}) == []


UNREADABLE = Letters("shop", "unreadable", "$.id should be text, is a number")
REFUSED = Letters("shop", "refused", '# VALIDATION_ERROR: …@… is no address: {"field":"email"}')


def test_a_new_cause_of_dead_letters_is_told_in_plain_words() -> None:
    told = one(letters=(UNREADABLE, UNREADABLE))
    assert told.text == (
        "Dead letters of shop for a reason that is new: unreadable, $.id should be text, is a number. "
        f"{MEANINGS['unreadable'].what}"
    )
    assert told.command == "relay dead list --source shop --cause unreadable"


def test_what_the_destination_says_may_name_somebody_and_is_not_told() -> None:
    told = one(letters=(Letters("shop", "refused", "# BLOCKED: Ana Lindqvist is blocked"),))
    assert "refused, BLOCKED." in told.text
    assert "Ana" not in f"{told}"
    assert brief("400 BLOCKED: Ana Lindqvist is blocked") == "400 BLOCKED"
    assert "Ana" not in f"{one(held={MAIN: '403 BLOCKED: Ana Lindqvist is blocked'})}"


def test_sources_causes_and_symptoms_are_told_apart() -> None:
    others = (REFUSED, UNREADABLE._replace(source="till"), UNREADABLE._replace(symptom="no id"))
    assert len(set(keys(letters=(UNREADABLE, *others)))) == 4


def many(count: int) -> tuple[Letters, ...]:
    return tuple(UNREADABLE._replace(symptom=f"reason {chr(97 + number)}") for number in range(count))


def test_where_every_dead_letter_has_its_own_reason_few_are_told() -> None:
    told = found(letters=many(MOST_CAUSES + 5))
    assert len(told) == MOST_CAUSES + 1
    assert told[-1].key == "dead:shop:others"
    assert told[-1].command == "relay dead groups --source shop"


def test_what_is_open_already_takes_its_place_among_the_few() -> None:
    letters = many(MOST_CAUSES + 1)
    opened = frozenset(map(letters_key, letters[:MOST_CAUSES]))
    assert keys(letters=letters, open=opened) == [
        *map(letters_key, letters[:MOST_CAUSES]),
        "dead:shop:others",
    ]
    assert keys(letters=letters[-1:], open=opened) == ["dead:shop:others"]
    assert keys(letters=(REFUSED._replace(source="till"),), open=opened) != ["dead:till:others"]


def test_accounts_that_do_not_balance_are_critical() -> None:
    told = one(faults=("events gave 2 enrollments, 1 are there",))
    assert (told.key, told.severity) == ("imbalance", Severity.CRITICAL)
    assert told.text == "The accounts do not balance: events gave 2 enrollments, 1 are there."


BUDGET = Budget(organization="main", per_hour=100, reserve=0.1)


@pytest.mark.parametrize(
    ("limits", "used", "why"),
    [
        (Limits(), 99, None),
        (Limits(), 100, "all 100 of an hour"),
        (Limits(per_hour=50), 45, "all 45 of an hour"),
        (Limits(rests_until=NOW_MS + HOUR), 0, "its API asks to wait until 2026-03-14 19:00 UTC"),
        (Limits(rests_until=NOW_MS), 0, None),
        (Limits(allowed=60, remaining=6, resets_at=NOW_MS + HOUR), 0, "its API says that none is left until"),
        (Limits(allowed=60, remaining=7, resets_at=NOW_MS + HOUR), 0, None),
        (Limits(allowed=60, remaining=0, resets_at=NOW_MS), 0, None),
    ],
)
def test_calls_are_used_up_by_our_own_limit_or_by_the_apis(
    limits: Limits, used: int, why: str | None
) -> None:
    found = used_up(BUDGET, limits, used, NOW_MS)
    assert found == why if why is None else found is not None and found.startswith(why)


def test_used_up_minutes_pass_soon_and_are_nothing_to_tell() -> None:
    assert used_up(Budget(organization="main", per_minute=1), Limits(per_minute=1), 1000, NOW_MS) is None


def test_a_node_that_is_gone_and_has_no_heir_is_told_with_its_place() -> None:
    told = one(gone=(node("a", name="work-1", pid=7),))
    assert (told.key, told.kind, told.severity) == ("node:till/work-1", AlertKind.NODE, Severity.WARNING)
    assert told.text == (
        "The node work-1 on till (process 7) was last seen 2026-03-14 18:00 UTC. "
        "It did not say that it stops, and nobody has taken its place."
    )
    assert RULES.patience(AlertKind.NODE) == MINUTE


def test_of_many_nodes_that_are_gone_the_last_ones_are_told_and_each_place_once() -> None:
    gone = [node(str(number), NOW_MS - number, host=f"host-{number}") for number in range(MOST_NODES + 5)]
    places = [f"node:host-{number}/all-1" for number in range(MOST_NODES)]
    assert keys(gone=(*gone, node("before", NOW_MS - HOUR, host="host-0"))) == places


def test_what_waits_in_a_spool_for_long_is_told_with_the_node_that_holds_it() -> None:
    told = one(spooling=(node("a", name="work-1", spooled=1804, spooled_since=NOW_MS - HOUR),))
    assert (told.key, told.kind, told.severity) == ("spool:till/work-1", AlertKind.SPOOL, Severity.WARNING)
    assert told.text == (
        "1804 requests are in the spool of work-1 on till, the oldest since 2026-03-14 17:00 UTC: "
        "the database was away, or takes them too slowly."
    )


def test_of_a_node_that_is_gone_it_is_told_what_its_spool_held() -> None:
    assert one(gone=(node("a", spooled=5),)).text.endswith("Its spool held 5 requests.")


def test_a_spool_has_some_minutes_to_empty() -> None:
    assert not node("a", spooled=1, spooled_since=NOW_MS - LONG_SPOOLED).spools_for_long(NOW_MS)
    assert node("a", spooled=1, spooled_since=NOW_MS - LONG_SPOOLED - 1).spools_for_long(NOW_MS)
    assert not node("a").spools_for_long(NOW_MS)
