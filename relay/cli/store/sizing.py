"""`relay store size`: how large the ledger is, what takes the room, and what retention will take away."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer
from rich.text import Text

from relay.cli.options import ConfigOption, JsonOption, ledger_of, load_config, run
from relay.cli.output import console, print_json, show_size, show_time, table
from relay.clock import SystemClock, milliseconds
from relay.config.models import Config
from relay.config.place import ledger_place
from relay.config.retention import checked_kept
from relay.config.values import duration_text
from relay.core.growth import PARTS, PartSize, Size, parts
from relay.core.retention import Reach, Stage
from relay.store import Place, described, open_upkeep

_WIDTH = 24
_WORTH = 5
"""A hint is given where at least one byte of so many is free."""

STAGES = {
    Stage.BODIES: "what requests said",
    Stage.CALL_BODIES: "what calls and answers said",
    Stage.RECORDS: "requests with all that came of them",
    Stage.CALLS: "calls",
    Stage.QUARANTINE: "unverified requests",
    Stage.JOBS: "jobs",
}


class _Found(NamedTuple):
    place: Place
    size: Size
    reach: Sequence[Reach]


def size(
    exact: Annotated[
        bool, typer.Option("--exact", help="Read everything instead of estimating what is large.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show how large the ledger is, what takes the room, and what retention will take away.

    A relay may go on meanwhile: nobody is held up.

    Example: [bold]relay store size --json[/]
    """
    configured = load_config(config)
    found = run(lambda: _read(config, configured, exact=exact))
    if json:
        print_json(as_data(found))
        return
    _show_parts(found, parts(found.size))
    _show_retention(found.reach, configured)
    _show_hints(found)


async def _read(path: ConfigOption, config: Config, *, exact: bool) -> _Found:
    kept, place = checked_kept(config), ledger_place(config.store, os.environ)
    async with ledger_of(path) as store, open_upkeep(place) as upkeep:
        reach = await store.retention.reach(kept, milliseconds(SystemClock()))
        return _Found(place, await upkeep.size(exact=exact), reach)


def as_data(found: _Found) -> dict[str, object]:
    """For machines: bytes, rows, and moments in UTC."""
    whole = found.size
    tables = [
        {
            "name": one.name,
            "bytes": one.size,
            "rows": one.rows,
            "oldest": show_time(whole.oldest[one.name]) if one.name in whole.oldest else None,
            "dead_rows": one.dead,
            "vacuumed": None if one.vacuumed_at is None else show_time(one.vacuumed_at),
        }
        for one in whole.tables
    ]
    return {
        "ledger": described(found.place),
        "bytes": whole.total,
        "free_bytes": whole.free,
        "log_bytes": whole.log,
        "exact": whole.is_exact,
        "tables": tables,
        "retention": [
            one._asdict() | {"next_at": None if one.next_at is None else show_time(one.next_at)}
            for one in found.reach
        ],
    }


def _show_parts(found: _Found, told: Sequence[PartSize]) -> None:
    whole = found.size
    if not any(part.rows for part in told if part.name in PARTS):
        console.print(f"The ledger is empty, and takes {show_size(whole.total)}: nothing was accepted yet.")
        return
    title = f"{described(found.place)}, {show_size(whole.total)}"
    if whole.free:
        title += f", {show_size(whole.free)} of it free"
    if whole.log:
        title += f", and a log of {show_size(whole.log)}"
    vacuums = any(part.dead is not None for part in told)
    columns = ("", "size", "", "rows", "oldest (UTC)", *(["dead rows"] if vacuums else []))
    largest = max(part.size for part in told) or 1
    shown = [_row(part, largest, vacuums=vacuums) for part in told if part.rows]
    console.print(table(title, columns, shown))
    if not whole.is_exact:
        console.print("Sizes and counts are estimated: [bold]--exact[/] reads everything.")


def _row(part: PartSize, largest: int, *, vacuums: bool) -> Sequence[object]:
    bar = Text("\u2588" * max(1, round(part.size / largest * _WIDTH)), style="cyan")
    dead = [f"{part.dead:,}"] if vacuums and part.dead is not None else []
    return (part.name, show_size(part.size), bar, f"{part.rows:,}", show_time(part.oldest), *dead)


def _show_retention(reach: Sequence[Reach], config: Config) -> None:
    if not reach:
        console.print("Everything is kept for ever: see [bold]\\[retention][/] in the configuration.")
        return
    bodies, records = (duration_text(each) for each in (config.retention.bodies, config.retention.records))
    shown = [
        (
            STAGES[one.stage],
            bodies if one.stage.is_of_bodies else records,
            f"{one.due:,}",
            f"{one.soon:,}",
            f"{one.lingering:,}",
            show_time(one.next_at),
        )
        for one in reach
    ]
    columns = ("", "kept", "due now", "in 7 days more", "past it, not over", "next at (UTC)")
    console.print(table("Retention, about", columns, shown))


def _show_hints(found: _Found) -> None:
    whole = found.size
    if (whole.free or 0) * _WORTH >= whole.total:
        console.print("Free pages are used again; [bold]relay store compact[/] gives them back to the disk.")
    if any(one.due for one in found.reach):
        console.print("What is due goes little by little; [bold]relay store prune[/] removes it now.")
