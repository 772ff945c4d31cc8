"""`relay serve --processes`: starts the processes of a relay, keeps them alive, replaces them one by one."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import structlog

from relay.cli.mistakes import told
from relay.cli.options import load_installation
from relay.cli.output import Exit
from relay.cli.processes.monitoring import monitored
from relay.cli.processes.orders import Orders
from relay.cli.processes.parts import Part, Seat, parts_of, seats
from relay.cli.processes.slot import NotReplaced, Slot
from relay.cli.running import Running, announced, new_token
from relay.cli.supervisor import tell, watched
from relay.config.faults import ConfigFaults, Fault
from relay.config.installation import Installation
from relay.config.models import Config
from relay.web.door import Door, handed_over, open_door, open_doors

log = structlog.get_logger()

_TO_THE_END = 20.0
"""Seconds beyond all that a leaving process is allowed, before it is killed."""


class Supervisor:
    """One run of it, which holds what all of them share: the sockets, the token, the port for monitors.

    It binds the sockets and keeps them, so that a call that waits there is lost neither when a process dies
    nor when it is replaced. Each process has one of its own on the one port, among which the system divides
    the calls: at a single one whoever is quickest to wake takes nearly all connections of a burst.
    """

    def __init__(self, installation: Installation, written: Config, path: Path | None) -> None:
        """`written`: the configuration without what the command line says otherwise."""
        self._config = installation.config
        # Of processes that share a file one works on it; on a database all do.
        self._one_works = isinstance(installation.ledger, Path)
        self._written = written
        self._path = path
        self._token = new_token()
        self._url = ""
        self._slots: list[Slot] = []
        self._stop = asyncio.Event()
        self._renew = asyncio.Event()

    async def run(self) -> int:
        """Until it is stopped; the exit code. Raises `OSError`, `ConfigFaults`."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._renew.set)
        async with watched(), AsyncExitStack() as stack:
            self._slots = await self._make_slots()
            server = self._config.server
            if server.metrics_port is not None:
                monitors = monitored(self._slots, server.metrics_host, server.metrics_port)
                await stack.enter_async_context(monitors)
            if self._url and any(Part.WEB in slot.seat.parts for slot in self._slots):
                stack.enter_context(announced(self._config.store.path, Running(self._url, self._token)))
            return await self._supervise()

    def _asked_to_stop(self) -> None:
        """Twice: without the time in which load balancers are shown that it goes."""
        if self._stop.is_set():
            for slot in self._slots:
                slot.hurry()
        self._stop.set()

    async def _make_slots(self) -> list[Slot]:
        server = self._config.server
        try:
            taken = seats(parts_of(server.role), server.processes, one_worker=self._one_works)
        except ValueError as error:
            raise ConfigFaults([Fault("server.processes", str(error), "leave it at 1")]) from None
        listening = sum(seat.listens for seat in taken)
        if kept := handed_over():
            # By one who keeps it open beyond us, too: all accept from the one that there is.
            doors, reopens = [kept] * listening, False
        else:
            doors = await open_doors(server.host, server.port, listening) if listening else []
            reopens = listening > 1
        left = iter(doors)
        return [self._make_slot(seat, next(left) if seat.listens else None, reopens) for seat in taken]

    def _make_slot(self, seat: Seat, door: Door | None, reopens: bool) -> Slot:
        server = self._config.server
        reopen: Callable[[], Awaitable[Door]] | None = None
        if door is not None:
            self._url = door.url
            if reopens:
                port = int(door.url.rpartition(":")[2])
                reopen = partial(open_door, server.host, port, is_shared=True)
        grace = server.drain.total_seconds() + 2 * server.shutdown_grace.total_seconds()
        return Slot(
            seat,
            Orders(name=seat.name, parts=seat.parts, config=self._path, token=self._token),
            door,
            reopen,
            patience=grace + _TO_THE_END,
            one_at_a_time=self._one_works and Part.WORK in seat.parts,
        )

    async def _supervise(self) -> int:
        await asyncio.gather(*(slot.begin() for slot in self._slots))
        failed = await self._all_ready()
        keeping = [asyncio.create_task(slot.keep()) for slot in self._slots if not failed]
        if not failed and not self._stop.is_set():
            log.info("listening", url=self._url, processes=[slot.seat.name for slot in self._slots])
            tell("READY=1", f"STATUS=listening on {self._url} in {len(self._slots)} processes")
            await self._renew_until_stopped()
        log.info("stopping")
        tell("STOPPING=1", "STATUS=finishing what is under way")
        for slot in self._slots:
            slot.shut()
        for keeper in keeping:
            keeper.cancel()
        in_peace = await asyncio.gather(*(slot.stop() for slot in self._slots))
        log.info("stopped")
        return failed or (Exit.OK if all(in_peace) else Exit.NO)

    async def _all_ready(self) -> int:
        """Once all are ready, or it is stopped: 0; once one of them has failed: its exit code."""
        stopping = asyncio.create_task(self._stop.wait())
        getting_there = {asyncio.create_task(slot.child.reached(slot.child.ready)) for slot in self._slots}
        waiting = {stopping, *getting_there}
        while getting_there & waiting and not stopping.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if any(one is not stopping and not one.result() for one in done):
                break
        for one in waiting:
            one.cancel()
        ended = [await slot.child.ended() for slot in self._slots if slot.child.has_ended]
        return next((code if code > 0 else Exit.UNAVAILABLE for code in ended if code), 0)

    async def _renew_until_stopped(self) -> None:
        stopping = asyncio.create_task(self._stop.wait())
        while not self._stop.is_set():
            renewing = asyncio.create_task(self._renew.wait())
            await asyncio.wait({stopping, renewing}, return_when=asyncio.FIRST_COMPLETED)
            renewing.cancel()
            if self._renew.is_set() and not self._stop.is_set():
                self._renew.clear()
                work = asyncio.create_task(self._replace_all())
                await asyncio.wait({stopping, work}, return_when=asyncio.FIRST_COMPLETED)
                work.cancel()

    async def _replace_all(self) -> None:
        """One after the other, as long as each of the new ones becomes ready."""
        tell("RELOADING=1", f"MONOTONIC_USEC={int(asyncio.get_running_loop().time() * 1e6)}")
        if self._is_sound():
            log.info("replacing all processes, one by one")
            try:
                for slot in self._slots:
                    await slot.replace()
                    log.info("replaced", process=slot.seat.name, pid=slot.child.pid)
            except NotReplaced as failure:
                log.error("not replaced, the former ones go on", process=str(failure))  # noqa: TRY400
        tell("READY=1")

    def _is_sound(self) -> bool:
        """Whether the configuration of now can be worked with; if not, that is told."""
        try:
            now = load_installation(self._path).config
        except Exception as error:
            if told(error) is None:
                raise
            log.error("not replaced: the configuration has faults")  # noqa: TRY400  # which were told
            return False
        kept = ("role", "processes", "host", "port", "metrics_host", "metrics_port")
        changed = [name for name in kept if getattr(now.server, name) != getattr(self._written.server, name)]
        if changed:
            log.warning("takes a restart of the whole relay", keys=[f"server.{name}" for name in changed])
        return True
