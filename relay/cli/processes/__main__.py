"""One process of a relay, as `relay serve --processes` starts it: `python -m relay.cli.processes NAME`.

Its standard input is the channel to the supervisor. It stops when it is told to, and when the supervisor
is gone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress

import structlog
from prometheus_client.exposition import generate_latest

from relay.cli.mistakes import told
from relay.cli.opening import GivenUp
from relay.cli.options import load_installation, run
from relay.cli.output import Exit, fail
from relay.cli.post import Post
from relay.cli.processes.channel import Channel
from relay.cli.processes.orders import Orders
from relay.cli.serve import FAREWELL_SECONDS, spare_what_is_loaded
from relay.cli.wiring import Relay, running
from relay.config.installation import Installation
from relay.telemetry import configure_logging

log = structlog.get_logger()


class Process:
    """Follows its orders until it is stopped. `leave` ends it without the time that load balancers get."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stop = asyncio.Event()
        self._leave = asyncio.Event()
        self._relay: Relay | None = None

    async def run(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._stop.set)
        first = await self._channel.heard()
        if first is None:
            return
        orders = Orders.model_validate(first)
        # Of its warnings the supervisor has told already.
        installation = load_installation(orders.config, quiet=True)
        logging = installation.config.log
        configure_logging(logging.level, logging.format, process=orders.name)
        spare_what_is_loaded()
        listening = asyncio.create_task(self._listen())
        with suppress(GivenUp):
            await self._work(installation, orders)
        log.info("stopped")
        listening.cancel()

    async def _work(self, installation: Installation, orders: Orders) -> None:
        post = Post(
            orders.parts,
            name=orders.name,
            is_supervised=True,
            door=orders.door(),
            token=orders.token,
            replaces=orders.replaces,
            prepared=lambda: self._channel.tell(state="prepared"),
            farewell=FAREWELL_SECONDS,
        )
        async with running(installation, stop=self._stop, post=post) as relay:
            self._relay = relay
            log.info("serving" if relay.url else "working", pid=os.getpid())
            self._channel.tell(state="ready")
            await relay.until(self._stop)
            log.info("stopping")
            relay.turn_away()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leave.wait(), installation.config.server.drain.total_seconds())

    async def _listen(self) -> None:
        while (message := await self._channel.heard()) is not None:
            if message.get("do") == "leave":
                self._leave.set()
                self._stop.set()
            elif message.get("do") == "metrics" and self._relay is not None:
                self._channel.tell(metrics=generate_latest(self._relay.metrics.registry).decode())
        if not self._stop.is_set():
            log.warning("the supervisor is gone, stopping")
        self._stop.set()


async def main(end: socket.socket) -> None:
    await Process(await Channel.over(end)).run()


if __name__ == "__main__":
    # Both are the supervisor's affair.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        channel = socket.socket(fileno=sys.stdin.fileno())
    except OSError:
        hint = "start it with `relay serve --processes`"
        sys.exit(fail("this is a part of a relay that its supervisor starts", Exit.USAGE, hint).exit_code)
    try:
        run(lambda: main(channel))
    except Exception as error:
        code = told(error)
        if code is None:
            raise
        sys.exit(code)
