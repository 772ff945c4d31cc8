"""The command itself: where the ledger goes, how fast it goes, and what is shown at the end."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from relay.cli.cases import find_case
from relay.cli.demo.closing import show
from relay.cli.demo.configuration import STORE
from relay.cli.demo.player import Pace, Player
from relay.cli.demo.scene import SCENE, Act, Playbook, Scripted, cases_of, write_script
from relay.cli.demo.screen import screen_for
from relay.cli.demo.stage import on_stage
from relay.cli.demo.verdict import Report, as_data, report_on
from relay.cli.options import JsonOption, run
from relay.cli.output import INTERRUPTED, Exit, console, fail, print_json
from relay.registry import Registry
from relay.telemetry import configure_logging

_SPECTATOR = Pace(between=0.12, reading=1.4, outage=3.0, throttle=2)
_HURRIED = Pace(between=0.03, reading=0.6, outage=1.5)
_NOBODY = Pace()


def demo(
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep ledger and configuration here.", show_default=False),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="No show: only the report at the end.")] = False,
    fast: Annotated[bool, typer.Option("--fast", help="The show in a hurry.")] = False,
    seed: Annotated[int, typer.Option(help="Another one gives other people and ids.")] = 1,
    json: JsonOption = False,
) -> None:
    """Watch six senders, an outage and a forged signature on this machine; nothing needs to be configured.

    A relay, the sandbox and real HTTP in one process. Ends by itself, and keeps its ledger to look around in;
    with --json a folder is kept only if --keep names it, or something went wrong. Exit 1 if the ledger does
    not balance, or anybody was enrolled twice or not at all.
    """
    folder = _folder(keep)
    configure_logging("error", "auto")
    shown = None if once or json else console
    pace = _NOBODY if shown is None or not shown.is_terminal else _HURRIED if fast else _SPECTATOR
    try:
        report = run(lambda: perform(folder, _script(seed), pace, shown))
    except KeyboardInterrupt:
        console.print(f"\nStopped. What was accepted so far is in [bold]{folder}[/].")
        raise typer.Exit(INTERRUPTED) from None
    if json:
        print_json(as_data(report))
    else:
        show(report)
    if report.faults():
        raise typer.Exit(Exit.NO)
    if json and keep is None:
        shutil.rmtree(folder)


def _folder(keep: Path | None) -> Path:
    """A folder for a fresh ledger."""
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="relay-demo-"))
    keep.mkdir(parents=True, exist_ok=True)
    if (keep / STORE).exists():
        raise fail(
            f"{keep} holds a ledger already", Exit.USAGE, "name another folder: the demo starts afresh"
        )
    return keep.resolve()


def _script(seed: int) -> list[Scripted]:
    return write_script(SCENE, playbook_of(SCENE), seed, time.time())


def playbook_of(scene: Sequence[Act]) -> Playbook:
    """The recorded cases of a scene, and who reads them."""
    cases = {name: find_case(*name.split("/")) for name in cases_of(scene)}
    registry = Registry()
    return Playbook(cases, {case.connector: registry.get(case.connector) for case in cases.values()})


async def perform(folder: Path, script: list[Scripted], pace: Pace, shown: Console | None) -> Report:
    """Play the script with its ledger in this folder."""
    started = time.monotonic()
    async with on_stage(folder, script, pace.throttle) as stage:
        player = Player(stage, script, pace)
        async with screen_for(player, shown) as narrate:
            await player.play(narrate)
        return await report_on(player, time.monotonic() - started)
