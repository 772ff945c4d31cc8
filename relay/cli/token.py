"""`relay token`: what programs show to be let in at the API."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from relay.cli.access import ROLES, SpanOption, name_given, until
from relay.cli.asking import Ask, asking
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, console, data, errors, fail, print_json, show_moment, table
from relay.core.access import Role
from relay.desk.access import (
    CreateToken,
    NewToken,
    TokenEntry,
    TokensQuery,
    create_token,
    list_tokens,
    revoke_token,
)
from relay.desk.model import MOST

app = typer.Typer(
    help="Make, list and revoke the tokens with which programs use the API.",
    no_args_is_help=True,
    epilog="A running relay heeds a change at once. People log in with [bold]relay login[/].",
)

_PAGE = MOST


@app.command()
def create(
    name: Annotated[str, typer.Argument(parser=name_given, metavar="NAME", help="What it is for.")],
    role: Annotated[Role, typer.Option(help=ROLES)] = Role.VIEWER,
    expires: SpanOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make a token and print it, this once: the ledger keeps only a hash of it.

    Example: [bold]relay token create nightly-report --role viewer --expires 90d[/]
    """
    end = None if expires is None else datetime.now(UTC) + expires
    made = run(lambda: _create(config, CreateToken(name=name, role=role, expires_at=end)))
    if json:
        print_json({**made.entry.model_dump(mode="json"), "token": made.token})
        return
    typer.echo(made.token)
    told = f"It is not shown again. It lets in as {role}, {until(made.entry.expires_at)}."
    errors.print(told, markup=False)


async def _create(config: Path | None, body: CreateToken) -> NewToken:
    async with asking(config) as ask:
        return await ask(create_token, body=body)


@app.command("list")
def list_(
    config: ConfigOption = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that ended within 90 days.")] = False,
    json: JsonOption = False,
) -> None:
    """List tokens, the newest first, and when each was last used."""
    tokens = run(lambda: _tokens(config, every=every))
    if json:
        print_json(data(tokens))
    elif not tokens:
        console.print("There is no token. [bold]relay token create[/] makes one.")
    else:
        columns = ("id", "name", "role", "made (UTC)", "by", "last used (UTC)", "ends (UTC)", "")
        console.print(table("Tokens", columns, map(_row, tokens)))


def _row(token: TokenEntry) -> tuple[object, ...]:
    made, used, ends = map(show_moment, (token.created_at, token.last_used_at, token.expires_at))
    return token.id, token.name, token.role, made, token.created_by, used, ends, token.ended or "works"


@app.command()
def revoke(
    tokens: Annotated[list[str], typer.Argument(metavar="TOKEN", help="Names or ids.", show_default=False)],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Revoke tokens: from now on they let nobody in."""
    revoked = run(lambda: _revoke(config, tokens))
    known = {word for token in revoked for word in (token.id, token.name)}
    missed = [word for word in tokens if word not in known]
    if json:
        print_json({"revoked": [token.id for token in revoked], "not_found": missed})
    else:
        console.print(f"{len(revoked)} revoked.")
    if missed:
        told = f"{len(missed)} of {len(tokens)} are no tokens that let anybody in"
        raise fail(told, Exit.NO, "relay token list shows those that do")


async def _tokens(config: Path | None, *, every: bool) -> list[TokenEntry]:
    async with asking(config) as ask:
        return await _all(ask, every=every)


async def _all(ask: Ask, *, every: bool) -> list[TokenEntry]:
    page = await ask(list_tokens, query=TokensQuery(all=every, limit=_PAGE))
    found = list(page.items)
    while page.next is not None:
        page = await ask(list_tokens, query=TokensQuery(all=every, limit=_PAGE, after=page.next))
        found += page.items
    return found


async def _revoke(config: Path | None, wanted: Collection[str]) -> list[TokenEntry]:
    async with asking(config) as ask:
        meant = [one for one in await _all(ask, every=False) if one.id in wanted or one.name in wanted]
        for token in meant:
            await ask(revoke_token, token=token.id)
    return meant
