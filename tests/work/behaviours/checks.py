"""What must hold whatever the destination does; every check is a sentence about both sides."""

from __future__ import annotations

from collections import Counter

from tests.work.behaviours.seen import Attempt, Pair, Seen, addresses
from tests.work.behaviours.traffic import UNREADABLE
from tests.work.house import House

MAY_HAVE_HAPPENED = ("unknown", "unconfirmed", "sending")
"""Ends at which the relay does not know whether the destination enrolled somebody."""


async def check_books(house: House) -> None:
    """Everything accepted is counted where it is, and who cannot be written to is a dead letter."""
    faults = (await house.store.ledger()).faults()
    assert not faults, faults


def check_everybody_is_somewhere(seen: Seen, expected: Counter[Pair]) -> None:
    """Each purchase has its one enrollment, and one that was delivered has a sending."""
    there = Counter(one.pair for one in seen.wanted())
    assert there == expected, f"too many: {there - expected}, too few: {expected - there}"
    assert not any(UNREADABLE in one.email for one in seen.enrollments)
    missing = seen.pairs("delivered") - seen.copies
    assert not missing, f"delivered in the ledger, unknown to the destination: {missing}"
    assert not seen.confused(), f"taken for somebody else: {seen.confused()}"
    assert all(one.reason for one in seen.enrollments if one.state == "dead")


def check_copies(seen: Seen, *, repeats: bool) -> None:
    """Nobody has more sendings than enrollments; where `repeats` enrol, one more for each unknown call."""
    most = seen.pairs("delivered", *MAY_HAVE_HAPPENED)
    if repeats:
        most = seen.pairs("delivered", "unconfirmed") + seen.unknown_calls()
    assert not seen.copies - most, f"sent more often than can be explained: {seen.copies - most}"


def check_places(seen: Seen) -> None:
    """Nobody is enrolled for a location or an employee of somebody else."""
    wanted = {(one.email, one.sequence, one.location, one.employee) for one in seen.enrollments}
    strays = set(seen.placed()) - wanted
    assert not strays, f"enrolled elsewhere: {strays}"


def check_calls(seen: Seen) -> None:
    """A key stands for one sequence and one body for ever; a call names one to a hundred, each once."""
    content: dict[str, tuple[str, bytes]] = {}
    for entry in seen.calls:
        named = addresses(entry.body)
        assert 1 <= len(named) <= 100, f"{len(named)} contacts in a call"
        assert len({email.casefold() for email in named}) == len(named), "somebody twice in a call"
        key = entry.headers["idempotency-key"]
        same = content.setdefault(key, (entry.path, entry.body)) == (entry.path, entry.body)
        assert same, f"{key} stands for two bodies"


def check_attempts(seen: Seen) -> None:
    """The ledger knows every call that the destination saw, and none came while a 429 lasted."""
    attempts: dict[str, list[Attempt]] = {}
    for one in seen.attempts:
        if one.status is not None or one.certainty == "unknown":
            attempts.setdefault(one.key, []).append(one)
    barred_until = 0.0
    for entry in seen.calls:
        told = attempts.get(entry.headers["idempotency-key"])
        assert told, "a call that the ledger does not tell of"
        attempt = told.pop(0)
        assert attempt.status in (entry.status, None), f"{attempt.status} for {entry.status}"
        assert entry.at >= barred_until, "called while a rate limit lasted"
        if attempt.status == 429:
            barred_until = max(barred_until, entry.at + attempt.wait)
    assert not any(attempts.values()), "the ledger tells of calls that the destination did not see"


async def check_all(house: House, seen: Seen, expected: Counter[Pair], *, repeats: bool) -> None:
    await check_books(house)
    check_everybody_is_somewhere(seen, expected)
    check_copies(seen, repeats=repeats)
    check_places(seen)
    check_calls(seen)
    check_attempts(seen)
