"""Alerts open once, are told again now and then, close by themselves, and are calm where something flaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from relay.core.alert_life import Alert, Step, look_at
from relay.core.alerts import AlertKind, Condition, Rules, Severity
from tests.factories import DAY, HOUR, MINUTE, NOW_MS

RULES = Rules(breaker=5 * MINUTE, calm=10 * MINUTE, remind=DAY, cause=DAY)
HELD = Condition(
    key="held:main", kind=AlertKind.HELD, severity=Severity.CRITICAL, text="a", command="b", page="/console"
)
BROKEN = replace(HELD, key="breaker:main", kind=AlertKind.BREAKER)
DEAD = replace(HELD, key="dead:shop:1", kind=AlertKind.DEAD, severity=Severity.WARNING)


class Book:
    """Keeps alerts as a store would. `told` has every telling with its minute."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules = rules
        self.minute = 0
        self.live: dict[str, Alert] = {}
        self.past: dict[str, Alert] = {}
        self.told: list[tuple[int, str]] = []

    def look(self, *found: Condition, repaired: Collection[str] = ()) -> list[Step]:
        now = NOW_MS + self.minute * MINUTE
        steps = look_at(self.live.values(), self.past, found, self.rules, now, repaired=repaired)
        for step in steps:
            self._keep(step)
        return steps

    def _keep(self, step: Step) -> None:
        key = step.alert.condition.key
        self.live.pop(key, None)
        if step.told:
            self.told.append((self.minute, step.told))
        if step.alert.closed_at is not None:
            self.past[key] = step.alert
        elif not step.gone:
            self.live[key] = step.alert

    def play(self, minutes: int, there: Callable[[int], bool], condition: Condition = HELD) -> None:
        """One look a minute; the condition is there in those minutes."""
        for _ in range(minutes):
            self.look(*([condition] if there(self.minute) else []))
            self.minute += 1


def told(
    minutes: int, there: Callable[[int], bool], condition: Condition = HELD, rules: Rules = RULES
) -> list[tuple[int, str]]:
    book = Book(rules)
    book.play(minutes, there, condition)
    return book.told


def always(_minute: int) -> bool:
    return True


def test_an_alert_is_opened_once() -> None:
    assert told(1000, always) == [(0, "opened")]


def test_what_goes_on_is_told_again_after_the_time_that_was_chosen() -> None:
    daily = told(3 * 1440 + 1, always)
    assert daily == [(0, "opened"), (1440, "reminder"), (2880, "reminder"), (4320, "reminder")]


def test_reminders_can_be_turned_off() -> None:
    assert told(3 * 1440, always, rules=replace(RULES, remind=0)) == [(0, "opened")]


def test_what_is_over_for_long_enough_is_told_as_over() -> None:
    assert told(60, lambda minute: minute < 20) == [(0, "opened"), (29, "closed")]


def test_a_short_break_is_no_end() -> None:
    assert told(60, lambda minute: minute % 10 == 0) == [(0, "opened")]


def test_what_may_heal_by_itself_is_told_once_it_lasts() -> None:
    assert told(60, always, BROKEN) == [(5, "opened")]
    assert told(60, lambda minute: minute < 5, BROKEN) == []
    assert told(60, lambda minute: minute % 6 < 5, BROKEN) == []


def test_an_alert_that_was_never_opened_leaves_nothing_behind() -> None:
    book = Book()
    book.look(BROKEN)
    book.minute = 1
    (step,) = book.look()
    assert (step.gone, step.told, book.live, book.past) == (True, None, {}, {})


def test_what_flaps_is_told_ever_more_rarely() -> None:
    """Half an hour there, half an hour gone: 240 changes in five days."""
    tellings = told(5 * 1440, lambda minute: minute // 30 % 2 == 0, rules=replace(RULES, remind=0))
    assert [what for _, what in tellings] == ["opened", "closed", "opened", "closed", "opened"]


def test_what_comes_back_much_later_is_as_new() -> None:
    book = Book()
    book.play(11, lambda minute: minute == 0)
    book.minute += 6 * 10
    book.play(11, lambda minute: minute == 71)
    assert [what for _, what in book.told] == ["opened", "closed"] * 2
    (first, second) = (book.past["held:main"].before, book.past["held:main"].returns)
    assert (first, second) == (NOW_MS + 10 * MINUTE, 0)


def test_an_alert_that_comes_back_says_when_it_was_last_over() -> None:
    book = Book()
    book.play(11, lambda minute: minute == 0)
    book.look(HELD)
    assert book.live["held:main"].before == NOW_MS + 10 * MINUTE
    assert book.live["held:main"].returns == 1


def test_a_cause_of_dead_letters_is_new_again_after_a_quiet_time() -> None:
    days = told(9 * 1440, lambda minute: minute in (0, 1000, 6 * 1440), DEAD)
    assert days == [(0, "opened"), (1000 + 1440, "closed"), (6 * 1440, "opened"), (7 * 1440, "closed")]


def test_a_cause_of_which_no_letter_is_left_is_over_at_once() -> None:
    book = Book()
    book.look(DEAD)
    book.minute = 1
    (step,) = book.look(repaired={DEAD.key})
    assert step.told == "closed"


def test_a_text_that_changes_is_the_same_alert_with_its_newest_text() -> None:
    book = Book()
    book.look(HELD)
    book.minute = 1
    (step,) = book.look(replace(HELD, text="403 now"))
    assert (step.told, step.alert.condition.text) == (None, "403 now")


def test_several_things_are_alerts_of_their_own() -> None:
    book = Book()
    book.look(HELD, DEAD)
    book.minute = 30
    assert {step.alert.condition.key: step.told for step in book.look(DEAD)} == {
        "dead:shop:1": None,
        "held:main": "closed",
    }


@given(st.lists(st.booleans(), max_size=400), st.integers(0, 30), st.integers(0, 60))
def test_whatever_comes_and_goes_is_opened_before_it_closes_and_never_twice(
    there: list[bool], patience: int, calm: int
) -> None:
    rules = Rules(breaker=patience * MINUTE, calm=calm * MINUTE, remind=0)
    tellings = told(len(there), lambda minute: there[minute], BROKEN, rules)
    assert [what for _, what in tellings] == ["opened", "closed"] * (len(tellings) // 2) + ["opened"] * (
        len(tellings) % 2
    )
    assert len(tellings) <= 1 + Counter(there)[True] * 2


@given(st.lists(st.integers(1, 600), min_size=2, max_size=40))
def test_however_it_flaps_a_day_brings_few_tellings(spans: list[int]) -> None:
    edges = [sum(spans[:count]) for count in range(len(spans) + 1)]

    def there(minute: int) -> bool:
        return sum(edge <= minute for edge in edges) % 2 == 1

    tellings = told(min(edges[-1], 1440), there, rules=replace(RULES, remind=0))
    assert len(tellings) <= 13


def test_lasting_conditions_are_reminded_of_only_while_they_are_seen() -> None:
    rules = replace(RULES, calm=3 * DAY, remind=HOUR)
    assert [what for _, what in told(600, lambda minute: minute == 0, rules=rules)] == ["opened"]
