"""Spools on a disk that is full for a while: `python -m tests.spool.full_disk FOLDER`.

Prints the number of each request that was acknowledged, in order. A process of its own, since the limit that
stands for the disk holds for a whole process.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from relay.clock import SystemClock
from relay.spool.spool import Spool
from relay.store.base import StoreFault
from tests.factories import incoming


async def add(spool: Spool, numbers: range) -> list[int]:
    """Those that were taken."""
    requests = [incoming(body=b"%d" % number, headers=bytes(1000)) for number in numbers]
    told = await asyncio.gather(*map(spool.add, requests), return_exceptions=True)
    assert all(one is None or isinstance(one, StoreFault) for one in told)
    return [number for number, one in zip(numbers, told, strict=True) if one is None]


def allow(size: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


async def main(folder: Path) -> None:
    spool = Spool(folder, 1 << 30, SystemClock())
    await spool.open()
    acknowledged = await add(spool, range(10))
    allow(15_500)
    assert await add(spool, range(10, 20)) == []
    assert not spool.has_room()
    allow(resource.RLIM_INFINITY)
    acknowledged += await add(spool, range(20, 30))
    assert len(acknowledged) == 20
    assert spool.has_room()
    await spool.close()
    print(*acknowledged)  # noqa: T201  # the answer to the test that started this


asyncio.run(main(Path(sys.argv[1])))
