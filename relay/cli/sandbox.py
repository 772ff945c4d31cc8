"""`relay sandbox`: a destination to try the relay against, without an account."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from relay.cli.options import run
from relay.cli.output import Exit, console, fail, plain
from relay.core.egress import allowing, refused_in
from relay.sandbox import first
from relay.sandbox.serve import Running, serve
from relay.sandbox.switches import Switches, parse_switches


def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 8090,
    switch: Annotated[
        list[str] | None,
        typer.Option(
            "--switch", "-s", metavar="NAME=VALUE", help="Change a behaviour; may be given several times."
        ),
    ] = None,
    idempotency: Annotated[
        bool, typer.Option(help="Honour idempotency keys, which the API does not document.")
    ] = False,
) -> None:
    """Run a faithful simulation of the destination's API.

    It listens until stopped, keeps everything in memory, and shows what it was sent at its root page.

    Example: [bold]relay sandbox --switch rate_profile=pro --switch success_status=202[/]
    """
    try:
        switches = parse_switches(switch or [], Switches(idempotency=idempotency))
    except ValueError as error:
        raise fail(str(error), Exit.USAGE, "docs/sandbox.md lists every switch") from None
    run(lambda: _serve(host, port, switches))


async def _serve(host: str, port: int, switches: Switches) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(host, port, switches=switches, ready=_welcome, stop=stop)


def _welcome(sandbox: Running) -> None:
    console.print(
        f"The sandbox listens on [bold]{sandbox.url}[/] (Ctrl-C stops it). In the relay's configuration:\n"
    )
    if refused := refused_in(sandbox.url, ()):
        console.print(f"  \\[egress]\n  allow = {plain(allowing(refused, ()))}\n", highlight=False)
    console.print(
        f'  \\[destinations.main]\n  base_url = "{sandbox.url}"\n  api_key = "{first.KEY}"\n', highlight=False
    )
    console.print("Sequences that can be executed:")
    for name, sequence in (
        ("After-visit survey", first.AFTER_VISIT),
        ("Review request", first.REVIEW_REQUEST),
        ("Customer onboarding", first.ONBOARDING),
    ):
        console.print(f"  {sequence}  {name}", highlight=False)
