"""The `relay` command: its sub-commands, and what becomes of errors."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.text import Text

from relay import __version__
from relay.cli import (
    alerts,
    audit,
    check,
    config,
    connectors,
    dead,
    demo,
    jobs,
    ledger,
    login,
    quarantine,
    resume,
    sandbox,
    serve,
    sessions,
    simulate,
    status,
    suppress,
    token,
)
from relay.cli.output import Exit, errors, plain, table
from relay.config.faults import ConfigFaults
from relay.desk.problems import Problem
from relay.registry import ConnectorError
from relay.store.base import StoreFault

app = typer.Typer(
    name="relay",
    help="Turn bookings, purchases and CRM events into contacts enrolled in feedback sequences.",
    epilog="Exit codes: 0 done · 1 a check says no · 2 the configuration or the words are at fault · "
    "3 something needed cannot be reached or used.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command()(serve.serve)
app.command()(demo.demo)
app.command()(sandbox.sandbox)
app.command()(check.check)
app.command()(status.status)
app.command()(resume.resume)
app.command()(login.login)
app.command()(simulate.simulate)
app.add_typer(connectors.app, name="connectors")
app.add_typer(dead.app, name="dead")
app.add_typer(alerts.app, name="alerts")
app.add_typer(token.app, name="token")
app.add_typer(sessions.app, name="sessions")
app.add_typer(jobs.app, name="jobs")
app.add_typer(ledger.requests, name="requests")
app.add_typer(ledger.enrollments, name="enrollments")
app.command()(ledger.person)
app.command("tail")(ledger.tail_)
app.add_typer(audit.app, name="audit")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(suppress.app, name="suppress")
app.add_typer(config.app, name="config")

_EXITS = {401: Exit.USAGE, 403: Exit.USAGE, 404: Exit.NO, 409: Exit.NO, 422: Exit.USAGE}
"""By the status of a problem; any other means that something cannot be reached or used."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"relay {__version__}")
        raise typer.Exit


@app.callback()
def _relay(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of the command itself."""


def run() -> None:
    """Run the command line; a user's mistake is told in a sentence, never as a traceback."""
    try:
        app()
    except ConfigFaults as faults:
        rows = [(fault.key, fault.problem, fault.hint) for fault in faults.faults]
        errors.print(table("The configuration has faults", ("key", "problem", "what to do"), rows))
        sys.exit(Exit.USAGE)
    except ConnectorError as error:
        errors.print(Text(plain(error), style="red"))
        sys.exit(Exit.USAGE)
    except Problem as problem:
        errors.print(Text(plain(problem.detail), style="red"))
        for one in problem.errors:
            errors.print(Text(plain(f"{one['where']}: {one['message']}")))
        if problem.hint:
            errors.print(Text(plain(problem.hint)))
        sys.exit(_EXITS.get(problem.status, Exit.UNAVAILABLE))
    except (StoreFault, OSError) as error:
        errors.print(Text(plain(error), style="red"))
        sys.exit(Exit.UNAVAILABLE)
