"""Takes on requests and claims some of them until it is killed: `python -m tests.store.killed FILE`.

Prints the id of each request once it is acknowledged.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from relay.store import Store, open_store
from tests.factories import incoming
from tests.store.desk import Desk

ENOUGH = 500


async def send(store: Store) -> None:
    """A sender that never stops."""
    while True:
        number = await store.add_request(incoming())
        # Straight to the system: what stands in a buffer of ours would die with us.
        os.write(sys.stdout.fileno(), b"%d\n" % number)
        if number == ENOUGH:
            os.kill(os.getpid(), signal.SIGKILL)


async def read(desk: Desk) -> None:
    """A reader that never finishes."""
    while True:
        await desk.claim(limit=3)


async def main(path: Path) -> None:
    async with open_store(path, exclusive=True) as store:
        await asyncio.gather(read(Desk(store)), *(send(store) for _ in range(8)))


asyncio.run(main(Path(sys.argv[1])))
