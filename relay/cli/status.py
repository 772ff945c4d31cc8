"""`relay status`: do the books balance, and what is waiting?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import typer
from rich.text import Text

from relay.cli import calls, nodes, traffic
from relay.cli.asking import asking
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, console, data, plain, print_json, show_time, table
from relay.cli.spooled import tell_spooled
from relay.desk.accounts import Accounts, show_accounts
from relay.desk.nodes import NodeModel, list_nodes
from relay.desk.problems import Unavailable
from relay.store.base import HELD, Ledger, StoreFault

_WIDTH = 24
_COLOURS = {
    "delivered": "green",
    "read": "green",
    "translated": "green",
    "waiting": "yellow",
    "sending": "yellow",
    "dead": "red",
    "parked": "red",
}


def status(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show where everything is that was ever accepted; exit 1 if the accounts do not balance.

    Also what each source sent in the last week, and whether that has changed. While the ledger cannot be
    reached: what waits in the spool of this machine, and exit 3.

    Example: [bold]relay status --json[/]
    """
    try:
        found, there = run(lambda: _read(config))
    except (StoreFault, Unavailable) as fault:
        if tell_spooled(config, str(fault), json=json):
            raise typer.Exit(Exit.UNAVAILABLE) from None
        raise
    ledger, event_types, now = found.ledger, found.traffic, found.now
    made = calls.calls(found.rates, found.breakers, found.budgets, now)
    if json:
        of_nodes = {"nodes": data(there)}
        print_json(as_data(ledger) | calls.as_data(made) | of_nodes | traffic.as_data(event_types, now))
    else:
        traffic.show(event_types, now)
        show(ledger)
        calls.show(made)
        nodes.show_count(there)
        show_balance(ledger)
        traffic.show_drift(event_types, now)
    if ledger.faults():
        raise typer.Exit(Exit.NO)


async def _read(config: ConfigOption) -> tuple[Accounts, Sequence[NodeModel]]:
    async with asking(config) as ask:
        return await ask(show_accounts), (await ask(list_nodes)).items


def as_data(ledger: Ledger) -> dict[str, Any]:
    """The ledger for machines: every count, whether they balance, and what does not."""
    pauses = [
        {"what": what, "until": None if until == HELD else show_time(until), "reason": reason}
        for what, until, reason in ledger.pauses
        if until > time.time() * 1000
    ]
    return asdict(ledger) | {"pauses": pauses, "balanced": not ledger.faults(), "faults": ledger.faults()}


def show(ledger: Ledger) -> None:
    """The ledger for people."""
    if not ledger.accepted:
        console.print("The ledger is empty: nothing has been accepted yet.")
        console.print("Try [bold]relay simulate --help[/] to send a recorded webhook to a running relay.")
    for title, counts, retired in (
        (f"Requests ({ledger.accepted} accepted)", ledger.requests, ledger.retired["requests"]),
        (f"Events ({ledger.promised_events})", ledger.events, ledger.retired["events"]),
        (f"Enrollments ({ledger.promised_enrollments})", ledger.enrollments, ledger.retired["enrollments"]),
    ):
        if counts or retired:
            shown = {**counts, "retired": retired} if retired else counts
            console.print(table(title, ("", "", ""), bars(shown)))
            console.print()
    if ledger.oldest_waiting is not None:
        console.print(f"Next enrollment due {show_time(ledger.oldest_waiting)} UTC.")
    console.print(f"{ledger.calls} execute calls, {ledger.open_batches} batches open.")
    if ledger.quarantined:
        console.print(
            f"{ledger.quarantined} unverified requests in quarantine: [bold]relay quarantine list[/]"
        )
    for what, until, reason in ledger.pauses:
        if until > time.time() * 1000:
            state = "Held" if until == HELD else f"Paused until {show_time(until)}"
            console.print(Text(plain(f"{state}: {what}: {reason}"), style="yellow"))
    if any(until == HELD for _, until, _ in ledger.pauses):
        console.print("When that is mended, [bold]relay resume[/] lets it go on; so does a restart.")
    if ledger.enrollments.get("dead", 0) or ledger.events.get("parked", 0):
        console.print("Dead letters: [bold]relay dead list[/]")


def show_balance(ledger: Ledger) -> None:
    """Whether everything that was accepted is accounted for, which is the last word."""
    for fault in ledger.faults():
        console.print(Text(f"The accounts do not balance: {fault}", style="bold red"))
    if not ledger.faults():
        console.print("[green]The accounts balance:[/] everything that was accepted is accounted for.")


def bars(counts: Mapping[str, int]) -> list[tuple[Text, Text, Text]]:
    """A row for each state: its name, its count, and a bar against the largest."""
    largest = max(counts.values())
    return [
        (
            Text(state, style=_COLOURS.get(state, "")),
            Text(f"{count:>8}"),
            Text("█" * max(1, round(_WIDTH * count / largest)), style=_COLOURS.get(state, "blue")),
        )
        for state, count in sorted(counts.items(), key=lambda item: -item[1])
    ]
