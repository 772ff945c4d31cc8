"""The size of a ledger, told in parts that people know."""

from __future__ import annotations

from relay.core.growth import REST, Size, TableSize, fitted, parts


def test_the_largest_part_comes_first_and_what_does_not_grow_last() -> None:
    tables = (
        TableSize("turn", 900, 1),
        TableSize("batch", 10, 2),
        TableSize("attempt", 20, 3),
        TableSize("request", 25, 4),
    )
    told = [part for part in parts(Size(tables, total=1000, oldest={"batch": 7})) if part.size]
    assert [(part.name, part.size, part.rows, part.oldest) for part in told] == [
        ("calls", 30, 2, 7),
        ("requests", 25, 4, None),
        (REST, 900, 1, None),
    ]


def test_dead_rows_are_added_up_where_they_are_known() -> None:
    tables = (
        TableSize("batch", 1, 1, dead=2),
        TableSize("attempt", 1, 1, dead=3),
        TableSize("request", 1, 1),
    )
    dead = {part.name: part.dead for part in parts(Size(tables, total=3))}
    assert (dead["calls"], dead["requests"]) == (5, None)


def test_estimates_are_fitted_to_what_is_known() -> None:
    assert fitted({"a": 30, "b": 10}, 80) == {"a": 60, "b": 20}
    assert fitted({"a": 0}, 80) == {"a": 0}
