"""`relay login`: a link that lets somebody into the console."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Annotated

import typer

from relay.cli.access import RoleOption, name_given, now_ms, until
from relay.cli.asking import me
from relay.cli.audit import by_me
from relay.cli.options import ConfigOption, JsonOption, load_config, run
from relay.cli.output import errors, print_json
from relay.core.access import LINK_LASTS, Link, Role
from relay.core.credential import ENTROPY, Kind, mint
from relay.store import open_store
from relay.web.access import login_url


def login(
    name: Annotated[
        str | None,
        typer.Option(
            parser=name_given,
            metavar="NAME",
            help="Whom it is for, as the audit log names them; you unless given.",
            show_default=False,
        ),
    ] = None,
    role: RoleOption = Role.ADMIN,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Print a link that opens the console, once and within ten minutes, for you or somebody else.

    Example: [bold]relay login --name Ana --role operator[/]
    """
    now = now_ms()
    credential = mint(Kind.LINK, secrets.token_bytes(ENTROPY))
    whom = name or me().removesuffix(" at the terminal")
    made = by_me("link.create", link=credential.id, name=whom, role=role)
    link = Link(credential.id, whom, role, now, made.who, now + LINK_LASTS)
    settings = load_config(config)

    async def create() -> None:
        async with open_store(settings.store.path, must_exist=True) as store:
            await store.access.create_link(link, credential.digest, made)

    run(create)
    url = login_url(settings.public_url, credential)
    if json:
        print_json({**asdict(link), "url": url})
        return
    typer.echo(url)
    told = f"It opens the console once, as {whom} ({role}), {until(link.expires_at)}."
    errors.print(told, markup=False)
