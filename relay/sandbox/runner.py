"""The background job: takes steps off the agenda when they are due and posts what follows."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import aiohttp

from relay.sandbox.steps import plan_next, run_step

if TYPE_CHECKING:
    from relay.sandbox.outgoing import Post, Thread
    from relay.sandbox.schedule import Due
    from relay.sandbox.state import Sandbox
    from relay.sandbox.world import World

CONNECTIONS = 20


class Runner:
    """Runs steps and posts callbacks until it is cancelled."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._working = 0

    def wake(self) -> None:
        """Say that the agenda or the outbox may have something new."""
        self._idle.clear()
        self._wake.set()

    async def settled(self) -> None:
        """Wait until nothing is due and every post has ended."""
        self.wake()
        await self._idle.wait()

    async def run(self) -> None:
        """Work until cancelled; posts under way are given up then."""
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        # What one receiver sets must not travel to the next.
        jar = aiohttp.DummyCookieJar()
        async with (
            aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session,
            asyncio.TaskGroup() as group,
        ):
            while True:
                self._wake.clear()
                self._start_due(session, group)
                if not self._working:
                    self._idle.set()
                await self._nap()

    def _start_due(self, session: aiohttp.ClientSession, group: asyncio.TaskGroup) -> None:
        world, now = self._sandbox.world, self._sandbox.clock()
        for due in world.agenda.take(now):
            self._working += 1
            group.create_task(self._perform(session, world, due, now))
        while world.outbox:
            self._working += 1
            group.create_task(self._send(session, world.outbox.popleft()))

    async def _perform(self, session: aiohttp.ClientSession, world: World, due: Due, now: float) -> None:
        """One step: its callbacks have ended, well or badly, before the next step is planned.

        `world` is the one that the step belongs to: a reset may have put another in its place.
        """
        threads = run_step(world, self._sandbox.switches, due, now)
        await asyncio.gather(*(_post_in_order(session, thread) for thread in threads))
        plan_next(world, self._sandbox.switches, due, now)
        self._done()

    async def _send(self, session: aiohttp.ClientSession, thread: Thread) -> None:
        await _post_in_order(session, thread)
        self._done()

    def _done(self) -> None:
        self._working -= 1
        self._wake.set()

    async def _nap(self) -> None:
        next_at = self._sandbox.world.agenda.next_at
        wait = None if next_at is None else max(0.0, next_at - self._sandbox.clock())
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._wake.wait()


async def _post_in_order(session: aiohttp.ClientSession, thread: Thread) -> None:
    for post in thread:
        await _post(session, post)


async def _post(session: aiohttp.ClientSession, post: Post) -> None:
    """One attempt; the documents call a failure non-fatal and name no retry."""
    headers = {"Content-Type": "application/json", **post.headers}
    timeout = aiohttp.ClientTimeout(total=post.timeout)
    with suppress(aiohttp.ClientError, TimeoutError, OSError, ValueError):
        async with session.post(post.url, data=post.body, headers=headers, timeout=timeout) as got:
            await got.read()
