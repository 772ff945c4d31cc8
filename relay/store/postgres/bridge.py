"""Lets operations of the store, which know nothing of an event loop, wait for a database on one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

T = TypeVar("T")


async def operate(operation: Callable[[], T]) -> T:
    """What the operation returns; the loop goes on whenever the operation waits."""
    task = getcurrent()
    worker = greenlet(operation)
    worker.gr_context = task.gr_context
    step = worker.switch()
    while not worker.dead:
        try:
            answer = await step
        except BaseException as error:  # noqa: BLE001  # a cancellation, too, belongs to whoever waits
            step = worker.throw(error)
        else:
            step = worker.switch(answer)
    result: T = step
    return result


def wait_for(answer: Awaitable[T]) -> T:
    """The answer, in an operation that was begun by `operate`."""
    task = getcurrent().parent
    if task is None:
        raise RuntimeError("statements run inside an operation alone")
    found: Any = task.switch(answer)
    result: T = found
    return result
