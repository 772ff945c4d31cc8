"""`relay sessions`: who is logged in at the console."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from relay.cli.asking import Ask, asking
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, console, data, fail, print_json, show_moment, table
from relay.desk.access import SessionEntry, list_sessions, revoke_session
from relay.desk.model import MOST, PageQuery

app = typer.Typer(help="See who is logged in at the console, and log them out.", no_args_is_help=True)

_PAGE = MOST


@app.command("list")
def list_(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List open sessions, the newest first."""
    sessions = run(lambda: _sessions(config))
    if json:
        print_json(data(sessions))
    elif not sessions:
        console.print("Nobody is logged in. [bold]relay login[/] prints a link.")
    else:
        columns = ("id", "name", "role", "opened (UTC)", "from", "last seen (UTC)", "ends (UTC)")
        console.print(table("Sessions", columns, map(_row, sessions)))


def _row(session: SessionEntry) -> tuple[object, ...]:
    opened, seen, ends = map(show_moment, (session.opened_at, session.seen_at, session.expires_at))
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
    revoked = run(lambda: _revoke(config, wanted, every=every))
    known = {word for session in revoked for word in (session.id, session.name)}
    missed = [word for word in wanted if word not in known]
    if json:
        print_json({"revoked": [session.id for session in revoked], "not_found": missed})
    else:
        console.print(f"{len(revoked)} revoked.")
    if missed:
        told = f"{len(missed)} of {len(wanted)} have no session"
        raise fail(told, Exit.NO, "relay sessions list shows who has")


async def _sessions(config: Path | None) -> list[SessionEntry]:
    async with asking(config) as ask:
        return await _all(ask)


async def _all(ask: Ask) -> list[SessionEntry]:
    page = await ask(list_sessions, query=PageQuery(limit=_PAGE))
    found = list(page.items)
    while page.next is not None:
        page = await ask(list_sessions, query=PageQuery(limit=_PAGE, after=page.next))
        found += page.items
    return found


async def _revoke(config: Path | None, wanted: Collection[str], *, every: bool) -> list[SessionEntry]:
    async with asking(config) as ask:
        meant = [one for one in await _all(ask) if every or one.id in wanted or one.name in wanted]
        for session in meant:
            await ask(revoke_session, session=session.id)
    return meant
