"""Forgetting a person, a bounded step at a time: first what is linked to the address, then what names it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import orjson

from relay.core.audit import Change, about
from relay.core.forgetting import FORGOTTEN, START, Phase, Place, Traces, names
from relay.core.record import contact_key
from relay.store.forgetting import ForgettingStore
from relay.store.queries import queries
from relay.store.sql import audit, dead
from relay.store.sql.database import Database, Row, json_list, rows
from relay.store.sql.engine import Run
from relay.store.sql.people import corrected_from
from relay.store.sql.retention import cut_batches, cut_requests

SQL = queries("relay.store.sql", "forgetting")
LISTS = queries("relay.store.sql", "lists")
RETENTION = queries("relay.store.sql", "retention")

MOST = 200
"""Of anything, in one step."""

_MOST_BYTES = 8 * 1024**2
_REASON = "the person was forgotten"
_CONTACT = orjson.dumps({"email": FORGOTTEN})


class SqlForgetting(ForgettingStore):
    def __init__(self, look: Run, write: Run) -> None:
        self._look = look
        self._write = write

    async def look(self, address: str, place: Place = START) -> Traces:
        return await self._look(lambda db: _Step(db, address).taken(place))

    async def forget(self, address: str, now: int, place: Place = START, by: Change | None = None) -> Traces:
        if place.phase is Phase.REQUESTS:
            # What has to be read for it may be much, and nobody who writes should wait for that.
            found = await self._look(lambda db: _Step(db, address).taken(place))
            if not found.counts and not found.left:
                return found

        def step(db: Database) -> Traces:
            traces = _Step(db, address, now).taken(place)
            if by is not None and traces.counts:
                audit.add(db, about(by, **traces.counts))
            return traces

        return await self._write(step)


@dataclass(slots=True)
class _Step:
    """One step for one address; without `now` it only looks."""

    db: Database
    address: str
    now: int | None = None
    _named: Callable[[bytes], bool] = field(init=False)
    _counts: Counter[str] = field(default_factory=Counter)
    _left: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._named = names(self.address)

    def taken(self, place: Place) -> Traces:
        steps = {
            Phase.ENROLLMENTS: self._enrollments,
            Phase.REQUESTS: self._requests,
            Phase.QUARANTINE: self._quarantine,
            Phase.JOBS: self._jobs,
        }
        seen = steps[place.phase](place.seen)
        following = place._replace(seen=seen) if seen is not None else _after(place.phase)
        return Traces(+self._counts, +self._left, following)

    def _enrollments(self, seen: int) -> int | None:
        """What is linked to the address: enrollments, their calls and corrections, and their requests."""
        keys = [
            contact_key(destination, sequence, self.address).hex()
            for destination, sequence in rows(self.db, LISTS["sequences"])
        ]
        values = {"keys": json_list(keys), "seen": seen, "most": MOST}
        ids = [number for (number,) in rows(self.db, SQL["of_keys"], values)]
        before = [] if seen else corrected_from(self.db, self.address, MOST)
        people = {"ids": json_list({*ids, *before}), "forgotten": FORGOTTEN}
        found = rows(self.db, SQL["people"], people)
        self._left["being sent"] += sum(state == "sending" for _, state, *_ in found)
        over = [entry for entry in found if entry[1] != "sending"]
        if over:
            self._erase(over)
        return ids[-1] if len(ids) == MOST else None

    def _erase(self, found: Sequence[Row]) -> None:
        enrollments = [number for number, *_ in found]
        states = Counter(state for _, state, *_ in found)
        batches = {batch for _, _, batch, _ in found if batch is not None}
        batches.update(b for (b,) in rows(self.db, SQL["former_batches"], (json_list(enrollments),)))
        closed = [number for (number,) in rows(self.db, SQL["closed_batches"], (json_list(batches),))]
        corrections = rows(self.db, SQL["corrections"], (json_list(enrollments),))
        self._counts.update(
            {
                "enrollments": len(found),
                "waiting": states["waiting"],
                "dead letters": states["dead"],
                "calls": len(closed),
                "corrections": len(corrections),
            }
        )
        requests = {request for *_, request in found}
        if self.now is not None:
            self._erase_people(enrollments, [number for number, state, *_ in found if state == "dead"])
            cut_batches(self.db, closed)
            self._execute("erase_errors", closed)
            self._cut(requests)
        else:
            # Whatever names the person is found, and counted, in the phase after this one.
            self._cut(requests - self._naming(rows(self.db, SQL["named_requests"], (json_list(requests),))))

    def _erase_people(self, enrollments: Sequence[int], dead_ones: Sequence[int]) -> None:
        now = self.now or 0
        self.db.execute(SQL["withhold"], {"ids": json_list(enrollments), "now": now, "reason": _REASON})
        dead.discard(self.db, [f"dead-{number}" for number in dead_ones], _REASON, now)
        self.db.execute(RETENTION["remove_corrections"], (json_list(enrollments),))
        values = {"ids": json_list(enrollments), "forgotten": FORGOTTEN, "contact": _CONTACT}
        self.db.execute(SQL["erase_enrollments"], values)
        self._execute("erase_deliveries", enrollments)

    def _cut(self, requests: Collection[int]) -> None:
        """Cut requests whole, whoever else is in them; what could not be read of them never can be."""
        if not requests:
            return
        read = [number for (number,) in rows(self.db, SQL["read_requests"], (json_list(requests),))]
        self._left["being read"] += len(requests) - len(read)
        parked = [number for (number,) in rows(self.db, SQL["parked"], (json_list(read),))]
        self._counts["dead letters"] += len(parked)
        if self.now is None:
            self._counts["requests"] += len(read)
            return
        dead.discard(self.db, [f"parked-{number}" for number in parked], _REASON, self.now)
        self._counts["requests"] += cut_requests(self.db, read)["bodies"]
        self._execute("erase_events", read)

    def _execute(self, statement: str, ids: Collection[int]) -> None:
        values = {"ids": json_list(ids), "address": self.address, "forgotten": FORGOTTEN}
        self.db.execute(SQL[statement], values)

    def _requests(self, seen: int) -> int | None:
        """What names the address, whether anybody was enrolled because of it or not."""
        ids: list[int] = []
        size = 0
        for number, length in rows(self.db, SQL["requests"], {"seen": seen, "most": MOST}):
            size += length
            if ids and size > _MOST_BYTES:
                break
            ids.append(number)
        found = rows(self.db, SQL["named_requests"], (json_list(ids),))
        self._cut(self._naming([entry for entry in found if entry[2]]))
        return ids[-1] if ids else None

    def _naming(self, found: Sequence[Row]) -> set[int]:
        naming = self._with_the_name(found)
        events = rows(self.db, SQL["events"], (json_list(number for number, *_ in found),))
        for request, key, reason, detail in events:
            if self._named(f"{key} {reason}".encode() + b" " + (detail or b"")):
                naming.add(request)
        return naming

    def _with_the_name(self, found: Iterable[Row]) -> set[int]:
        return {
            number
            for number, query, headers, body in found
            if self._named(b" ".join((query.encode(), headers, body)))
        }

    def _quarantine(self, seen: int) -> int | None:
        found = rows(self.db, SQL["quarantined"], {"seen": seen, "most": MOST})
        naming = self._with_the_name(found)
        self._counts["quarantined"] += len(naming)
        if self.now is not None:
            self.db.execute(SQL["remove_quarantined"], (json_list(naming),))
        return found[-1][0] if found else None

    def _jobs(self, seen: int) -> int | None:
        """Orders may choose letters by a person, or correct them to an address."""
        found = rows(self.db, SQL["jobs"], {"seen": seen, "most": MOST})
        for number, plan, ended_at in found:
            if not self._named(plan):
                continue
            if ended_at is None:
                self._left["jobs"] += 1
                continue
            self._counts["jobs"] += 1
            if self.now is not None:
                text = re.sub(re.escape(self.address), FORGOTTEN, plan.decode(), flags=re.IGNORECASE)
                self.db.execute(SQL["erase_plan"], (text.encode(), number))
        return found[-1][0] if found else None


def _after(phase: Phase) -> Place | None:
    return None if phase is Phase.JOBS else Place(Phase(phase + 1))
