"""The show while it runs: live on a terminal, a line for each act elsewhere, or nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from relay.cli.output import table
from relay.cli.status import bars

if TYPE_CHECKING:
    from relay.cli.demo.player import Player
    from relay.store.base import Ledger

Watching = AbstractAsyncContextManager[Callable[[str], None]]
"""While it is open, the player is watched; its value is told what each act is about."""

_FRAME = 0.1


def screen_for(player: Player, console: Console | None) -> Watching:
    """The screen that fits where the output goes; none without a console."""
    if console is None:
        return _dark()
    return _live(player, console) if console.is_terminal else _told(console)


@asynccontextmanager
async def _dark() -> AsyncIterator[Callable[[str], None]]:
    yield lambda _sentence: None


@asynccontextmanager
async def _told(console: Console) -> AsyncIterator[Callable[[str], None]]:
    yield lambda sentence: console.print(sentence, markup=False, highlight=False)


@asynccontextmanager
async def _live(player: Player, console: Console) -> AsyncIterator[Callable[[str], None]]:
    with Live(console=console, auto_refresh=False) as live:
        frames = asyncio.create_task(_film(player, live))
        try:
            yield lambda _sentence: None
        finally:
            frames.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await frames
        live.update(await _frame(player), refresh=True)


async def _film(player: Player, live: Live) -> None:
    while True:
        live.update(await _frame(player), refresh=True)
        await asyncio.sleep(_FRAME)


async def _frame(player: Player) -> RenderableType:
    ledger = await player.stage.relay.store.ledger()
    columns = Table.grid(padding=(0, 2))
    columns.add_row(_sources(player), _enrollments(ledger))
    heading = Text.assemble(
        (f"{player.number}/{len(player.script)}  ", "dim"), (player.sentence, "bold cyan")
    )
    return Group(heading, Padding(columns, (1, 0)), _events(ledger), _destination(player))


def _sources(player: Player) -> Table:
    rows = [
        (source, Text(f"{counts.total()}"), Text(f"{_good(counts)}", "green"), _turned_away(counts))
        for source, counts in player.statuses().items()
    ]
    return table("Webhooks", ("source", "sent", "accepted", "refused"), rows)


def _good(counts: dict[int, int]) -> int:
    return sum(count for status, count in counts.items() if 200 <= status < 300)


def _turned_away(counts: dict[int, int]) -> Text:
    others = [f"{count} x {status}" for status, count in counts.items() if not 200 <= status < 300]
    return Text(", ".join(others), "red")


def _enrollments(ledger: Ledger) -> Table:
    return table("Enrollments", ("", "", ""), bars(ledger.enrollments) if ledger.enrollments else [])


def _events(ledger: Ledger) -> Text:
    counts = ", ".join(f"{count} {fate}" for fate, count in sorted(ledger.events.items()))
    return Text.assemble(("Events       ", "bold"), counts or "none yet")


def _destination(player: Player) -> Text:
    sandbox = player.stage.sandbox
    entries = sandbox.executions()
    sizes = [entry.sendings for entry in entries if entry.sendings]
    average = f", {sum(sizes) / len(sizes):.1f} contacts in each that enrolled" if sizes else ""
    return Text.assemble(
        ("Destination  ", "bold"),
        _state(player.trouble, entries[-1].status if entries else None),
        f"   {len(entries)} calls{average}",
    )


def _state(trouble: str, status: int | None) -> tuple[str, str]:
    if trouble:
        return f"✗ {trouble}", "bold red"
    if status is None:
        return "waits", "dim"
    if status == 0:
        return "✗ hung up", "bold red"
    return (f"✓ {status}", "green") if status < 300 else (f"! {status}", "bold yellow")
