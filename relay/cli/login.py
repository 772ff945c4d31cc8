"""`relay login`: a link that lets somebody into the console."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relay.cli.access import ROLES, name_given, until
from relay.cli.asking import asking, me
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import errors, print_json
from relay.core.access import Role
from relay.desk.access import CreateLink, NewLink, create_login_link


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
    role: Annotated[Role, typer.Option(help=ROLES)] = Role.ADMIN,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Print a link that opens the console, once and within ten minutes, for you or somebody else.

    Example: [bold]relay login --name Ana --role operator[/]
    """
    whom = name or me().removesuffix(" at the terminal")
    link = run(lambda: _create(config, CreateLink(name=whom, role=role)))
    if json:
        print_json(link.model_dump(mode="json"))
        return
    typer.echo(link.url)
    errors.print(f"It opens the console once, as {whom} ({role}), {until(link.expires_at)}.", markup=False)


async def _create(config: Path | None, body: CreateLink) -> NewLink:
    async with asking(config) as ask:
        return await ask(create_login_link, body=body)
