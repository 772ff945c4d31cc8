"""Rows for items 30 to 33: each fault at each place, on repeats, and several in a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from relay.sandbox import Running
from relay.sandbox.faults import FAULTS, FIRST, OutageKind
from relay.sandbox.first import AFTER_VISIT, SPLIT
from tests.work.behaviours.row import Row, holding
from tests.work.behaviours.seen import Seen, addresses
from tests.work.behaviours.traffic import FEW

PLACES = {"first": 1, "middle": 2, "last": 4}
"""Batches of the crowd. Sequences take turns, so the one in the middle is of the web shop."""

SOON = {"delivery.timeout": "150ms"}
HOUR = 3600


def unconfirmed_by_faults(seen: Seen) -> Mapping[str, int]:
    """Who stood in an answer of an unknown status, or was missing from a short one."""
    left = 0
    for entry in seen.calls:
        size = len(addresses(entry.body))
        left += {"unknown-status": size, "short-results": size - size // 2}.get(entry.fault or "", 0)
    return {"unconfirmed": left}


def _struck(says: str, fault: str, strikes: Mapping[int, tuple[str, ...]], sequence: str, **more: Any) -> Row:
    """A row in which a fault strikes; what it changes for good, a look finds mended."""
    if fault == "slow-after":
        more["config"] = SOON
    if fault in FIRST:
        held = None if fault == "revoke-key" else sequence
        more = {"looked": True, "holds": holding(held)} | more
    return Row(says=says, strikes=strikes, left=unconfirmed_by_faults, **more)


def everywhere() -> Iterator[Row]:
    for fault in sorted(FAULTS):
        for place, number in PLACES.items():
            says = f"the {place} of several calls meets {fault}"
            yield _struck(says, fault, {number: (fault,)}, SPLIT if place == "middle" else AFTER_VISIT)


def outage(seconds: float, kind: OutageKind) -> Any:
    def begin(sandbox: Running) -> None:
        sandbox.begin_outage(seconds, kind)

    return begin


def outages() -> Iterator[Row]:
    for kind in get_args(OutageKind):
        yield Row(
            says=f"an outage of half an hour with {kind} is waited out",
            given=outage(HOUR / 2, kind),
            traffic=FEW,
        )
        yield Row(
            says=f"an outage with {kind} lasts two hours, tries are few, and dead letters are sent again",
            given=outage(2 * HOUR, kind),
            config={"delivery.retry.attempts": 3},
            retried=True,
            traffic=FEW,
        )


REPEATED = {
    "a batch that was done and lost is repeated into a 429 and an outage": ("close-after", "429", "503-html"),
    "a batch is done twice as far as anybody can tell": ("close-after", "500-after"),
    "a batch meets each proxy in turn": ("502-html", "503-html", "504-html"),
    "a batch meets every kind of unreadable answer in turn": ("cut-json", "cut-body", "not-json", "no-data"),
    "a batch is done, and then its repeats do nothing": ("504-after", "500-before", "close-before"),
    "a batch does nothing, and then its repeat is done and lost": ("500-before", "close-after"),
    "a batch waits for the limit three times": ("429", "429", "429"),
    "a repeat meets an answer that confirms nobody": ("500-before", "unknown-status"),
    "a repeat meets an answer that confirms half": ("503-html", "short-results"),
}


def _where_repeated(fault: str) -> dict[str, Any]:
    what = None if fault == "revoke-key" else AFTER_VISIT
    return {"holds": lambda world: () if world.holds else (what,)} if fault in FIRST else {}


def repeats() -> Iterator[Row]:
    for fault in sorted(FAULTS):
        strikes = {1: ("500-before", fault)}
        more = _where_repeated(fault)
        yield _struck(f"a repeat meets {fault}", fault, strikes, AFTER_VISIT, traffic=FEW, **more)
    for says, faults in REPEATED.items():
        yield Row(says=says, strikes={1: faults}, left=unconfirmed_by_faults)
    yield Row(
        says="a batch is done after the client's patience, twice",
        strikes={2: ("slow-after", "slow-after")},
        config=SOON,
    )
    yield Row(
        says="the key is revoked between a call that was done and lost and its repeat",
        strikes={1: ("close-after", "revoke-key")},
        holds=lambda world: () if world.holds else (None,),
    )
    yield Row(
        says="the sequence is paused between a call that was done and lost and its repeat",
        strikes={1: ("close-after", "pause-sequence")},
        holds=lambda world: () if world.holds else (AFTER_VISIT,),
    )
    yield Row(says="the key is revoked after a 429", strikes={1: ("429", "revoke-key")}, holds=holding(None))


def crowded_repeats() -> Iterator[Row]:
    """What was done and lost meets other trouble while others wait beside it, and must stay together."""
    # A key is revoked once: what a second revocation meets would only wait again.
    few, every = ("a call of few", [3], ("429", "revoke-key")), ("every call", range(1, 5), ("429",))
    for says, struck, troubles in (few, every):
        yield Row(
            says=f"nobody listens when the repeat of what was done and lost is due: {says}",
            strikes=dict.fromkeys(struck, ("close-after",)),
            unreachable="later",
        )
        for fault in troubles:
            yield _struck(
                f"{says} was done and lost, and the repeat meets {fault} while others wait",
                fault,
                dict.fromkeys(struck, ("close-after", fault)),
                AFTER_VISIT,
                **_where_repeated(fault),
            )


def mixtures() -> Iterator[Row]:
    yield Row(
        says="every batch meets another fault",
        strikes={1: ("close-after",), 2: ("429",), 3: ("cut-json",), 4: ("503-html",), 5: ("500-after",)},
    )
    yield Row(
        says="every batch and its first repeat are done and lost, several at once",
        strikes=dict.fromkeys(range(1, 9), ("close-after", "504-after")),
        config={"delivery.parallel": 4},
    )
    yield Row(says="nobody listens when the first calls are made", unreachable="first")
    yield Row(
        says="nobody listens, and then everything is done and lost",
        unreachable="first",
        strikes=dict.fromkeys(range(1, 6), ("close-after",)),
    )
    yield Row(
        says="all tries fail before anything is done, and a person sends the dead letters again",
        strikes={1: ("500-before",) * 3, 2: ("close-before",) * 3},
        config={"delivery.retry.attempts": 3},
        retried=True,
    )


ROWS = (*everywhere(), *outages(), *repeats(), *crowded_repeats(), *mixtures())
