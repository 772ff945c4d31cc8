"""How large a ledger is, told in parts that people know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class TableSize:
    """`size` in bytes, with the indexes. PostgreSQL: `dead` rows, and when they were last removed."""

    name: str
    size: int
    rows: int
    dead: int | None = None
    vacuumed_at: int | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """`total` bytes in all, `free` of them pages that hold nothing, beside a `log`; None: the engine's own.

    `oldest` are times of the first rows by table. Unless `is_exact`, tables and rows are estimated.
    """

    tables: tuple[TableSize, ...]
    total: int
    oldest: Mapping[str, int] = field(default_factory=dict)
    free: int | None = None
    log: int | None = None
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Compacted:
    """Bytes on disk `before` and `after`, and `notes`: sentences about what stood in the way."""

    before: int
    after: int
    notes: tuple[str, ...] = ()


class PartSize(NamedTuple):
    """A part of the ledger: bytes of all its tables, rows and time of the oldest of the first of them."""

    name: str
    size: int
    rows: int
    oldest: int | None
    dead: int | None


PARTS: Mapping[str, tuple[str, ...]] = {
    "requests": ("request", "request_state"),
    "events": ("event",),
    "enrollments": ("enrollment", "delivery", "former_batch", "correction"),
    "calls": ("batch", "attempt"),
    "dead letters": ("dead_letter",),
    "quarantine": ("quarantine",),
    "jobs": ("job", "job_item", "job_count", "job_group"),
    "suppression list": ("suppression",),
    "audit log": ("audit",),
    "alerts": ("alert", "alert_message"),
    "counts": ("source_hour", "destination_hour", "event_type", "event_day"),
}
"""The tables that grow. The first of each is what people count."""

REST = "all other"


def parts(whole: Size) -> list[PartSize]:
    """The largest first; what does not grow is told in one, at the end."""
    found = {table.name: table for table in whole.tables}
    made = [
        _part(name, [found.pop(table) for table in tables if table in found], whole.oldest)
        for name, tables in PARTS.items()
    ]
    made.sort(key=lambda part: part.size, reverse=True)
    rest = list(found.values())
    return [
        *made,
        PartSize(
            REST, sum(table.size for table in rest), sum(table.rows for table in rest), None, _dead(rest)
        ),
    ]


def _part(name: str, tables: list[TableSize], oldest: Mapping[str, int]) -> PartSize:
    first = PARTS[name][0]
    rows = sum(table.rows for table in tables if table.name == first)
    return PartSize(name, sum(table.size for table in tables), rows, oldest.get(first), _dead(tables))


def _dead(tables: list[TableSize]) -> int | None:
    known = [table.dead for table in tables if table.dead is not None]
    return sum(known) if known else None


def fitted(weights: Mapping[str, int], total: int) -> dict[str, int]:
    """Estimates made to add up to what is known: the shares are theirs, the sum is not."""
    whole = sum(weights.values())
    return {name: round(weight / whole * total) if whole else 0 for name, weight in weights.items()}
