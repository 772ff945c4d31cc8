"""`relay audit`: who changed what, and whether the log is whole."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from relay.cli.asking import asking, me
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, console, data, fail, plain, print_json, show_moment, table
from relay.core.audit import Change, change
from relay.desk.audit import AuditEntry, Verification, list_audit, verify_audit
from relay.desk.model import MOST, PageQuery

app = typer.Typer(help="See who changed what, and check that the log is whole.", no_args_is_help=True)


def by_me(action: str, **detail: object) -> Change:
    """A change by whoever runs this command."""
    return change(me(), int(time.time() * 1000), action, **detail)


@app.command("list")
def list_(
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many to show, newest first.")] = 50,
    json: JsonOption = False,
) -> None:
    """List changes that people made, newest first."""
    entries = run(lambda: _newest(config, limit))
    if json:
        print_json(data(entries))
    elif not entries:
        console.print("Nobody has changed anything yet.")
    else:
        columns = ("", "at (UTC)", "who", "did", "to")
        console.print(table("Audit log", columns, map(_row, entries)))


def _row(entry: AuditEntry) -> tuple[object, ...]:
    shown = "; ".join(f"{key}: {_short(value)}" for key, value in entry.detail.items())
    return entry.number, show_moment(entry.at), entry.who, entry.action, plain(shown)


def _short(value: object) -> str:
    if isinstance(value, list) and len(value) > 3:
        return f"{', '.join(map(str, value[:3]))} and {len(value) - 3} more"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@app.command()
def verify(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Check that no entry was altered, removed or slipped in; exit 1 if one was.

    The number and seal of the last entry, kept elsewhere, show later whether the end was cut off.
    """
    found = run(lambda: _verified(config))
    if json:
        print_json(found.model_dump(mode="json"))
    elif found.whole:
        last = found.seal or "none"
        console.print(f"[green]The audit log is whole:[/] {found.entries} entries, the last seal is {last}.")
    if not found.whole and not json:
        hint = "the ledger's file was changed by something other than the relay"
        raise fail("; ".join(found.faults), Exit.NO, hint)
    if not found.whole:
        raise typer.Exit(Exit.NO)


async def _newest(config: ConfigOption, limit: int) -> Sequence[AuditEntry]:
    async with asking(config) as ask:
        return (await ask(list_audit, query=PageQuery(limit=limit))).items


async def _verified(config: ConfigOption) -> Verification:
    async with asking(config) as ask:
        return await ask(verify_audit)
