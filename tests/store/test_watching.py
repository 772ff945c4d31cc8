"""Seeing what others write: whoever watches a ledger learns of every change, and of nothing else."""

from __future__ import annotations

import asyncio

from relay.store import Store
from tests.factories import incoming
from tests.store.conftest import Engine


async def watching(store: Store) -> asyncio.Task[None]:
    """Somebody who has seen everything so far."""
    await store.watch()
    watch = asyncio.create_task(store.watch())
    await asyncio.wait([watch], timeout=0)
    return watch


async def test_a_change_by_another_process_is_seen(engine: Engine) -> None:
    async with engine.open() as store, engine.open(exclusive=False) as other:
        watch = await watching(store)
        await other.add_request(incoming())
        async with asyncio.timeout(10):
            await watch


async def test_what_only_reads_is_no_change(engine: Engine) -> None:
    async with engine.open() as store, engine.open(exclusive=False) as other:
        watch = await watching(store)
        for _ in range(20):
            await other.ledger()
            await other.claim_requests(0, 1, 10)
        await asyncio.wait([watch], timeout=0.1)
        assert not watch.done()
        watch.cancel()


async def test_whoever_begins_to_watch_looks_at_once(engine: Engine) -> None:
    """What was written before could have been missed."""
    async with engine.open() as store, asyncio.timeout(10):
        await store.watch()
