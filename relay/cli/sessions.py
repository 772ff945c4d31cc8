"""`relay sessions`: who is logged in at the console."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from relay.cli.access import now_ms
from relay.cli.audit import by_me
from relay.cli.options import ConfigOption, JsonOption, ledger_of, run
from relay.cli.output import Exit, console, fail, print_json, show_time, table
from relay.core.access import Session
from relay.store import Store

app = typer.Typer(help="See who is logged in at the console, and log them out.", no_args_is_help=True)

_PAGE = 200


@app.command("list")
def list_(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List open sessions, the newest first."""
    sessions = run(lambda: _sessions(config))
    if json:
        print_json([asdict(session) for session in sessions])
    elif not sessions:
        console.print("Nobody is logged in. [bold]relay login[/] prints a link.")
    else:
        columns = ("id", "name", "role", "opened (UTC)", "from", "last seen (UTC)", "ends (UTC)")
        console.print(table("Sessions", columns, map(_row, sessions)))


def _row(session: Session) -> tuple[object, ...]:
    opened, seen, ends = map(show_time, (session.opened_at, session.seen_at, session.expires_at))
    return session.id, session.name, session.role, opened, session.address, seen, ends


@app.command()
def revoke(
    sessions: Annotated[
        list[str] | None, typer.Argument(metavar="SESSION", help="Ids or names.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Everybody's.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """End sessions: whoever had them must log in again."""
    wanted = sessions or []
    if not wanted and not every:
        raise fail("name ids or people, or give --all", Exit.USAGE, "relay sessions list shows them")
    revoked = run(lambda: _revoke(config, wanted, every))
    known = {word for session in revoked for word in (session.id, session.name)}
    missed = [word for word in wanted if word not in known]
    if json:
        print_json({"revoked": [session.id for session in revoked], "not_found": missed})
    else:
        console.print(f"{len(revoked)} revoked.")
    if missed:
        told = f"{len(missed)} of {len(wanted)} have no session"
        raise fail(told, Exit.NO, "relay sessions list shows who has")


async def _sessions(config: Path | None) -> list[Session]:
    async with ledger_of(config) as store:
        return await _all(store)


async def _all(store: Store) -> list[Session]:
    now, found = now_ms(), list[Session]()
    while page := await store.access.sessions(now, _PAGE, found[-1] if found else None):
        found += page
    return found


async def _revoke(config: Path | None, wanted: Collection[str], every: bool) -> list[Session]:
    async with ledger_of(config) as store:
        meant = [one for one in await _all(store) if every or one.id in wanted or one.name in wanted]
        return [one for one in meant if await _revoked(store, one)]


async def _revoked(store: Store, session: Session) -> bool:
    made = by_me("session.revoke", session=session.id, name=session.name)
    return await store.access.revoke_session(session.id, made)
