"""Telling those who wait for what was committed."""

from __future__ import annotations

import asyncio
from typing import Any


def resolve(future: asyncio.Future[Any], result: object) -> None:
    """The result, or the exception that it is. Who went away is told nothing; what was done stays done."""
    if future.done():
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
