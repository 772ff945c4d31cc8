"""The ways to read and to write that a store lends to its parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import apsw

from relay.core.audit import Change

T = TypeVar("T")


class Read(Protocol):
    async def __call__(self, operation: Callable[[apsw.Connection], T]) -> T: ...


class Write(Protocol):
    """Writes what is changed, and who changed it if it was a person, in one transaction."""

    async def __call__(self, operation: Callable[[apsw.Connection], T], by: Change | None) -> T: ...
