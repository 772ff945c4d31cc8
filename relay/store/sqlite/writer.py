"""Group commit: everything that waits is committed together by one thread, then all waiters are told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import apsw

from relay.store.base import Incoming, StoreFault
from relay.store.queries import queries
from relay.store.sql.database import for_rows
from relay.store.sqlite.connection import Connection, connect
from relay.store.sqlite.group import Group, Hand, Operation
from relay.store.sqlite.turn import PATIENCE, Turn, late

SQL = queries("relay.store.sql", "requests")
_LARGEST_INSERT = 64
NEW_PAGES = 500
"""After so many with new requests the log is copied into the file, beside the commits: never much at once."""

LOG_PAGES = 8000
"""At this length it is copied in any case, and begins anew, for which one commit has to wait: pages that are
changed again and again are copied once."""

_FEW_PAGES = 64
_NICENESS = 5
_CACHE = 16384
"""Kilobytes: the pages that all writing meets."""


class Writer:
    """The only connection that writes. The event loop fills a group while the thread commits the last one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._group = Group()
        self._under_way = self._group
        self._late: asyncio.TimerHandle | None = None
        self._hangs = False
        self._busy = False
        self._work: SimpleQueue[Group | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="relay-writer", daemon=True)
        self._turn = Turn(path)
        self._checkpointer = Checkpointer(path)
        self._closing = False

    def start(self) -> None:
        self._thread.start()
        self._checkpointer.start()

    def add_request(self, incoming: Incoming) -> asyncio.Future[int]:
        """The id of the request, once it is durable."""
        future: asyncio.Future[int] = self._loop.create_future()
        group = self._group
        group.requests.append(incoming)
        group.durably = True
        group.accepted.append(future)
        if not self._busy:
            self._schedule()
        return future

    def run(self, operation: Operation, *, durably: bool = True) -> asyncio.Future[Any]:
        """What the operation returned, once what it wrote is committed. It is undone alone if it fails."""
        future: asyncio.Future[Any] = self._loop.create_future()
        self._group.operations.append(operation)
        self._group.done.append(future)
        self._group.durably |= durably
        self._schedule()
        return future

    def _schedule(self) -> None:
        if self._closing:
            raise StoreFault("the store is closed")
        if not self._busy:
            self._busy = True
            # Later in this turn of the loop: what else arrives in it shares the commit.
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._under_way, self._group = self._group, Group()
        self._late = self._loop.call_later(PATIENCE, self._give_up)
        self._work.put(self._under_way)

    def _give_up(self) -> None:
        """Whoever waits hears that the turn does not come. The thread waits on."""
        if self._under_way.falls_to(Hand.LOOP):
            self._hangs = True
            fault = late(self._path)
            waiting, self._group = self._group, Group()
            for group in (self._under_way, waiting):
                group.fail(fault)
        self._late = self._loop.call_later(PATIENCE, self._give_up)

    def _finished(self, group: Group, ids: range | StoreFault, results: list[Any]) -> None:
        self._hangs = False
        if self._late is not None:
            self._late.cancel()
        group.settle(ids, results)
        # After the answers: the thread would wait for this core, and what comes till then shares the commit.
        self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if self._group.requests or self._group.operations:
            self._hand_over()
        else:
            self._busy = False

    def _run(self) -> None:
        db = connect(self._path, cache=_CACHE)
        db.set_wal_hook(self._checkpointer.after_commit)
        try:
            while (group := self._work.get()) is not None:
                self._checkpointer.brings_requests = not group.operations
                with self._turn.taken():
                    ids, results = self._commit(db, group)
                with contextlib.suppress(RuntimeError):  # a loop that is closed has waited for nothing
                    self._loop.call_soon_threadsafe(self._finished, group, ids, results)
        finally:
            db.close()
            self._turn.close()

    def _commit(self, db: Connection, group: Group) -> tuple[range | StoreFault, list[Any]]:
        if group.falls_to(Hand.WRITER):
            return _commit(db, group)
        return late(self._path), [None] * len(group.operations)

    async def close(self) -> None:
        """Commit what waits, then stop. Nobody waits for ever for a process that hangs."""
        while self._busy and not self._hangs:
            with contextlib.suppress(StoreFault):
                await self.run(lambda _db: None)
            await asyncio.sleep(0)  # whether anything else waits is seen after the answers
        self._closing = True
        if self._late is not None:
            self._late.cancel()
        self._work.put(None)
        if not self._hangs:
            await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._checkpointer.stop)


def _commit(db: Connection, group: Group) -> tuple[range | StoreFault, list[Any]]:
    try:
        db.wait_for_disk(wait=group.durably)
        db.execute("BEGIN IMMEDIATE")
        ids = insert_requests(db, group.requests)
        results = [_guarded(db, operation) for operation in group.operations]
        db.execute("COMMIT")
    except Exception as error:  # noqa: BLE001  # the thread must go on, and every waiter must hear of it
        if db.in_transaction:
            with contextlib.suppress(apsw.Error):  # SQLite rolls back by itself where it cannot go on
                db.execute("ROLLBACK")
        fault = StoreFault(f"the ledger cannot be written: {error}")
        return fault, [fault] * len(group.operations)
    return ids, results


def _guarded(db: apsw.Connection, operation: Operation) -> Any:
    """The operation's result, or what it raised: its own writes are undone, its neighbours' stay."""
    db.execute("SAVEPOINT operation")
    try:
        result = operation(db)
    except (apsw.FullError, apsw.IOError):
        raise
    except Exception as error:  # noqa: BLE001  # handed to the one who asked
        db.execute("ROLLBACK TO operation")
        result = (
            StoreFault(f"the ledger cannot be written: {error}") if isinstance(error, apsw.Error) else error
        )
    db.execute("RELEASE operation")
    return result


def insert_requests(db: apsw.Connection, requests: list[Incoming]) -> range:
    """The new ids, in order. Few statements: between two of them the thread waits for the interpreter."""
    if not requests:
        return range(0)
    for start in range(0, len(requests), _LARGEST_INSERT):
        some = requests[start : start + _LARGEST_INSERT]
        db.execute(for_rows(SQL["insert"], len(some)), tuple(chain.from_iterable(some)))
    last = db.last_insert_rowid()
    ids = range(last - len(requests) + 1, last + 1)
    db.execute(SQL["insert_states"], (ids[0], ids[-1]))
    return ids


class Checkpointer:
    """Copies the write-ahead log into the file from a thread of its own, so that no commit waits for it.

    Under load there is always a commit that came since, and the log would grow for ever: once it is long and
    all but a little is copied, the writer copies the rest, and begins the log anew.
    """

    def __init__(self, path: Path) -> None:
        self.brings_requests = False
        """Whether that is all that the commit under way does."""
        self._path = path
        self._due = threading.Event()
        self._pages = 0
        self._new = 0
        self._copied = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="relay-checkpoint", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def after_commit(self, db: apsw.Connection, _name: str, pages: int) -> int:
        """In the writer's thread. `pages`: how long the log is."""
        if pages < self._pages:  # it began anew
            self._pages = self._copied = 0
        if self.brings_requests:
            self._new += pages - self._pages
        self._pages = pages
        if pages > LOG_PAGES and (pages - self._copied < _FEW_PAGES or pages > 4 * LOG_PAGES):
            _checkpoint(db)
        elif self._new > NEW_PAGES or pages > LOG_PAGES:
            self._due.set()
        return apsw.SQLITE_OK

    def _run(self) -> None:
        # Where cores are scarce it takes a little all the time, and not every turn for a while.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        db = connect(self._path)
        try:
            while not self._stopping:
                self._due.wait()
                self._due.clear()
                self._new = 0
                copied = _checkpoint(db)
                if copied <= self._pages:
                    self._copied = copied
        finally:
            db.close()

    def stop(self) -> None:
        self._stopping = True
        self._due.set()
        self._thread.join()


def _checkpoint(db: apsw.Connection) -> int:
    """How many pages of the log are in the file by now."""
    try:
        _, copied = db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
    except apsw.Error:
        # Busy under many commits, or no room: nothing is lost, and the next commit asks again.
        return 0
    return copied
