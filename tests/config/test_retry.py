"""Retry schedules as people write them: growing waits with a total, or a list of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from relay.config.faults import Fault
from relay.config.models import Config, LookUpRetry, Retry
from relay.config.retry import schedule
from relay.core.retry import Schedule
from tests.config.trying import faults_of, open_text

HOURLY = {"initial": "1h", "factor": 1, "longest": "1h"}


def of(**keys: object) -> Schedule:
    return schedule(Retry.model_validate(keys))


def test_a_list_of_waits_is_the_schedule() -> None:
    waits = of(waits=["5s", "1m", "10m", "1h", "6h", "1d", "3d", "1w"])
    assert waits == Schedule((5.0, 60.0, 600.0, 3600.0, 21600.0, 86400.0, 259200.0, 604800.0))


def test_growing_waits_go_on_for_the_total_which_is_half_of_them_on_average() -> None:
    assert of(**HOURLY, give_up_after="2d").attempts == 97
    assert of(**HOURLY, give_up_after="6w").attempts == 1 + 2 * 6 * 7 * 24


def test_an_empty_list_is_none() -> None:
    assert of(waits=[], attempts=3) == of(attempts=3)


def test_attempts_may_end_it_sooner() -> None:
    assert of(**HOURLY, give_up_after="2d", attempts=24).attempts == 24


def test_look_ups_begin_sooner_and_last_as_long() -> None:
    deliveries, look_ups = schedule(Retry()), schedule(LookUpRetry())
    assert (deliveries.ceilings[0], look_ups.ceilings[0]) == (5, 2)
    assert Config().lookups.retry.give_up_after == Config().delivery.retry.give_up_after == timedelta(days=4)


@pytest.mark.parametrize("table", ["delivery", "lookups"])
def test_a_list_beside_keys_of_growing_waits_is_a_fault_that_names_both(tmp_path: Path, table: str) -> None:
    text = f'[{table}.retry]\nwaits = ["1m", "1h"]\nlongest = "2h"\ngive_up_after = "3d"\n'
    assert faults_of(tmp_path, text) == [
        Fault(
            f"{table}.retry.waits",
            "cannot stand beside longest and give_up_after: the list says every wait and when it ends",
            "keep the one or the other",
        )
    ]


def test_a_variable_may_hold_the_list(tmp_path: Path) -> None:
    config = open_text(tmp_path, "", {"RELAY_DELIVERY__RETRY__WAITS": '["90s", 120]'}).config
    assert config.delivery.retry.waits == [timedelta(seconds=90), timedelta(seconds=120)]


@pytest.mark.parametrize(
    ("line", "key", "problem"),
    [
        ('waits = "5s"', "waits", "should be a list"),
        ('waits = ["5s", "soon"]', "waits[1]", 'should be a duration such as "30s"'),
        ("initial = 0", "initial", "should be longer than nothing"),
        ("attempts = 0", "attempts", "should be greater than or equal to 1"),
        ('give_up_after = "never"', "give_up_after", 'should be a duration such as "30s"'),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, line: str, key: str, problem: str) -> None:
    (fault,) = faults_of(tmp_path, f"[delivery.retry]\n{line}\n")
    assert fault.key == f"delivery.retry.{key}"
    assert fault.problem.startswith(problem)
