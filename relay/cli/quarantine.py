"""`relay quarantine`: requests that were not verified, for when a secret was mixed up."""

from __future__ import annotations

from typing import Annotated

import typer

from relay.cli.asking import asking
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, console, fail, plain, print_json, show_moment, table
from relay.desk.quarantine import (
    QuarantineEntry,
    QuarantineQuery,
    QuarantineStory,
    Release,
    Released,
    list_quarantine,
    release_quarantined,
    show_quarantined,
)

app = typer.Typer(help="See requests that were not verified, and verify them again.", no_args_is_help=True)


@app.command("list")
def list_(
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show, newest first.")] = 50,
    json: JsonOption = False,
) -> None:
    """List unverified requests, newest first."""
    found = run(lambda: _list(config, limit))
    columns = ("id", "received (UTC)", "source", "method", "bytes", "reason")
    rows = [
        (one.id, show_moment(one.received_at), one.source, one.method, one.size, one.reason) for one in found
    ]
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif rows:
        console.print(table("Quarantine", columns, rows))
        console.print("\nAfter correcting a secret, [bold]relay quarantine release[/] verifies them again.")
    else:
        console.print("[green]The quarantine is empty:[/] every request was verified.")


async def _list(config: ConfigOption, limit: int) -> tuple[QuarantineEntry, ...]:
    async with asking(config) as ask:
        return (await ask(list_quarantine, query=QuarantineQuery(limit=limit))).items


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="The id in the list.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show one request as it came: it may hold personal data, a code to copy, or a new secret."""
    kept = run(lambda: _show(config, number))
    if json:
        print_json(
            {"id": number, "reason": kept.entry.reason, "method": kept.entry.method}
            | kept.model_dump(include={"query", "headers", "body"})
        )
        return
    lines = [f"{name}: {value}" for name, value in kept.headers.items()]
    text = "\n".join([kept.entry.reason, "", f"{kept.entry.method} {kept.query}", *lines, "", kept.body])
    console.print(plain(text), markup=False, highlight=False, soft_wrap=True)


async def _show(config: ConfigOption, number: int) -> QuarantineStory:
    async with asking(config) as ask:
        return await ask(show_quarantined, entry=number)


@app.command()
def release(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Verify every quarantined request with today's secrets; those that pass enter the pipeline.

    Signed timestamps are checked against the time of receipt.
    """
    done = run(lambda: _release(config))
    released, refused = len(done.released), len(done.refused)
    if json:
        print_json({"released": released, "refused": refused})
    else:
        console.print(f"{released} released, {refused} still not verified.")
    if not released and refused:
        raise fail("nothing was verified", Exit.NO, "relay quarantine list gives the reasons")


async def _release(config: ConfigOption) -> Released:
    async with asking(config) as ask:
        return await ask(release_quarantined, body=Release())
