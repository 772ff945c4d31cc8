"""`relay store compact`: what is free in the ledger goes back to whoever has the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from relay.cli.options import ConfigOption, JsonOption, load_config, run
from relay.cli.output import console, errors, plain, print_json, progress, show_size
from relay.config.place import ledger_place
from relay.core.growth import Compacted
from relay.store import Place, described, open_upkeep
from relay.store.upkeep import Tell


def compact(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Give free room back to the disk, and shorten an overgrown log.

    A file gives its free pages back in small steps, while a relay goes on. One that an earlier version made
    is written anew, once, while no relay is at work: that takes twice the room meanwhile, and about a
    minute for each gigabyte.

    In PostgreSQL each table is vacuumed, which holds nobody up. VACUUM FULL gives back more, but nobody can
    read or write the table meanwhile; what is free is used again anyway.

    Example: [bold]relay store compact[/]
    """
    place = ledger_place(load_config(config).store, os.environ)
    done = run(lambda: _compact(place, quiet=json))
    if json:
        notes = list(done.notes)
        print_json(
            {
                "ledger": described(place),
                "before_bytes": done.before,
                "after_bytes": done.after,
                "notes": notes,
            }
        )
        return
    freed = done.before - done.after
    if freed > 0:
        told = f"{show_size(freed)} given back: {described(place)} takes {show_size(done.after)} now."
    else:
        told = f"Nothing to give back: {described(place)} takes {show_size(done.after)}."
    console.print(plain(told), markup=False)
    for note in done.notes:
        errors.print(Text(plain(note), style="yellow"))


async def _compact(place: Place, *, quiet: bool) -> Compacted:
    async with open_upkeep(place) as upkeep:
        with _shown(quiet) as tell:
            return await upkeep.compact(tell)


@contextmanager
def _shown(quiet: bool) -> Iterator[Tell]:
    columns = (
        TextColumn("Compacting"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
    )
    with progress(*columns, quiet=quiet) as bars:
        bar = bars.add_task("", total=None, what="")
        yield lambda done, of, what: bars.update(bar, completed=done, total=of or None, what=what)
