"""Runs a ledger on a disk that is full for a while: `python -m tests.store.full_disk FILE`.

Prints the ids of the requests that were acknowledged; fails where the relay would do wrong. A process of its
own, since the limit that stands for the disk holds for a whole process.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from relay.store import Store, open_store
from relay.store.base import StoreFault
from tests.factories import incoming

LARGE = incoming(body=bytes(64 * 1024))


async def fill(store: Store) -> list[int]:
    """Add requests until there is no room; the ids of those that were taken."""
    acknowledged = []
    for _ in range(1000):
        try:
            acknowledged.append(await store.add_request(LARGE))
        except StoreFault:
            return acknowledged
    raise AssertionError("the disk was never full")


async def add_some(store: Store, count: int) -> list[int]:
    return list(await asyncio.gather(*(store.add_request(LARGE) for _ in range(count))))


def size_of(path: Path) -> int:
    return path.stat().st_size


def allow(size: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


async def copied(store: Store, path: Path, size: int) -> list[int]:
    """Add requests until the log is copied into the file again."""
    acknowledged = []
    async with asyncio.timeout(30):
        while size_of(path) <= size:
            acknowledged += await add_some(store, 10)
    return acknowledged


async def main(path: Path) -> None:
    async with open_store(path, exclusive=True) as store:
        acknowledged = await add_some(store, 200)
    size = size_of(path)
    # The log has room to grow past the point where it is copied, and the file has no room for the copy.
    allow(size)
    async with open_store(path, exclusive=True) as store:
        acknowledged += await fill(store)
        assert await fill(store) == []
        assert (await store.ledger()).faults() == []
        allow(resource.RLIM_INFINITY)
        acknowledged += await copied(store, path, size)
    print(*acknowledged)  # noqa: T201  # the answer to the test that started this


asyncio.run(main(Path(sys.argv[1])))
