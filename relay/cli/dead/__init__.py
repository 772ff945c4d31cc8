"""`relay dead`: the ledger of dead letters."""

from __future__ import annotations

import typer

from relay.cli.dead.listing import groups, list_
from relay.cli.dead.repair import correct, discard, mark_delivered, preview, retry
from relay.cli.dead.story import show

app = typer.Typer(
    help="See, understand and repair what could not be read or delivered.",
    no_args_is_help=True,
    epilog="Ids: parked-N is an event that could not be read, dead-N an enrollment that was not delivered.",
)
app.command("list")(list_)
app.command()(groups)
app.command()(show)
app.command()(preview)
app.command()(retry)
app.command()(correct)
app.command("mark-delivered")(mark_delivered)
app.command()(discard)

__all__ = ["app"]
