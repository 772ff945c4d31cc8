"""`relay quarantine`: requests that were not verified, for when a secret was mixed up."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from relay.cli.audit import by_me
from relay.cli.options import ConfigOption, JsonOption, ledger_of, load_installation, run
from relay.cli.output import Exit, console, fail, print_json, show_time, table
from relay.config.installation import Installation
from relay.core.errors import Unverified
from relay.core.request import Request, public_url
from relay.store.base import Incoming, Quarantined
from relay.web.intake import storable

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
        (number, show_time(kept.received_at), kept.source, kept.method, len(kept.body), kept.reason)
        for number, kept in found
    ]
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif rows:
        console.print(table("Quarantine", columns, rows))
        console.print("\nAfter correcting a secret, [bold]relay quarantine release[/] verifies them again.")
    else:
        console.print("[green]The quarantine is empty:[/] every request was verified.")


async def _list(config: ConfigOption, limit: int) -> list[tuple[int, Quarantined]]:
    async with ledger_of(config) as store:
        return await store.quarantined(limit)


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="The id in the list.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show one request as it came: it may hold personal data, a code to copy, or a new secret."""
    kept = dict(run(lambda: _list(config, 1000))).get(number)
    if kept is None:
        raise fail(f"there is no entry {number} in the quarantine", Exit.NO, "relay quarantine list")
    headers = orjson.loads(kept.headers)
    body = kept.body.decode("utf-8", "replace")
    if json:
        shown = {"method": kept.method, "query": kept.query, "headers": headers, "body": body}
        print_json({"id": number, "reason": kept.reason, **shown})
        return
    lines = [f"{name}: {value}" for name, value in headers.items()]
    text = "\n".join([kept.reason, "", f"{kept.method} {kept.query}", *lines, "", body])
    console.print(text, markup=False, highlight=False, soft_wrap=True)


@app.command()
def release(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Verify every quarantined request with today's secrets; those that pass enter the pipeline.

    Signed timestamps are checked against the time of receipt.
    """
    installation = load_installation(config, quiet=json)
    released, refused = run(lambda: _release(config, installation))
    if json:
        print_json({"released": released, "refused": refused})
    else:
        console.print(f"{released} released, {refused} still not verified.")
    if not released and refused:
        raise fail("nothing was verified", Exit.NO, "relay quarantine list gives the reasons")


async def _release(config: ConfigOption, installation: Installation) -> tuple[int, int]:
    released = refused = 0
    async with ledger_of(config) as store:
        for number, kept in await store.quarantined(1000):
            incoming = _verified(installation, kept)
            made = by_me("quarantine.release", entry=number, source=kept.source)
            if incoming is not None and await store.release_quarantined(number, incoming, made) is not None:
                released += 1
            else:
                refused += 1
    return released, refused


def _verified(installation: Installation, kept: Quarantined) -> Incoming | None:
    active = installation.sources.get(kept.source)
    if active is None:
        return None
    request = Request(
        method=kept.method,
        url=public_url(active.registered_url, kept.query),
        headers=orjson.loads(kept.headers),
        body=kept.body,
        token=kept.token,
        received_at=kept.received_at / 1000,
    )
    if active.connector.handshake(request, active.source) is not None:
        return None
    try:
        active.connector.verify(request, active.source, kept.received_at / 1000)
    except Unverified:
        return None
    return storable(active, request, kept.query, kept.received_at)
