"""`relay store`: what is done to the ledger as a whole."""

from __future__ import annotations

import typer

from relay.cli.store.backing_up import backup

app = typer.Typer(help="Look after the ledger's own place.", no_args_is_help=True)


@app.callback()
def _store() -> None:
    """With one command alone, its name could otherwise be left out."""


app.command()(backup)

__all__ = ["app"]
