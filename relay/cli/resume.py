"""`relay resume`: let go on what was held."""

from __future__ import annotations

from typing import Annotated

import typer

from relay.cli.options import ConfigOption, JsonOption, ledger_of, run
from relay.cli.output import Exit, console, fail, plain, print_json
from relay.store.base import Held, Store


def resume(
    destination: Annotated[
        str | None, typer.Argument(help="Name of a destination; all of them without it.", show_default=False)
    ] = None,
    sequence: Annotated[
        str | None, typer.Option(help="Only this sequence of the destination.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Let destinations and sequences go on that were held because something was refused.

    A refused key, a missing scope, an unknown or inactive sequence: mend it first. relay status shows holds.

    Example: [bold]relay resume main[/]
    """
    resumed = run(lambda: _resume(config, destination, sequence))
    names = [
        f"{held.destination} / {held.sequence}" if held.sequence else held.destination for held in resumed
    ]
    if json:
        print_json({"resumed": names})
    elif names:
        console.print(plain("resumed: " + ", ".join(names)), markup=False)
    if not names:
        raise fail("nothing of that is held", Exit.NO, "relay status shows what is")


async def _resume(config: ConfigOption, destination: str | None, sequence: str | None) -> list[Held]:
    async with ledger_of(config) as store:
        wanted = [
            held
            for held in await store.held()
            if destination in (None, held.destination) and sequence in (None, held.sequence)
        ]
        return [held for held in wanted if await _resumed(store, held)]


async def _resumed(store: Store, held: Held) -> bool:
    return await store.resume(held.destination, held.sequence) > 0
