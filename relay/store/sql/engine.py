"""What carries the transactions of a ledger, and what a store lends of it to its parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from relay.core.audit import Change
from relay.store.base import Incoming
from relay.store.sql.database import Database

T = TypeVar("T")


class Run(Protocol):
    """Runs an operation, which may be run again where the engine had to undo it."""

    async def __call__(self, operation: Callable[[Database], T], /) -> T: ...


class Write(Protocol):
    """Writes what is changed, and who changed it if it was a person, in one transaction."""

    async def __call__(self, operation: Callable[[Database], T], by: Change | None, /) -> T: ...


class Engine(Protocol):
    """The ways to one ledger. Each raises `StoreFault` where the ledger cannot be used."""

    is_shared: bool
    """Whether several nodes may be at work on it."""

    def add_request(self, incoming: Incoming) -> asyncio.Future[int]:
        """The id of a request, once it is durable."""
        ...

    async def write(self, operation: Callable[[Database], T], /) -> T:
        """What the operation returns, once what it wrote is durable. No two run at the same time."""
        ...

    async def write_soon(self, operation: Callable[[Database], T], /) -> T:
        """As `write`, but it need not be on disk yet: a power failure may undo it, with all that came after.

        Whatever is written durably later makes it durable as well.
        """
        ...

    async def claim(self, operation: Callable[[Database], T], /) -> T:
        """As `write_soon`, where the rows that are taken are locked, and those of others passed over."""
        ...

    async def read(self, operation: Callable[[Database], T], /) -> T:
        """A short look."""
        ...

    async def look(self, operation: Callable[[Database], T], /) -> T:
        """A look that may be long, at one moment of the ledger."""
        ...

    async def ahead(self) -> float:
        """How many seconds the ledger's clock is ahead of this machine's."""
        ...

    def tell(self) -> None:
        """There may be something to do now for processes that watch, if the engine does not see it itself."""
        ...

    async def watch(self) -> None:
        """Returns once another process may have written something since the last call; the first at once."""
        ...

    async def close(self) -> None: ...
