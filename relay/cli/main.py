"""The `relay` command: its sub-commands, and what becomes of errors."""

from __future__ import annotations

import sys
from typing import Annotated, ClassVar

import typer

from relay import __version__
from relay.cli.on_demand import OnDemand, Place, listed


class Commands(OnDemand):
    """In the order of the help."""

    places: ClassVar[dict[str, Place]] = {
        "serve": Place(
            "relay.cli.serve:serve",
            "Take in webhooks, translate them and enrol their contacts, until stopped.",
        ),
        "demo": Place(
            "relay.cli.demo:demo",
            "Watch six senders, an outage and a forged signature on this machine; "
            "nothing needs to be configured.",
        ),
        "sandbox": Place("relay.cli.sandbox:sandbox", "Run a faithful simulation of the destination's API."),
        "check": Place(
            "relay.cli.check:check",
            "Check the configuration, the destinations' keys and the routes' sequences; nobody is enrolled.",
        ),
        "status": Place(
            "relay.cli.status:status",
            "Show where everything is that was ever accepted; exit 1 if the accounts do not balance.",
        ),
        "nodes": Place(
            "relay.cli.nodes:nodes", "List the processes of the relay that are at work, on all machines."
        ),
        "health": Place(
            "relay.cli.health:health",
            "Ask the relay on this machine whether it is ready; exit 1 if it is not, 3 if nobody answers.",
        ),
        "resume": Place(
            "relay.cli.resume:resume",
            "Let destinations and sequences go on that are held because something was refused, "
            "or get no calls because too many failed.",
        ),
        "login": Place(
            "relay.cli.login:login",
            "Print a link that opens the console, once and within ten minutes, for you or somebody else.",
        ),
        "simulate": Place(
            "relay.cli.simulate:simulate",
            "Sign a recorded webhook with the source's secret and send it to a running relay.",
        ),
        "connectors": Place(
            "relay.cli.connectors:app", "Which senders the relay understands, and how to add one."
        ),
        "dead": Place(
            "relay.cli.dead:app", "See, understand and repair what could not be read or delivered."
        ),
        "alerts": Place("relay.cli.alerts:app", "See what a person should know of, and test the channels."),
        "token": Place(
            "relay.cli.token:app", "Make, list and revoke the tokens with which programs use the API."
        ),
        "sessions": Place("relay.cli.sessions:app", "See who is logged in at the console, and log them out."),
        "jobs": Place("relay.cli.jobs:app", "See, start, watch and cancel repairs of many dead letters."),
        "requests": Place("relay.cli.requests:app", "See every verified webhook, as it was received."),
        "enrollments": Place("relay.cli.enrollments:app", "See who was enrolled because of what."),
        "person": Place(
            "relay.cli.enrollments:person", "Tell everything that the ledger knows of one person."
        ),
        "forget": Place("relay.cli.forget:forget", "Remove everything that names a person, for good."),
        "tail": Place("relay.cli.requests:tail_", "Show events as they are read, until Ctrl-C."),
        "audit": Place("relay.cli.audit:app", "See who changed what, and check that the log is whole."),
        "quarantine": Place(
            "relay.cli.quarantine:app", "See requests that were not verified, and verify them again."
        ),
        "suppress": Place(
            "relay.cli.suppress:app",
            "See and change who must not be written to: addresses, phone numbers, whole domains.",
        ),
        "store": Place("relay.cli.store:app", "Look after the ledger's own place."),
        "config": Place("relay.cli.config:app", "Look at the configuration."),
    }


app = typer.Typer(
    name="relay",
    cls=Commands,
    help="Turn bookings, purchases and CRM events into contacts enrolled in feedback sequences.",
    epilog="Exit codes: 0 done · 1 a check says no · 2 the configuration or the words are at fault · "
    "3 something needed cannot be reached or used.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
listed(app, Commands)


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
    except Exception as error:
        from relay.cli.mistakes import told  # noqa: PLC0415  # what it knows would be imported by every command

        code = told(error)
        if code is None:
            raise
        sys.exit(code)
