"""`relay store`: what is done to the ledger as a whole."""

from __future__ import annotations

import typer

from relay.cli.store.backing_up import backup
from relay.cli.store.compacting import compact
from relay.cli.store.migrating import migrate
from relay.cli.store.pruning import prune
from relay.cli.store.sizing import size

app = typer.Typer(help="Look after the ledger's own place.", no_args_is_help=True)

app.command()(size)
app.command()(prune)
app.command()(compact)
app.command()(backup)
app.command()(migrate)

__all__ = ["app"]
