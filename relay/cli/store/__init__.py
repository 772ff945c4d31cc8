"""`relay store`: what is done to the ledger as a whole."""

from __future__ import annotations

import typer

from relay.cli.store.backing_up import backup
from relay.cli.store.migrating import migrate

app = typer.Typer(help="Look after the ledger's own place.", no_args_is_help=True)

app.command()(backup)
app.command()(migrate)

__all__ = ["app"]
