"""The rules of alerts: from a snapshot to everything that is wrong now, in words for a person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from hashlib import blake2b

from relay.core.alerts import (
    AlertKind,
    Condition,
    Letters,
    Place,
    Rules,
    Severity,
    Snapshot,
    Unverified,
    lasting,
    show,
)
from relay.core.budget import HOUR, SLACK, Budget, Limits
from relay.core.hours import hour_of
from relay.core.letters import MEANINGS
from relay.core.node import Node
from relay.core.silence import Silence, silence

MOST_CAUSES = 10
"""Causes of dead letters of one source that are told apart at a time, in case each letter has its own."""

MOST_NODES = 10
"""Nodes that are told of at a time: on some machines each start is one of another name."""

UNVERIFIED_HOURS = (2, 24)
"""Hours, the present one included, of which one must have too many unverified requests."""

FEWEST_UNVERIFIED = 10
_LONGEST = 160
_QUOTING = frozenset({"refused", "unknown", "gave_up"})
"""Causes whose reason quotes the destination, which may quote a contact."""


def conditions(snapshot: Snapshot, rules: Rules) -> list[Condition]:
    """Everything that is wrong, and nothing that another of these explains."""
    return [
        *_held(snapshot),
        *_broken(snapshot),
        *_spent(snapshot),
        *_waiting(snapshot, rules),
        *_of_sources(snapshot),
        *_dead(snapshot),
        *_imbalance(snapshot),
        *_gone(snapshot),
        *_spooling(snapshot),
    ]


def brief(reason: str) -> str:
    """A reason without what the destination says in its own words, which may quote a contact."""
    return reason.partition(":")[0][:_LONGEST]


def _of_all(place: Place) -> Severity:
    return Severity.WARNING if place.sequence else Severity.CRITICAL


def _held(snapshot: Snapshot) -> Iterator[Condition]:
    for place, reason in snapshot.held.items():
        only = f" --sequence {place.sequence}" if place.sequence else ""
        yield Condition(
            key=f"held:{place.key}",
            kind=AlertKind.HELD,
            severity=_of_all(place),
            text=f"Nothing goes to {place} until a person mends what was refused: {brief(reason)}.",
            command=f"relay resume {place.destination}{only}",
            page="/console",
        )


def _broken(snapshot: Snapshot) -> Iterator[Condition]:
    for place, reason in snapshot.broken.items():
        if place in snapshot.held or _is_stopped(Place(place.destination), place, snapshot.broken):
            continue
        yield Condition(
            key=f"breaker:{place.key}",
            kind=AlertKind.BREAKER,
            severity=_of_all(place),
            text=f"{place} gets no calls, since too many failed in a row: {brief(reason)}. "
            "They go on by themselves once it answers.",
            command="relay status",
            page="/console",
        )


def _is_stopped(whole: Place, place: Place, stopped: Mapping[Place, str]) -> bool:
    """Whether all of the destination is stopped, which says it of each of its sequences."""
    return place != whole and whole in stopped


def _spent(snapshot: Snapshot) -> Iterator[Condition]:
    for spent in snapshot.spent:
        due = [at for place, at in snapshot.overdue.items() if place.destination in spent.destinations]
        if due:
            yield Condition(
                key=f"budget:{spent.organization}",
                kind=AlertKind.BUDGET,
                severity=Severity.WARNING,
                text=f"The calls of {spent.organization} are used up, and enrollments wait since "
                f"{show(min(due))}: {spent.why}.",
                command="relay status",
                page="/console",
            )


def used_up(budget: Budget, limits: Limits, used_hour: int, now: int) -> str | None:
    """Why an organization gets no calls for a while; None: it does, or only this minute's are used up."""
    if limits.rests_until > now:
        return f"its API asks to wait until {show(limits.rests_until)}"
    left = limits.remaining
    if left is not None and limits.resets_at > now and left <= budget.left_to_others(limits.allowed or left):
        return f"its API says that none is left until {show(limits.resets_at)}"
    hour = dict(budget.windows(limits)).get(HOUR + SLACK)
    if hour is not None and used_hour >= hour:
        return f"all {hour} of an hour"
    return None


def _waiting(snapshot: Snapshot, rules: Rules) -> Iterator[Condition]:
    """What waits for no reason that is told already."""
    oldest: dict[str, int] = {}
    for place, at in snapshot.overdue.items():
        if not _is_explained(place, snapshot):
            oldest[place.destination] = min(at, oldest.get(place.destination, at))
    told = [(f"waiting:{name}", f"Enrollments for {name}", at) for name, at in oldest.items()]
    told += [(f"unread:{name}", f"Requests of {name}", at) for name, at in snapshot.unread.items()]
    for key, what, at in told:
        if snapshot.now - at > rules.waiting:
            yield Condition(
                key=key,
                kind=AlertKind.WAITING,
                severity=Severity.WARNING,
                text=f"{what} are due and wait since {show(at)}.",
                command="relay status",
                page="/console",
            )


def _is_explained(place: Place, snapshot: Snapshot) -> bool:
    whole = Place(place.destination)
    stopped = {*snapshot.held, *snapshot.broken}
    return (
        place in stopped
        or whole in stopped
        or any(place.destination in spent.destinations for spent in snapshot.spent)
    )


def _of_sources(snapshot: Snapshot) -> Iterator[Condition]:
    """A source whose secret is wrong is not silent."""
    for source in sorted(snapshot.sources):
        came, unverified = snapshot.came.get(source, {}), snapshot.unverified.get(source, {})
        if mixed_up := mixed_up_in(came, unverified, snapshot.now):
            yield _unverified(source, mixed_up)
        elif silent := silence(came, snapshot.now, snapshot.up_since):
            yield _silent(source, silent, snapshot.now)


def mixed_up_in(came: Mapping[int, int], unverified: Mapping[int, int], now: int) -> Unverified | None:
    """Whether so many requests of a source cannot be verified that its secret may be wrong.

    Both count by the hour. The last hour in which anything came must say so, too, so that it ends soon after
    it is mended.
    """
    last = max((hour for counts in (came, unverified) for hour, count in counts.items() if count), default=0)
    if unverified.get(last, 0) <= came.get(last, 0):
        return None
    for hours in UNVERIFIED_HOURS:
        span = range(hour_of(now) - hours + 1, hour_of(now) + 1)
        bad, good = (sum(counts.get(hour, 0) for hour in span) for counts in (unverified, came))
        if bad >= FEWEST_UNVERIFIED and bad > good:
            return Unverified(bad + good, bad, hours)
    return None


def _unverified(source: str, found: Unverified) -> Condition:
    return Condition(
        key=f"unverified:{source}",
        kind=AlertKind.UNVERIFIED,
        severity=Severity.WARNING,
        text=f"Of {source}, {found.unverified} of {found.requests} requests in the last {found.hours} hours "
        "were refused, since they could not be verified: is its secret the one that the sender uses?",
        command="relay quarantine list",
        page="/console/sources",
    )


def _silent(source: str, found: Silence, now: int) -> Condition:
    return Condition(
        key=f"silent:{source}",
        kind=AlertKind.SILENT,
        severity=Severity.WARNING,
        text=f"Nothing came from {source} since {show(found.since)}, for {lasting(now - found.since)}. In "
        f"the same hours of most of the last {found.weeks} weeks it sent {found.usual} requests or more.",
        command="relay status",
        page="/console/sources",
    )


def _dead(snapshot: Snapshot) -> Iterator[Condition]:
    told = Counter(key.split(":")[1] for key in snapshot.open if key.startswith("dead:"))
    more: defaultdict[str, int] = defaultdict(int)
    for letters in dict.fromkeys(snapshot.letters):
        key = letters_key(letters)
        if key in snapshot.open or told[letters.source] < MOST_CAUSES:
            told[letters.source] += key not in snapshot.open
            yield _letters(key, letters)
        else:
            more[letters.source] += 1
    for source in more:
        yield _further(source)


def letters_key(letters: Letters) -> str:
    """The key of the condition that there are dead letters of this kind."""
    alike = blake2b(f"{letters.cause}\0{letters.symptom}".encode(), digest_size=8).hexdigest()
    return f"dead:{letters.source}:{alike}"


def _letters(key: str, letters: Letters) -> Condition:
    told = letters.symptom
    if letters.cause in _QUOTING:
        told = brief(told).lstrip("# ")
    meaning = MEANINGS.get(letters.cause)
    return Condition(
        key=key,
        kind=AlertKind.DEAD,
        severity=Severity.WARNING,
        text=f"Dead letters of {letters.source} for a reason that is new: {letters.cause}, {told[:_LONGEST]}."
        + (f" {meaning.what}" if meaning else ""),
        command=f"relay dead list --source {letters.source} --cause {letters.cause}",
        page="/console/dead",
    )


def _further(source: str) -> Condition:
    return Condition(
        key=f"dead:{source}:others",
        kind=AlertKind.DEAD,
        severity=Severity.WARNING,
        text=f"Dead letters of {source} for more than {MOST_CAUSES} new reasons at once.",
        command=f"relay dead groups --source {source}",
        page="/console/dead",
    )


def _imbalance(snapshot: Snapshot) -> Iterator[Condition]:
    if snapshot.faults:
        yield Condition(
            key="imbalance",
            kind=AlertKind.IMBALANCE,
            severity=Severity.CRITICAL,
            text=f"The accounts do not balance: {'; '.join(snapshot.faults[:3])}.",
            command="relay status",
            page="/console",
        )


def _gone(snapshot: Snapshot) -> Iterator[Condition]:
    places: dict[tuple[str, str], Node] = {}
    for node in sorted(snapshot.gone, key=lambda node: -node.seen_at):
        places.setdefault((node.host, node.name), node)
    for node in list(places.values())[:MOST_NODES]:
        yield Condition(
            key=f"node:{node.host}/{node.name}",
            kind=AlertKind.NODE,
            severity=Severity.WARNING,
            text=f"The node {node.name} on {node.host} (process {node.pid}) was last seen "
            f"{show(node.seen_at)}. It did not say that it stops, and nobody has taken its place."
            + (f" Its spool held {node.spooled} requests." if node.spooled else ""),
            command="relay nodes",
            page="/console",
        )


def _spooling(snapshot: Snapshot) -> Iterator[Condition]:
    longest = sorted(snapshot.spooling, key=lambda node: node.spooled_since or 0)
    for node in longest[:MOST_NODES]:
        yield Condition(
            key=f"spool:{node.host}/{node.name}",
            kind=AlertKind.SPOOL,
            severity=Severity.WARNING,
            text=f"{node.spooled} requests are in the spool of {node.name} on {node.host}, the oldest "
            f"since {show(node.spooled_since or 0)}: the database was away, or takes them too slowly.",
            command="relay nodes",
            page="/console",
        )
