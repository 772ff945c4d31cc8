"""What can go wrong on purpose, and which requests it strikes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import orjson

from relay.sandbox.answers import Answer, error, refuse
from relay.sandbox.auth import presented_key
from relay.sandbox.rates import too_many

if TYPE_CHECKING:
    from relay.sandbox.journal import Call
    from relay.sandbox.switches import Switches
    from relay.sandbox.world import World

HEADER = "X-Sandbox-Fault"

OutageKind = Literal["503", "close"]


def _proxy_page(status: int, reason: str) -> Answer:
    """What a proxy in front of the API says: HTML, and none of the API's headers."""
    title = f"{status} {reason}"
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(status, page.encode(), content_type="text/html")


INTERNAL_ERROR = error(500, "INTERNAL_ERROR", "An unexpected error occurred. Contact support.")
# Nothing that could be called an answer, and so no status.
HANG_UP = Answer(0, b"", hang_up="before")
BAD_GATEWAY = _proxy_page(502, "Bad Gateway")
UNAVAILABLE = _proxy_page(503, "Service Unavailable")
TIMED_OUT = _proxy_page(504, "Gateway Time-out")

# Nothing is done, not even the key is looked at: what stands in front of the API answers.
DOOR: Mapping[str, Answer] = {
    "close-before": HANG_UP,
    "502-html": BAD_GATEWAY,
    "503-html": UNAVAILABLE,
    "504-html": TIMED_OUT,
}


def _edited(edit: Callable[[dict[str, Any]], object]) -> Callable[[Answer, Switches], Answer]:
    def spoil(answer: Answer, _: Switches) -> Answer:
        value = orjson.loads(answer.body)
        edit(value)
        return replace(answer, body=orjson.dumps(value))

    return spoil


def _unknown_status(value: dict[str, Any]) -> None:
    for result in value.get("data", {}).get("results", []):
        result["status"] = "deferred_by_sandbox"


def _short_results(value: dict[str, Any]) -> None:
    results = value.get("data", {}).get("results", [])
    del results[len(results) // 2 :]


# The work is done; then the answer is spoilt. A call that was refused keeps its own answer.
AFTER: Mapping[str, Callable[[Answer, Switches], Answer]] = {
    "500-after": lambda answer, _: replace(INTERNAL_ERROR, headers=answer.headers),
    "504-after": lambda _, __: TIMED_OUT,
    "close-after": lambda _, __: HANG_UP,
    "slow-after": lambda answer, switches: replace(answer, delay=switches.slow_seconds),
    "cut-json": lambda answer, _: replace(answer, body=answer.body[: len(answer.body) // 2]),
    "cut-body": lambda answer, _: replace(answer, hang_up="within"),
    "not-json": lambda answer, _: replace(answer, body=b"OK", content_type="text/plain"),
    "no-data": _edited(lambda value: value.pop("data", None)),
    "unknown-status": _edited(_unknown_status),
    "short-results": _edited(_short_results),
}


def _revoke_key(call: Call, world: World, switches: Switches) -> None:
    key = world.keys.get(presented_key(call, switches))
    if key is not None:
        key.active = False


def _pause_sequence(call: Call, world: World, _: Switches) -> None:
    for part in call.path.split("/"):
        if part in world.sequences:
            world.sequences[part].status = "paused"


# The world changes for good; then the call goes its way.
FIRST: Mapping[str, Callable[[Call, World, Switches], None]] = {
    "revoke-key": _revoke_key,
    "pause-sequence": _pause_sequence,
}

# The API itself answers, before any work.
INSIDE = frozenset({"429", "500-before"})

FAULTS = frozenset({*INSIDE, *DOOR, *AFTER, *FIRST})


@dataclass(slots=True)
class Planned:
    """A fault for the next `left` requests; `on` says which ones count."""

    name: str
    left: int
    on: Literal["execute", "any"] = "execute"


@dataclass(slots=True)
class Faults:
    """The faults that were ordered, first come first served, and an outage if there is one."""

    planned: list[Planned] = field(default_factory=list)
    outage: OutageKind | None = None
    outage_until: float = 0

    def plan(self, name: str, count: int = 1, on: Literal["execute", "any"] = "execute") -> None:
        """Let the next `count` requests fail; ValueError for a name that does not exist."""
        check_name(name)
        self.planned.append(Planned(name, count, on))

    def take(self, call: Call) -> str | None:
        """The fault that strikes this call: from its header, or the next one planned."""
        named = call.headers.get(HEADER)
        if named:
            return named
        for planned in self.planned:
            if planned.on == "any" or call.path.endswith("/execute"):
                planned.left -= 1
                if planned.left <= 0:
                    self.planned.remove(planned)
                return planned.name
        return None

    def begin_outage(self, kind: OutageKind, until: float) -> None:
        """Answer nothing but 503, or hang up on everybody, until then (Unix seconds)."""
        self.outage, self.outage_until = kind, until

    def clear(self) -> None:
        """Nothing is planned and the service is up."""
        self.planned.clear()
        self.outage = None

    def outage_at(self, now: float) -> Answer | None:
        """What everybody gets now; None when the service is up."""
        if self.outage is None or now >= self.outage_until:
            return None
        return UNAVAILABLE if self.outage == "503" else HANG_UP


def check_name(name: str) -> None:
    """ValueError that lists the faults there are."""
    if name not in FAULTS:
        raise ValueError(f"{name!r}: no such fault; there are {', '.join(sorted(FAULTS))}")


def at_the_door(name: str | None, call: Call, world: World, switches: Switches) -> Answer | None:
    """The answer of a fault outside the API; None when the call gets in."""
    if name is None:
        return None
    if name not in FAULTS:
        raise refuse(400, "SANDBOX_UNKNOWN_FAULT", f"{HEADER}: no such fault", sorted(FAULTS))
    if name in FIRST:
        FIRST[name](call, world, switches)
    return DOOR.get(name)


def inside(name: str | None, limit: int, switches: Switches, now: float) -> Answer | None:
    """The answer of a fault of the API before any work; `limit` is the caller's per minute."""
    if name == "429":
        return too_many(switches.fault_retry_after, limit, "1 minute", switches, now)
    return INTERNAL_ERROR if name == "500-before" else None


def after(name: str | None, answer: Answer, switches: Switches) -> Answer:
    """The answer as the fault leaves it."""
    spoil = AFTER.get(name or "")
    return spoil(answer, switches) if spoil is not None and answer.ok else answer
