"""What the demo showed, and whether it holds: the ledger against the sandbox's own record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from relay.cli.demo.player import Answered, Player
from relay.cli.demo.scene import people_who
from relay.cli.status import as_data as ledger_as_data
from relay.store.base import DeadLetter, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the sandbox itself wrote down. `enrolled` are addresses, `twice` how often each was enrolled."""

    enrolled: frozenset[str]
    sendings: int
    twice: Mapping[str, int]
    answers: Mapping[int, int]
    repeated: int
    port: int

    @property
    def calls(self) -> int:
        return sum(self.answers.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The end of a demo. `expected` are the addresses that the scene wants enrolled."""

    answers: tuple[Answered, ...]
    looked_up: int
    ledger: Ledger
    letters: tuple[DeadLetter, ...]
    record: Record
    expected: frozenset[str]
    unsettled: tuple[str, ...]
    config: Path
    seconds: float

    def faults(self) -> list[str]:
        """Every way in which the demo did not show what it promises, as sentences."""
        return [*self.ledger.faults(), *_unfinished(self), *_misjudged(self), *_missed(self)]


def _unfinished(report: Report) -> Iterator[str]:
    for act in report.unsettled:
        yield f"work was left when patience ran out: {act}"


def _misjudged(report: Report) -> Iterator[str]:
    turned_away = sum(1 for one in report.answers if not one.forged and not 200 <= one.status < 300)
    let_in = sum(1 for one in report.answers if one.forged and one.status != 401)
    if turned_away:
        yield f"{turned_away} genuine webhooks were not accepted"
    if let_in:
        yield f"{let_in} forged webhooks were not answered 401"


def _missed(report: Report) -> Iterator[str]:
    record, delivered = report.record, report.ledger.enrollments.get("delivered", 0)
    if record.twice:
        yield f"enrolled more than once: {', '.join(sorted(record.twice))}"
    if missing := report.expected - record.enrolled:
        yield f"not enrolled: {', '.join(sorted(missing))}"
    if surplus := record.enrolled - report.expected:
        yield f"enrolled though they should not be: {', '.join(sorted(surplus))}"
    if delivered != record.sendings:
        yield f"the ledger says {delivered} delivered, the sandbox made {record.sendings} enrollments"


async def report_on(player: Player, seconds: float) -> Report:
    """Everything that can be said about a play that has ended."""
    stage = player.stage
    return Report(
        answers=tuple(player.answers),
        looked_up=stage.vendors.asked,
        ledger=await stage.relay.store.ledger(),
        letters=tuple(await stage.relay.store.dead_letters(100)),
        record=record_of(player),
        expected=frozenset(people_who(player.script, "enrolled")),
        unsettled=tuple(player.unsettled),
        config=stage.config,
        seconds=seconds,
    )


def record_of(player: Player) -> Record:
    """What the sandbox has seen so far."""
    sandbox = player.stage.sandbox
    contacts, entries = sandbox.world.contacts, sandbox.executions()
    return Record(
        enrolled=frozenset(contacts[one.contact_id].email for one in sandbox.sendings()),
        sendings=sandbox.world.sendings_made,
        twice={contacts[contact].email: times for contact, _, times in sandbox.doubles()},
        answers=Counter(entry.status for entry in entries),
        repeated=sum(entry.repeated for entry in entries),
        port=sandbox.port,
    )


def as_data(report: Report) -> dict[str, Any]:
    """The report for machines."""
    record, faults = report.record, report.faults()
    sources: dict[str, Counter[str]] = {}
    for one in report.answers:
        sources.setdefault(one.source, Counter())[str(one.status)] += 1
    return {
        "ok": not faults,
        "faults": faults,
        "sent": len(report.answers),
        "answers": Counter(str(one.status) for one in report.answers),
        "sources": sources,
        "looked_up": report.looked_up,
        "balanced": not report.ledger.faults(),
        "ledger": ledger_as_data(report.ledger),
        "dead_letters": [asdict(letter) for letter in report.letters],
        "sandbox": {
            "calls": record.calls,
            "answers": {str(status): count for status, count in sorted(record.answers.items())},
            "repeated": record.repeated,
            "enrolled": len(record.enrolled),
            "sendings": record.sendings,
            "twice": len(record.twice),
        },
        "expected": len(report.expected),
        "config": str(report.config),
        "seconds": round(report.seconds, 1),
    }
