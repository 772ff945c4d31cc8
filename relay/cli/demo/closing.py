"""The end of the show: the ledger, the dead letters, the proof, and what to look at next."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from rich.rule import Rule
from rich.text import Text

from relay.cli import status
from relay.cli.dead.listing import why
from relay.cli.demo.verdict import Record, Report
from relay.cli.output import console, plain, table


def show(report: Report) -> None:
    """Tell people what they saw, and what they can do with it."""
    console.print(Rule("The ledger", align="left"))
    status.show(report.ledger)
    status.show_balance(report.ledger)
    _show_dead(report)
    console.print(Rule("The proof", align="left"))
    console.print(_proof(report.record), highlight=False)
    _show_faults(report)
    console.print(Rule("Look around", align="left"))
    for command, what in _commands(report):
        console.print(Text.assemble("  ", (command, "bold"), (f"  # {what}", "dim")), soft_wrap=True)
    console.print(
        f"\nAll of it is in {report.config.parent}; it took {report.seconds:.0f} s.", highlight=False
    )


def _show_dead(report: Report) -> None:
    rows = [(one.id, one.source, one.cause, one.email, why(one)) for one in report.letters]
    console.print()
    console.print(table("Dead letters", ("id", "source", "cause", "who", "reason"), rows))
    console.print()


def _proof(record: Record) -> str:
    answers = ", ".join(
        f"{count} x {status or 'hung up'}" for status, count in sorted(record.answers.items())
    )
    return (
        f"The sandbox's own record: {len(record.enrolled)} people enrolled, {len(record.twice)} of them "
        f"twice. It saw {record.calls} calls and answered {answers}; {record.repeated} were repeats that "
        "it knew by their idempotency key."
    )


def _show_faults(report: Report) -> None:
    for fault in report.faults():
        console.print(Text(plain(fault), style="bold red"))
    if not report.faults():
        console.print("[green]Everybody who should be enrolled is, and nobody else.[/]")


def _commands(report: Report) -> list[tuple[str, str]]:
    relay, config = _program(), f"-c {report.config}"
    port = report.record.port
    dead = next((letter.id for letter in report.letters if letter.kind == "dead"), "ID")
    return [
        (f"{relay} status {config}", "the same accounts, at any time"),
        (f"{relay} dead list {config}", "what was not delivered, and why"),
        (f"{relay} dead show {dead} {config}", "the request, the contact, every attempt"),
        (f"{relay} quarantine list {config}", "the forged webhooks"),
        (f"{relay} sandbox --port {port}", "a destination without grudges; leave it running,"),
        (f"{relay} serve {config}", "and the relay in another terminal;"),
        (f"{relay} dead retry {dead} {config}", "this time it is enrolled"),
    ]


def _program() -> str:
    """How to call this command from here, so that the lines can be copied."""
    called, found = Path(sys.argv[0]).absolute(), shutil.which("relay")
    if found is not None and Path(found).resolve() == called.resolve():
        return "relay"
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_relative_to(here) else called)
