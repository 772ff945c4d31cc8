"""The ledger in SQL behind the `Store` protocol, whichever engine carries it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

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
    Ledger,
    OpenBreaker,
    Quarantined,
    Rate,
    Spooled,
    Store,
    Tally,
    TranslationRecord,
)
from relay.store.sql import (
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
from relay.store.sql.access import SqlAccess
from relay.store.sql.alerts import SqlAlerts
from relay.store.sql.claiming import Rules, claim_batches
from relay.store.sql.database import Database
from relay.store.sql.engine import Engine
from relay.store.sql.forgetting import SqlForgetting
from relay.store.sql.job_store import SqlJobs
from relay.store.sql.lists import SqlLists
from relay.store.sql.nodes import SqlNodes
from relay.store.sql.repairs import SqlRepairs
from relay.store.sql.retention_store import SqlRetention
from relay.store.sql.spooled import add_spooled

T = TypeVar("T")


class SqlStore(SqlLists, Store):
    """Everything that is written is written by operations on the engine's connections."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.is_shared = engine.is_shared
        self._read = engine.read
        self._write = engine.write
        # What is read again from its request: nothing is sent for it before something durable was written.
        self._write_soon = engine.write_soon
        self.access = SqlAccess(engine.read, self._change)
        self.alerts = SqlAlerts(engine.read, engine.write)
        self.nodes = SqlNodes(engine.read, engine.claim)
        self.repairs = SqlRepairs(engine.read, self._change)
        self.jobs = SqlJobs(engine.look, self._change)
        self.retention = SqlRetention(engine.look, engine.write)
        self.forgetting = SqlForgetting(engine.look, engine.write)

    async def _change(self, operation: Callable[[Database], T], by: Change | None) -> T:
        """What a person does, and who it was, in one transaction; nothing changed is nothing to tell of."""

        def both(db: Database) -> T:
            result = operation(db)
            if by is not None and result:
                audit.add(db, by)
            return result

        return await self._write_and_tell(both)

    async def _write_and_tell(self, operation: Callable[[Database], T]) -> T:
        """What is done changes what there is to do, also for others."""
        written = await self._write(operation)
        if written:
            self._engine.tell()
        return written

    def add_request(self, incoming: Incoming) -> asyncio.Future[int]:
        return self._engine.add_request(incoming)

    async def add_spooled(self, spooled: Spooled, now: int) -> int:
        return await self._write_and_tell(lambda db: add_spooled(db, spooled, now))

    async def add_quarantined(self, request: Quarantined, keep: int) -> None:
        await self._write(lambda db: requests.add_quarantined(db, request, keep))

    async def claim_requests(
        self, now: int, lease_until: int, limit: int, busy: Collection[str] = ()
    ) -> list[ClaimedRequest]:
        return await self._engine.claim(lambda db: requests.claim(db, now, lease_until, limit, busy))

    async def next_request_due(self, busy: Collection[str] = ()) -> int | None:
        return await self._read(lambda db: requests.next_due(db, busy))

    async def save_translations(self, records: Sequence[TranslationRecord], now: int) -> Tally:
        tally = await self._write_soon(lambda db: translations.save_translations(db, records, now))
        if tally.enrollments:
            self._engine.tell()
        return tally

    async def release_requests(self, ids: Sequence[int], now: int) -> None:
        await self._write_soon(lambda db: requests.release(db, ids, now))

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
        return await self._write(lambda db: claim_batches(db, rules, room, replays, budgets))

    async def settle(
        self, batch: ClaimedBatch, attempt: AttemptRecord, settlement: Settlement, now: int
    ) -> None:
        await self._write(lambda db: batches.settle(db, batch, attempt, settlement, now))

    async def renew_requests(self, ids: Sequence[int], lease_until: int) -> None:
        await self._write_soon(lambda db: requests.renew(db, ids, lease_until))

    async def held(self) -> list[Held]:
        return await self._read(batches.held)

    async def open_breakers(self) -> list[OpenBreaker]:
        return await self._read(breakers.not_closed)

    async def looked(self, found: OpenBreaker, health: Health, now: int) -> State:
        return await self._write_and_tell(lambda db: breakers.looked(db, found, health, now))

    async def spend_call(self, organization: str, now: int) -> None:
        await self._write(lambda db: limits.spend(db, organization, 1, 0, now))

    async def rates(self, now: int) -> list[Rate]:
        return await self._read(lambda db: limits.rates(db, now))

    async def resume(self, destination: str, sequence: str | None, by: Change | None = None) -> int:
        return await self._change(lambda db: batches.resume(db, destination, sequence), by)

    async def rescue_requests(self, now: int) -> int:
        return await self._write_soon(lambda db: requests.rescue(db, now))

    async def rescue_batches(self, now: int, lease_until: int) -> list[ClaimedBatch]:
        return await self._write(lambda db: batches.rescue_batches(db, now, lease_until))

    async def expire_leases(self) -> None:
        await self._write(requests.expire_leases)

    async def request(self, number: int) -> Incoming | None:
        return await self._read(lambda db: requests.one_request(db, number))

    async def retry_dead(
        self,
        letters: Sequence[str],
        now: int,
        maps: Mapping[str, Maps] = WITHOUT_MAPS,
        by: Change | None = None,
    ) -> list[str]:
        return await self._change(lambda db: dead.retry(db, letters, now, maps), by)

    async def release_mapped(self, maps: Mapping[str, Maps], now: int) -> int:
        return await self._write_and_tell(lambda db: unmapped.release(db, maps, now))

    async def discard_dead(
        self, letters: Sequence[str], reason: str, now: int, by: Change | None = None
    ) -> list[str]:
        return await self._change(lambda db: dead.discard(db, letters, reason, now), by)

    async def quarantined(self, limit: int) -> list[tuple[int, Quarantined]]:
        return await self._read(lambda db: requests.quarantined(db, limit))

    async def release_quarantined(
        self, entry: int, incoming: Incoming, by: Change | None = None
    ) -> int | None:
        return await self._change(lambda db: requests.release_quarantined(db, entry, incoming), by)

    async def suppress(self, entries: Collection[Suppression], now: int, by: Change | None = None) -> int:
        return await self._change(lambda db: suppression.put(db, entries, now), by)

    async def unsuppress(self, values: Sequence[str], by: Change | None = None) -> list[str]:
        return await self._change(lambda db: suppression.remove(db, values), by)

    async def audit_page(self, after: int, limit: int) -> list[Entry]:
        return await self._read(lambda db: audit.page(db, after, limit))

    async def audit_newest(self, limit: int, before: int | None = None) -> list[Entry]:
        return await self._read(lambda db: audit.newest(db, limit, before))

    async def suppressions(self, kind: str | None, after: str, limit: int, now: int) -> list[Suppression]:
        return await self._read(lambda db: suppression.page(db, kind, after, limit, now))

    async def ledger(self) -> Ledger:
        return await self._engine.look(ledger.ledger)

    async def traffic(self) -> list[EventType]:
        return await self._read(traffic.traffic)

    async def hours(self, first: int) -> Hours:
        return await self._engine.look(lambda db: hours.hours(db, first))

    async def watch(self) -> None:
        await self._engine.watch()

    async def ahead(self) -> float:
        return await self._engine.ahead()

    async def close(self) -> None:
        await self._engine.close()
