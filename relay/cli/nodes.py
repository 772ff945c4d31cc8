"""`relay nodes`: which processes of the relay are at work, and which should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from relay.cli.asking import asking
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import cell, console, data, plain, print_json, show_moment, table
from relay.desk.nodes import NodeModel, list_nodes

_COLUMNS = (
    *("name", "host", "process", "role", "version", "state", "up since (UTC)", "last seen (UTC)"),
    *("requests/min", "contacts/min", "spooled"),
)


def nodes(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the processes of the relay that are at work, on all machines.

    A process that stops as it should is listed no more. One that has said nothing for a minute is gone; it is
    listed for a day, or until another has taken its place.

    Example: [bold]relay nodes --json[/]
    """
    found = run(lambda: _read(config))
    if json:
        print_json(data(found))
    elif not found:
        console.print("No relay is at work on this ledger: [bold]relay serve[/] starts one.")
    else:
        console.print(table("Nodes", _COLUMNS, map(_row, found)))


async def _read(config: Path | None) -> tuple[NodeModel, ...]:
    async with asking(config) as ask:
        return (await ask(list_nodes)).items


def _row(node: NodeModel) -> tuple[object, ...]:
    state = cell(node.state, "red" if node.state == "gone" else "green")
    since, seen = show_moment(node.started_at), show_moment(node.seen_at)
    return (
        node.name,
        node.host,
        node.pid,
        node.role,
        node.version,
        state,
        since,
        seen,
        node.requests,
        node.contacts,
        node.spooled,
    )


def show_count(found: Sequence[NodeModel]) -> None:
    """A line for people: how many are up."""
    counts = Counter(node.state for node in found)
    if not counts["up"]:
        console.print(Text("No node is up: nothing is taken in and nothing goes out.", style="yellow"))
    else:
        console.print(f"{counts['up']} {'node is' if counts['up'] == 1 else 'nodes are'} up.")
    if counts["gone"]:
        gone = f"{counts['gone']} {'is' if counts['gone'] == 1 else 'are'} gone without saying so: "
        console.print(Text(gone, style="red"), Text("relay nodes", style="bold"), sep="")
    for node in found:
        if node.spooled:
            since = f", the oldest since {show_moment(node.spooled_since)} UTC" if node.spooled_since else ""
            waits = f"{node.spooled} requests wait in the spool of {node.name} on {node.host}{since}."
            console.print(Text(plain(waits), style="yellow"))
