"""`relay token`: what programs show to be let in at the API."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from relay.cli.access import RoleOption, name_given, now_ms, span_given, until
from relay.cli.audit import by_me
from relay.cli.options import ConfigOption, JsonOption, ledger_of, run
from relay.cli.output import Exit, console, errors, fail, print_json, show_time, table
from relay.core.access import Role, Token
from relay.core.credential import ENTROPY, Kind, mint
from relay.store import Store

app = typer.Typer(
    help="Make, list and revoke the tokens with which programs use the API.",
    no_args_is_help=True,
    epilog="A running relay heeds a change at once. People log in with [bold]relay login[/].",
)

_PAGE = 200


@app.command()
def create(
    name: Annotated[str, typer.Argument(parser=name_given, metavar="NAME", help="What it is for.")],
    role: RoleOption = Role.VIEWER,
    expires: Annotated[
        int | None,
        typer.Option(
            parser=span_given,
            metavar="SPAN",
            help="How long it lasts, such as 90d; until it is revoked unless given.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make a token and print it, this once: the ledger keeps only a hash of it.

    Example: [bold]relay token create nightly-report --role viewer --expires 90d[/]
    """
    now = now_ms()
    credential = mint(Kind.TOKEN, secrets.token_bytes(ENTROPY))
    end = None if expires is None else now + expires
    made = by_me("token.create", token=credential.id, name=name, role=role, lasts=until(end))
    token = Token(credential.id, name, role, now, made.who, end)

    async def create_it() -> bool:
        async with ledger_of(config) as store:
            return await store.access.create_token(token, credential.digest, made)

    if not run(create_it):
        raise fail(f"there is a token {name} already", Exit.NO, "revoke it first, or choose another name")
    if json:
        print_json({**_as_data(token, now), "token": credential.text})
        return
    typer.echo(credential.text)
    errors.print(f"It is not shown again. It lets in as {role}, {until(end)}.", markup=False)


@app.command("list")
def list_(
    config: ConfigOption = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that ended in the last 90 days.")] = False,
    json: JsonOption = False,
) -> None:
    """List tokens, the newest first, and when each was last used."""
    now = now_ms()
    tokens = run(lambda: _tokens(config, None if every else now))
    if json:
        print_json([_as_data(token, now) for token in tokens])
    elif not tokens:
        console.print("There is no token. [bold]relay token create[/] makes one.")
    else:
        columns = ("id", "name", "role", "made (UTC)", "by", "last used (UTC)", "ends (UTC)", "")
        console.print(table("Tokens", columns, (_row(token, now) for token in tokens)))


def _row(token: Token, now: int) -> tuple[object, ...]:
    made, used = show_time(token.created_at), show_time(token.last_used_at)
    ends = show_time(token.expires_at)
    return token.id, token.name, token.role, made, token.created_by, used, ends, token.ended(now) or "works"


def _as_data(token: Token, now: int) -> dict[str, Any]:
    return {**asdict(token), "ended": token.ended(now)}


@app.command()
def revoke(
    tokens: Annotated[list[str], typer.Argument(metavar="TOKEN", help="Names or ids.", show_default=False)],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Revoke tokens: from now on they let nobody in."""
    revoked, missed = run(lambda: _revoke(config, tokens))
    if json:
        print_json({"revoked": [token.id for token in revoked], "not_found": missed})
    else:
        console.print(f"{len(revoked)} revoked.")
    if missed:
        told = f"{len(missed)} of {len(tokens)} are no tokens that let anybody in"
        raise fail(told, Exit.NO, "relay token list shows those that do")


async def _tokens(config: Path | None, alive_at: int | None) -> list[Token]:
    async with ledger_of(config) as store:
        return await _all(store, alive_at)


async def _all(store: Store, alive_at: int | None) -> list[Token]:
    found: list[Token] = []
    while page := await store.access.tokens(_PAGE, found[-1] if found else None, alive_at):
        found += page
    return found


async def _revoke(config: Path | None, wanted: Collection[str]) -> tuple[list[Token], list[str]]:
    """Those that were revoked, and the words that named none."""
    now = now_ms()
    async with ledger_of(config) as store:
        alive = await _all(store, now)
        meant = [token for token in alive if token.id in wanted or token.name in wanted]
        revoked = [token for token in meant if await _revoked(store, token, now)]
    known = {word for token in revoked for word in (token.id, token.name)}
    return revoked, [word for word in wanted if word not in known]


async def _revoked(store: Store, token: Token, now: int) -> bool:
    made = by_me("token.revoke", token=token.id, name=token.name)
    return await store.access.revoke_token(token.id, now, made)
