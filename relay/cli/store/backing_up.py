"""`relay store backup`: a copy of the ledger, also while a relay works on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from relay.cli.options import ConfigOption, JsonOption, load_config
from relay.cli.output import Exit, console, errors, fail, plain, print_json
from relay.config.values import size_text
from relay.store import back_up


def backup(
    to: Annotated[Path, typer.Argument(metavar="FILE", help="The copy; a new file.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Copy the ledger as it is at one moment to a new file, and check the copy.

    A relay may go on meanwhile. The copy holds people, so only you can read it.

    Example: [bold]relay store backup /backup/relay-$(date +%F).db[/]
    """
    store = load_config(config).store
    if store.url is not None:
        raise fail("the ledger is in a PostgreSQL database", Exit.USAGE, "back that up, as with pg_dump")
    path = store.path
    columns = (TextColumn("Copying"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        copying = progress.add_task("")
        size = back_up(path, to, lambda done, of: progress.update(copying, completed=done, total=of))
    if json:
        print_json({"ledger": str(path), "copy": str(to), "bytes": size})
    else:
        console.print(plain(f"{to} is a copy of {path}: {size_text(size)}"), markup=False)
