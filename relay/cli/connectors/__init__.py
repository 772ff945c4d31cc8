"""`relay connectors`: which senders are understood, and the kit for those who teach it another one."""

from __future__ import annotations

import typer

from relay.cli.connectors.listing import list_, show
from relay.cli.connectors.pages import pages
from relay.cli.connectors.recording import record_request
from relay.cli.connectors.scaffold import new
from relay.cli.connectors.testing import run_checks
from relay.cli.connectors.trying import try_

app = typer.Typer(help="Which senders the relay understands, and how to add one.", no_args_is_help=True)
app.command("list")(list_)
app.command()(show)
app.command()(pages)
app.command("try")(try_)
app.command()(new)
app.command("test")(run_checks)
app.command("record")(record_request)

__all__ = ["app"]
