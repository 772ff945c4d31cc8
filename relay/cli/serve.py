"""`relay serve`: the relay at work."""

from __future__ import annotations

import asyncio
import gc
import signal
from contextlib import suppress
from dataclasses import replace
from typing import Annotated

import structlog
import typer

from relay.cli.opening import GivenUp
from relay.cli.options import ConfigOption, load_installation, run
from relay.cli.post import Post
from relay.cli.processes.parts import parts_of
from relay.cli.supervisor import tell, watched
from relay.cli.wiring import running
from relay.config.installation import Installation
from relay.config.models import Role
from relay.store import described
from relay.telemetry import configure_logging

log = structlog.get_logger()

FAREWELL_SECONDS = 1.0
"""For calls that came over connections which were there before; who calls anew is no longer heard."""


def serve(
    config: ConfigOption = None,
    host: Annotated[str | None, typer.Option(help="Listen here instead of server.host.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Listen here instead of server.port.", min=0, max=65535)
    ] = None,
    role: Annotated[
        Role | None, typer.Option(help="Which part of the relay this is; server.role unless given.")
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(help="How many processes share the work; server.processes unless given.", min=1, max=64),
    ] = None,
) -> None:
    """Take in webhooks, translate them and enrol their contacts, until stopped.

    On one ledger any number of processes may be there for intake, the console and the API; on SQLite
    one of them does the work.

    SIGTERM and Ctrl-C stop it gracefully: calls under way are finished, everything else stays in the ledger.
    Twice, it no longer waits for load balancers to see that it goes (server.drain).

    Example: [bold]relay serve --config config.toml[/]
    """
    written = load_installation(config)
    installation = serving(written, host=host, port=port, role=role, processes=processes)
    logging = installation.config.log
    configure_logging(logging.level, logging.format)
    if installation.config.server.processes > 1:
        from relay.cli.processes.supervisor import Supervisor  # noqa: PLC0415  # most relays have one process

        raise typer.Exit(run(Supervisor(installation, written.config, config).run))
    spare_what_is_loaded()
    run(lambda: _serve(installation))


def spare_what_is_loaded() -> None:
    """Collect garbage among what is made from now on, and less often: hardly any of it forms cycles."""
    gc.freeze()
    gc.set_threshold(10_000)


def serving(installation: Installation, **given: object) -> Installation:
    """The same installation with other settings of its server, where they are given."""
    server = installation.config.server.model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    return replace(installation, config=installation.config.model_copy(update={"server": server}))


async def _serve(installation: Installation) -> None:
    """The first signal stops the relay; another one ends what it would wait for."""
    stop, hurry = asyncio.Event(), asyncio.Event()

    def asked() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked)
    with suppress(GivenUp):
        await _until(stop, hurry, installation)
    log.info("stopped")


async def _until(stop: asyncio.Event, hurry: asyncio.Event, installation: Installation) -> None:
    role = installation.config.server.role
    async with (
        watched(),
        running(installation, stop=stop, post=Post(parts_of(role), farewell=FAREWELL_SECONDS)) as relay,
    ):
        log.info(
            "listening" if relay.url else "working",
            role=role,
            url=relay.url,
            sources=len(installation.sources),
            routes=len(installation.routes),
            store=described(installation.ledger),
        )
        tell("READY=1", f"STATUS=listening on {relay.url}" if relay.url else "STATUS=working")
        await relay.until(stop)
        log.info("stopping")
        tell("STOPPING=1", "STATUS=finishing what is under way")
        relay.turn_away()
        with suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), installation.config.server.drain.total_seconds())
