"""`relay resume`: let go on what was held."""

from __future__ import annotations

from typing import Annotated

import typer

from relay.cli.asking import Ask, asking
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, console, fail, plain, print_json
from relay.desk.destinations import Resume, list_destinations, resume_destination


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
    """Let destinations and sequences go on that are held because something was refused, or get no calls
    because too many failed.

    A refused key, a missing scope, an unknown or inactive sequence: mend it first. relay status shows both.

    Example: [bold]relay resume main[/]
    """
    resumed = run(lambda: _resume(config, destination, sequence))
    names = [f"{name} / {number}" if number else name for name, number in resumed]
    if json:
        print_json({"resumed": names})
    elif names:
        console.print(plain("resumed: " + ", ".join(names)), markup=False)
    if not names:
        raise fail("nothing of that is held or gets no calls", Exit.NO, "relay status shows what is")


async def _resume(
    config: ConfigOption, destination: str | None, sequence: str | None
) -> list[tuple[str, str | None]]:
    async with asking(config) as ask:
        stopped = {
            (one.name, stop)
            for one in (await ask(list_destinations)).items
            for stop in [held.sequence for held in one.holds] + [each.sequence for each in one.breakers]
        }
        wanted = sorted(
            (found for found in stopped if destination in (None, found[0]) and sequence in (None, found[1])),
            key=lambda found: (found[0], found[1] or ""),
        )
        return [found for found in wanted if await _resumed(ask, *found)]


async def _resumed(ask: Ask, destination: str, sequence: str | None) -> bool:
    done = await ask(resume_destination, name=destination, body=Resume(sequence=sequence))
    return done.ended > 0
