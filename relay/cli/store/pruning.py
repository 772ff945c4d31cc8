"""`relay store prune`: what retention removes anyway, now."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from relay.cli.options import ConfigOption, JsonOption, ledger_of, load_config, run
from relay.cli.output import INTERRUPTED, console, errors, print_json, progress
from relay.clock import SystemClock, milliseconds
from relay.config.retention import checked_kept
from relay.core.retention import MOST_IN_A_STEP, Kept, Place, Reach
from relay.store import Store

_LEAST, _MOST = 10, 500
"""Requests or calls of one step."""

_LONGEST_STEP = 0.03
"""Seconds, after which a step looks at less."""

_SHORTEST_REST = 0.001

Tell = Callable[[Mapping[str, int]], None]


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go; remove nothing.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Remove now what retention removes anyway: what is over, and past its time.

    It goes in small steps, and a relay may go on meanwhile. Interrupted, it has done what it has done.

    Example: [bold]relay store prune --dry-run[/]
    """
    kept = checked_kept(load_config(config))
    try:
        counts = run(lambda: _prune(config, kept, dry_run=dry_run, quiet=json))
    except KeyboardInterrupt:
        errors.print("Interrupted: what is removed is removed. Run the same again, and it goes on.")
        raise typer.Exit(INTERRUPTED) from None
    if json:
        print_json({"would_remove" if dry_run else "removed": counts})
    elif not counts:
        console.print("Nothing is past its time that is over: nothing to remove.")
    else:
        told = ", ".join(f"{count:,} {what}" for what, count in counts.items())
        console.print(f"{'Would be removed' if dry_run else 'Removed'}: {told}.", highlight=False)
        if not dry_run:
            console.print("What that leaves free is used again; [bold]relay store compact[/] gives it back.")


async def _prune(config: ConfigOption, kept: Kept, *, dry_run: bool, quiet: bool) -> Mapping[str, int]:
    now = milliseconds(SystemClock())
    async with ledger_of(config) as store:
        with _shown(
            "Looking" if dry_run else "Removing", await store.retention.reach(kept, now), quiet
        ) as tell:
            work = _foresee if dry_run else _remove
            return await work(store, kept, now, tell)


async def _foresee(store: Store, kept: Kept, now: int, tell: Tell) -> Mapping[str, int]:
    gone: Counter[str] = Counter()
    place: Place | None = None
    while True:
        ahead = await store.retention.look(kept, now, place, _MOST)
        gone.update(ahead.counts)
        tell(gone)
        place = ahead.next
        if place is None:
            return dict(gone)


async def _remove(store: Store, kept: Kept, now: int, tell: Tell) -> Mapping[str, int]:
    """Rests as long as each step took: whoever works on the ledger needs it, too."""
    gone: Counter[str] = Counter()
    most = MOST_IN_A_STEP
    await store.retention.begin(now)
    while True:
        began = time.monotonic()
        done = await store.retention.step(kept, now, most)
        took = time.monotonic() - began
        gone.update(done.counts)
        tell(gone)
        if done.next_due > now:
            return dict(gone)
        most = max(_LEAST, most // 2) if took > _LONGEST_STEP else min(_MOST, most * 2)
        await asyncio.sleep(max(_SHORTEST_REST, took))


@contextmanager
def _shown(what: str, reach: list[Reach], quiet: bool) -> Iterator[Tell]:
    """A bar of what is looked at; who lingers may not go, so that it may end before it is full."""
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    of = sum(one.due + one.lingering for one in reach)
    with progress(*columns, quiet=quiet) as bars:
        bar = bars.add_task("", total=of)
        counted = ("bodies", "call bodies", "requests", "calls", "quarantined", "jobs")
        yield lambda gone: bars.update(bar, completed=min(of, sum(gone.get(name, 0) for name in counted)))
