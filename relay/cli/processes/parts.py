"""The parts of a relay, and which process takes which of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a process of a relay can be there for."""

    INTAKE = "intake"
    """Takes in webhooks: /hooks/."""
    WORK = "work"
    """Reads, delivers, repairs and tells alerts: all loops."""
    WEB = "web"
    """Serves people and programs: the console and the API."""


ALL = frozenset(Part)
FRONT = frozenset({Part.INTAKE, Part.WEB})
"""The parts that listen on the relay's own port."""


def parts_of(role: str) -> frozenset[Part]:
    """The parts that a role has: `all`, or the one of its name."""
    return ALL if role == "all" else frozenset({Part(role)})


def role_of(parts: frozenset[Part]) -> str:
    """As people read it."""
    return "all" if parts == ALL else ", ".join(part for part in Part if part in parts)


@dataclass(frozen=True, slots=True)
class Seat:
    """One of the processes: its name stays while whoever sits there changes."""

    name: str
    parts: frozenset[Part]

    @property
    def listens(self) -> bool:
        return bool(self.parts & FRONT)


def seats(parts: frozenset[Part], processes: int, *, one_worker: bool) -> list[Seat]:
    """Who takes what. `one_worker`: only one process may work on the ledger, as on SQLite.

    Raises `ValueError` with a sentence where so many processes have no use.
    """
    if not one_worker or Part.WORK not in parts or processes == 1:
        return [_seat(number, parts) for number in range(1, processes + 1)]
    front = parts - {Part.WORK}
    if not front:
        raise ValueError("on an SQLite ledger one process works at a time")
    return [
        _seat(1, frozenset({Part.WORK})),
        *(_seat(number, front) for number in range(2, processes + 1)),
    ]


def _seat(number: int, parts: frozenset[Part]) -> Seat:
    if parts == ALL:
        return Seat(f"all-{number}", parts)
    return Seat(f"{next(part for part in Part if part in parts)}-{number}", parts)


STEADY_SECONDS = 60.0
LONGEST_PAUSE = 30.0


def pause_after(short_lives: int) -> float:
    """Seconds until a process that ended is started again.

    `short_lives`: how many in a row ended within `STEADY_SECONDS`. One crash costs no time; what crashes
    again and again must not keep the machine busy with starting.
    """
    return min(LONGEST_PAUSE, float(2 ** (short_lives - 2))) if short_lives >= 2 else 0.0
