"""Repair of dead letters one by one, on the connections of a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relay.core.attribution import Maps
from relay.core.audit import Change
from relay.core.contact import Contact
from relay.core.correction import Correction
from relay.core.repair import DeadEnrollment, Outlook, ParkedEvent
from relay.store.repairs import RepairStore
from relay.store.sql import corrections, dead
from relay.store.sql.engine import Run, Write


class SqlRepairs(RepairStore):
    def __init__(self, read: Run, write: Write) -> None:
        self._read = read
        self._write = write

    async def dead_enrollments(self, letters: Sequence[str]) -> list[DeadEnrollment]:
        return await self._read(lambda db: corrections.dead_enrollments(db, letters))

    async def parked_event(self, letter: str) -> ParkedEvent | None:
        return await self._read(lambda db: dead.parked_event(db, letter))

    async def outlook(
        self, letter: str, contact: Contact, now: int, maps: Mapping[str, Maps]
    ) -> Outlook | None:
        return await self._read(lambda db: corrections.outlook(db, letter, contact, now, maps))

    async def correct(self, letter: str, made: Correction, by: Change | None = None) -> bool:
        return await self._write(lambda db: corrections.correct(db, letter, made), by)

    async def mark_delivered(
        self, letters: Sequence[str], reason: str, by: Change | None = None
    ) -> list[str]:
        who = by.who if by else None
        return await self._write(lambda db: dead.mark_delivered(db, letters, reason, who), by)
