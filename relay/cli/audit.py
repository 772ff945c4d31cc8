"""`relay audit`: who changed what, and whether the log is whole."""

from __future__ import annotations

import getpass
import time
from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer

from relay.cli.options import ConfigOption, JsonOption, ledger_of, run
from relay.cli.output import Exit, console, fail, plain, print_json, show_time, table
from relay.core.audit import FIRST, Change, Entry, broken, change
from relay.store import Store

app = typer.Typer(help="See who changed what, and check that the log is whole.", no_args_is_help=True)

_PAGE = 1000


def my_name() -> str:
    """Who is at work here: an account of this machine, where it knows one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def by_me(action: str, **detail: object) -> Change:
    """A change by whoever runs this command."""
    return change(f"{my_name()} at the terminal", int(time.time() * 1000), action, **detail)


@app.command("list")
def list_(
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show, newest first.")] = 50,
    json: JsonOption = False,
) -> None:
    """List changes that people made, newest first."""
    entries = run(lambda: _newest(config, limit))
    if json:
        print_json([_as_data(entry) for entry in entries])
    elif not entries:
        console.print("Nobody has changed anything yet.")
    else:
        columns = ("", "at (UTC)", "who", "did", "to")
        console.print(table("Audit log", columns, (_row(one.number, one.change) for one in entries)))


def _as_data(entry: Entry) -> dict[str, Any]:
    made = asdict(entry.change) | {"detail": orjson.loads(entry.change.detail)}
    return {"number": entry.number, **made, "seal": entry.seal}


def _row(number: int, made: Change) -> tuple[object, ...]:
    return number, show_time(made.at), made.who, made.action, _shown(made)


def _shown(made: Change) -> str:
    detail = orjson.loads(made.detail)
    return plain("; ".join(f"{key}: {_short(value)}" for key, value in detail.items()))


def _short(value: object) -> str:
    if isinstance(value, list) and len(value) > 3:
        return f"{', '.join(map(str, value[:3]))} and {len(value) - 3} more"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@app.command()
def verify(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Check that no entry was altered, removed or slipped in; exit 1 if one was.

    The number and seal of the last entry, kept elsewhere, show later whether the end was cut off.
    """
    count, last, faults = run(lambda: _verified(config))
    if json:
        print_json({"entries": count, "seal": last, "whole": not faults, "faults": faults})
    elif not faults:
        console.print(
            f"[green]The audit log is whole:[/] {count} entries, the last seal is {last or 'none'}."
        )
    if faults and not json:
        raise fail(
            "; ".join(faults), Exit.NO, "the ledger's file was changed by something other than the relay"
        )
    if faults:
        raise typer.Exit(Exit.NO)


async def _newest(config: ConfigOption, limit: int) -> list[Entry]:
    async with ledger_of(config) as store:
        return await store.audit_newest(limit)


async def _verified(config: ConfigOption) -> tuple[int, str, list[str]]:
    async with ledger_of(config) as store:
        return await _check(store)


async def _check(store: Store) -> tuple[int, str, list[str]]:
    """How many entries there are, the last seal, and what is wrong; page by page."""
    number, before, faults = 0, FIRST, list[str]()
    while page := await store.audit_page(number, _PAGE):
        if page[0].number != number + 1:
            faults.append(f"entry {page[0].number} follows {number}: what was between them is gone")
        faults += broken(page, before)
        number, before = page[-1].number, page[-1].seal
    return number, before, faults
