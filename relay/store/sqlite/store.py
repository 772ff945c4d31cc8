"""The SQLite ledger behind the `Store` protocol: writes go to the writer, reads to a reader of their own."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import apsw

from relay.core.attribution import Maps
from relay.core.audit import Change, Entry
from relay.core.breaker import Health, State
from relay.core.budget import NO_BUDGETS, Budgets
from relay.core.hours import Hours
from relay.core.settlement import Settlement
from relay.core.suppression import Suppression
from relay.core.timing import NO_TIMINGS, Timings
from relay.core.traffic import EventType
from relay.store.base import (
    WITHOUT_MAPS,
    AttemptRecord,
    Claimed,
    ClaimedBatch,
    ClaimedRequest,
    Held,
    Incoming,
    InUse,
    Ledger,
    OpenBreaker,
    Quarantined,
    Rate,
    Store,
    StoreFault,
    Tally,
    TranslationRecord,
)
from relay.store.sqlite import (
    audit,
    batches,
    breakers,
    dead,
    hours,
    ledger,
    limits,
    requests,
    suppression,
    traffic,
    translations,
    unmapped,
)
from relay.store.sqlite.access import SqliteAccess
from relay.store.sqlite.alerts import SqliteAlerts
from relay.store.sqlite.claiming import Rules, claim_batches
from relay.store.sqlite.connection import connect, migrate
from relay.store.sqlite.job_store import SqliteJobs
from relay.store.sqlite.lists import SqliteLists
from relay.store.sqlite.reader import Reader
from relay.store.sqlite.repairs import SqliteRepairs
from relay.store.sqlite.watching import Watcher
from relay.store.sqlite.writer import Writer

T = TypeVar("T")


class SqliteStore(SqliteLists, Store):
    """One file, one process at work on it (`exclusive`); others may take in requests, read, and repair."""

    def __init__(self, path: Path, *, exclusive: bool) -> None:
        self._path = path
        self._lock = _lock(path) if exclusive else None
        try:
            with closing(connect(path)) as db:
                migrate(db)
        except BaseException as error:
            self._unlock()
            if isinstance(error, apsw.Error):
                raise StoreFault(f"store.path {path} cannot be used: {error}") from error
            raise
        self._writer = Writer(path)
        self._writer.start()
        self._reader = Reader(path, "relay-reader")
        self._desk = Reader(path, "relay-desk")
        self._watcher: Watcher | None = None
        self.access = SqliteAccess(self._reader.read, self._change)
        self.alerts = SqliteAlerts(self._reader.read, self._write)
        self.repairs = SqliteRepairs(self._reader.read, self._change)
        self.jobs = SqliteJobs(self._desk.read, self._change)

    async def _write(self, operation: Callable[[apsw.Connection], T]) -> T:
        written: T = await self._writer.run(operation)
        return written

    async def _change(self, operation: Callable[[apsw.Connection], T], by: Change | None) -> T:
        """What a person does, and who it was, in one transaction; nothing changed is nothing to tell of."""

        def both(db: apsw.Connection) -> T:
            result = operation(db)
            if by is not None and result:
                audit.add(db, by)
            return result

        changed: T = await self._writer.run(both)
        return changed

    async def add_request(self, incoming: Incoming) -> int:
        return await self._writer.add_request(incoming)

    async def add_quarantined(self, request: Quarantined, keep: int) -> None:
        await self._writer.run(lambda db: requests.add_quarantined(db, request, keep))

    async def claim_requests(
        self, now: int, lease_until: int, limit: int, busy: Collection[str] = ()
    ) -> list[ClaimedRequest]:
        claimed: list[ClaimedRequest] = await self._writer.run(
            lambda db: requests.claim(db, now, lease_until, limit, busy)
        )
        return claimed

    async def next_request_due(self, busy: Collection[str] = ()) -> int | None:
        return await self._reader.read(lambda db: requests.next_due(db, busy))

    async def save_translations(self, records: Sequence[TranslationRecord], now: int) -> Tally:
        tally: Tally = await self._writer.run(lambda db: translations.save_translations(db, records, now))
        return tally

    async def release_requests(self, ids: Sequence[int], now: int) -> None:
        await self._writer.run(lambda db: requests.release(db, ids, now))

    async def claim_batches(
        self,
        now: int,
        lease_until: int,
        linger: int,
        room: Mapping[str, int],
        *,
        timings: Timings = NO_TIMINGS,
        budgets: Budgets = NO_BUDGETS,
        replay_room: Mapping[str, int] | None = None,
    ) -> Claimed:
        rules = Rules(now, lease_until, linger, timings)
        replays = room if replay_room is None else replay_room
        claimed: Claimed = await self._writer.run(lambda db: claim_batches(db, rules, room, replays, budgets))
        return claimed

    async def settle(
        self, batch: ClaimedBatch, attempt: AttemptRecord, settlement: Settlement, now: int
    ) -> None:
        await self._writer.run(lambda db: batches.settle(db, batch, attempt, settlement, now))

    async def renew_requests(self, ids: Sequence[int], lease_until: int) -> None:
        await self._writer.run(lambda db: requests.renew(db, ids, lease_until))

    async def held(self) -> list[Held]:
        return await self._reader.read(batches.held)

    async def open_breakers(self) -> list[OpenBreaker]:
        return await self._reader.read(breakers.not_closed)

    async def looked(self, found: OpenBreaker, health: Health, now: int) -> State:
        state: State = await self._writer.run(lambda db: breakers.looked(db, found, health, now))
        return state

    async def spend_call(self, organization: str, now: int) -> None:
        await self._writer.run(lambda db: limits.spend(db, organization, 1, 0, now))

    async def rates(self, now: int) -> list[Rate]:
        return await self._reader.read(lambda db: limits.rates(db, now))

    async def resume(self, destination: str, sequence: str | None, by: Change | None = None) -> int:
        return await self._change(lambda db: batches.resume(db, destination, sequence), by)

    async def rescue_requests(self, now: int) -> int:
        rescued: int = await self._writer.run(lambda db: requests.rescue(db, now))
        return rescued

    async def rescue_batches(self, now: int, lease_until: int) -> list[ClaimedBatch]:
        rescued: list[ClaimedBatch] = await self._writer.run(
            lambda db: batches.rescue_batches(db, now, lease_until)
        )
        return rescued

    async def expire_leases(self) -> None:
        await self._writer.run(requests.expire_leases)

    async def request(self, number: int) -> Incoming | None:
        return await self._reader.read(lambda db: requests.one_request(db, number))

    async def retry_dead(
        self,
        letters: Sequence[str],
        now: int,
        maps: Mapping[str, Maps] = WITHOUT_MAPS,
        by: Change | None = None,
    ) -> list[str]:
        return await self._change(lambda db: dead.retry(db, letters, now, maps), by)

    async def release_mapped(self, maps: Mapping[str, Maps], now: int) -> int:
        released: int = await self._writer.run(lambda db: unmapped.release(db, maps, now))
        return released

    async def discard_dead(
        self, letters: Sequence[str], reason: str, now: int, by: Change | None = None
    ) -> list[str]:
        return await self._change(lambda db: dead.discard(db, letters, reason, now), by)

    async def quarantined(self, limit: int) -> list[tuple[int, Quarantined]]:
        return await self._reader.read(lambda db: requests.quarantined(db, limit))

    async def release_quarantined(
        self, entry: int, incoming: Incoming, by: Change | None = None
    ) -> int | None:
        return await self._change(lambda db: requests.release_quarantined(db, entry, incoming), by)

    async def suppress(self, entries: Collection[Suppression], now: int, by: Change | None = None) -> int:
        return await self._change(lambda db: suppression.put(db, entries, now), by)

    async def unsuppress(self, values: Sequence[str], by: Change | None = None) -> list[str]:
        return await self._change(lambda db: suppression.remove(db, values), by)

    async def audit_page(self, after: int, limit: int) -> list[Entry]:
        return await self._reader.read(lambda db: audit.page(db, after, limit))

    async def audit_newest(self, limit: int, before: int | None = None) -> list[Entry]:
        return await self._reader.read(lambda db: audit.newest(db, limit, before))

    async def suppressions(self, kind: str | None, after: str, limit: int, now: int) -> list[Suppression]:
        return await self._reader.read(lambda db: suppression.page(db, kind, after, limit, now))

    async def ledger(self) -> Ledger:
        return await self._desk.read(ledger.ledger)

    async def traffic(self) -> list[EventType]:
        return await self._reader.read(traffic.traffic)

    async def hours(self, first: int) -> Hours:
        return await self._desk.read(lambda db: hours.hours(db, first))

    async def watch(self) -> None:
        if self._watcher is None:
            self._watcher = Watcher(self._path)
        await self._watcher.changed()

    async def close(self) -> None:
        if self._watcher is not None:
            self._watcher.close()
        await self._writer.close()
        await self._reader.close()
        await self._desk.close()
        self._unlock()

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)


def _lock(path: Path) -> int:
    """Hold the work for this process; a lock dies with its holder, so a crash leaves nothing behind."""
    try:
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreFault(f"store.path {path} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
        os.close(lock)
        raise InUse(
            f"another relay (process {holder or 'unknown'}) works on the ledger store.path {path}: stop it "
            "first, or start this one with --role intake or --role web, which go beside it"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock
