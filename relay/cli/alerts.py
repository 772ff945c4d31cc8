"""`relay alerts`: what a person should know of, and whether the channels work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from relay.channels.sending import Sender
from relay.cli.asking import asking
from relay.cli.options import ConfigOption, JsonOption, load_installation, run
from relay.cli.output import Exit, console, data, fail, plain, print_json, show_moment, table
from relay.clock import SystemClock, milliseconds
from relay.config.installation import Installation
from relay.core.alert_messages import Channel, NotTold, trial
from relay.core.alerts import Severity
from relay.desk.alerts import AlertModel, OpenAlerts, Untold, list_alerts, list_past_alerts
from relay.desk.model import MOST, PageQuery
from relay.http import outbound_session

app = typer.Typer(help="See what a person should know of, and test the channels.", no_args_is_help=True)

_COLOURS = {Severity.CRITICAL: "red", Severity.WARNING: "yellow"}


@app.command("list")
def list_(
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many of the past ones to show.")] = 20,
    json: JsonOption = False,
) -> None:
    """List open alerts, then those that are over, newest first; and what could not be told yet.

    Example: [bold]relay alerts list --limit 5[/]
    """
    found, past = run(lambda: _read(config, limit))
    if json:
        print_json({"open": data(found.items), "past": data(past), "untold": data(found.untold)})
        return
    if found.items:
        columns = ("since (UTC)", "severity", "what", "what helps")
        console.print(table("Open alerts", columns, map(_open_row, found.items)))
    else:
        console.print("[green]No alert is open.[/]")
    if past:
        console.print(table("Over", ("from (UTC)", "to (UTC)", "severity", "what"), map(_past_row, past)))
    for one in found.untold:
        console.print(Text(plain(_told_of(one)), style="yellow"))


async def _read(config: ConfigOption, limit: int) -> tuple[OpenAlerts, Sequence[AlertModel]]:
    async with asking(config) as ask:
        past = await ask(list_past_alerts, query=PageQuery(limit=limit))
        return await ask(list_alerts), past.items


def _open_row(alert: AlertModel) -> tuple[object, ...]:
    severity = Text(alert.severity, style=_COLOURS[alert.severity])
    return show_moment(alert.opened_at), severity, alert.text, alert.command


def _past_row(alert: AlertModel) -> tuple[object, ...]:
    return show_moment(alert.opened_at), show_moment(alert.closed_at), alert.severity, alert.text


def _told_of(untold: Untold) -> str:
    why = f", the last try: {untold.fault}" if untold.fault else ""
    return f"{untold.count} not told yet to {untold.channel}, since {show_moment(untold.since)} UTC{why}"


@app.command("test")
def try_(
    channel: Annotated[
        list[str] | None,
        typer.Argument(help="Names of channels; all of them without it.", show_default=False),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send a test message to the channels, and tell how it went; exit 1 if one of them was not told.

    Example: [bold]relay alerts test team[/]
    """
    installation = load_installation(config)
    channels = _chosen(installation, channel or [])
    results = run(lambda: _try(installation, channels))
    if json:
        print_json({one.name: None if fault is None else fault.reason for one, fault in results})
    else:
        console.print(table("Test of the channels", ("channel", "kind", "result"), map(_result_row, results)))
    if any(fault is not None for _, fault in results):
        raise typer.Exit(Exit.NO)


def _chosen(installation: Installation, names: Sequence[str]) -> list[Channel]:
    known = {one.name: one for one in installation.channels}
    if not known:
        raise fail("no channel is configured", Exit.NO, "add [[alerts.channels]]; docs/alerts.md shows how")
    if unknown := [name for name in names if name not in known]:
        raise fail(f"there is no channel {unknown[0]}", Exit.USAGE, f"there are: {', '.join(known)}")
    return [known[name] for name in names or known]


async def _try(
    installation: Installation, channels: Sequence[Channel]
) -> list[tuple[Channel, NotTold | None]]:
    clock = SystemClock()
    body = trial(milliseconds(clock), installation.config.public_url)
    async with outbound_session(installation.config.egress.allow) as http:
        sender = Sender(http, clock)
        faults = await asyncio.gather(*(sender.send(one, body) for one in channels))
    return list(zip(channels, faults, strict=True))


def _result_row(result: tuple[Channel, NotTold | None]) -> tuple[object, ...]:
    channel, fault = result
    if fault is None:
        return channel.name, channel.kind, Text("told", style="green")
    return channel.name, channel.kind, Text(plain(f"not told: {fault.reason}"), style="red")
