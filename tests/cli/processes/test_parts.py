"""Who takes which part of a relay, and how soon somebody new takes the seat of one who ended."""

from __future__ import annotations

import pytest

from relay.cli.processes.parts import ALL, LONGEST_PAUSE, Part, parts_of, pause_after, seats


def test_a_role_is_one_part_or_all() -> None:
    assert parts_of("all") == ALL
    assert [parts_of(part.value) for part in Part] == [{Part.INTAKE}, {Part.WORK}, {Part.WEB}]


@pytest.mark.parametrize("one_worker", [True, False])
def test_a_single_process_takes_what_its_role_is(*, one_worker: bool) -> None:
    (only,) = seats(ALL, 1, one_worker=one_worker)
    assert only.parts == ALL


@pytest.mark.parametrize("processes", [2, 3, 8])
def test_where_one_may_work_the_others_take_everything_that_listens(processes: int) -> None:
    first, *others = seats(ALL, processes, one_worker=True)
    assert first.parts == {Part.WORK}
    assert not first.listens
    assert [other.parts for other in others] == [{Part.INTAKE, Part.WEB}] * (processes - 1)
    assert all(other.listens for other in others)


def test_where_all_may_work_all_are_alike() -> None:
    assert {seat.parts for seat in seats(ALL, 4, one_worker=False)} == {ALL}


@pytest.mark.parametrize("part", [Part.INTAKE, Part.WEB])
def test_a_role_that_does_no_work_has_as_many_processes_as_wanted(part: Part) -> None:
    assert [seat.parts for seat in seats(frozenset({part}), 3, one_worker=True)] == [{part}] * 3


def test_several_that_only_work_have_no_use_where_one_may() -> None:
    with pytest.raises(ValueError, match="one process works at a time"):
        seats(frozenset({Part.WORK}), 2, one_worker=True)


@pytest.mark.parametrize("parts", [ALL, frozenset({Part.INTAKE})])
@pytest.mark.parametrize("one_worker", [True, False])
def test_no_two_have_the_same_name(parts: frozenset[Part], *, one_worker: bool) -> None:
    names = [seat.name for seat in seats(parts, 12, one_worker=one_worker)]
    assert len(set(names)) == 12


def test_one_crash_costs_no_time_and_many_cost_more_and_more_up_to_a_bound() -> None:
    pauses = [pause_after(short_lives) for short_lives in range(40)]
    assert pauses[:2] == [0, 0]
    assert pauses == sorted(pauses)
    assert 0 < pauses[2] <= 1
    assert max(pauses) == LONGEST_PAUSE
