"""Who buys where in these tests, translated once and for all: each test begins with a copy of that ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from relay.sandbox.first import AFTER_VISIT, DOWNTOWN, HARBOUR, MORGAN, SPLIT
from tests.installing import SHOP
from tests.work.house import House

SEQUENCES = {"shop": AFTER_VISIT, "kiosk": AFTER_VISIT, "web": SPLIT}
"""Which sequence the buyers of each source are enrolled in; that of the web shop is under an A/B test."""

ROUTES = {
    "shop": {"location": DOWNTOWN, "employee": MORGAN},
    "kiosk": {"location": HARBOUR},
    "web": {},
}

UNREADABLE = "no address at all"


def configuration() -> dict[str, Any]:
    """Changes to the usual settings: three sources, three routes, one call at a time."""
    return {
        "sources": dict.fromkeys(SEQUENCES, SHOP),
        "routes": [
            {
                "name": source,
                "sources": [source],
                "events": ["purchase.completed"],
                "sequence": sequence,
                "cooldown": 0,
                **ROUTES[source],
            }
            for source, sequence in SEQUENCES.items()
        ],
        "delivery.parallel": 1,
    }


def guest(source: str, number: int) -> str:
    return f"{source}{number}@example.com"


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """How many people buy at each source, at once and a little later.

    The later ones are at each source its first buyers once more, with another purchase, and new ones. One
    purchase is reported twice and one names nobody who could be written to.
    """

    first: Mapping[str, int]
    returning: int
    new: int

    def expected(self) -> Counter[tuple[str, str]]:
        """How often each address is to be enrolled in each sequence."""
        people = [(source, number) for source, count in self.first.items() for number in range(count)]
        people += [(source, number) for source in self.first for number in self._later(source)]
        return Counter((SEQUENCES[source], guest(source, number)) for source, number in people)

    def _later(self, source: str) -> Iterator[int]:
        yield from range(self.returning)
        yield from range(self.first[source], self.first[source] + self.new)

    async def begin(self, house: House) -> None:
        """The first purchases come in and are read."""
        for source, count in self.first.items():
            await house.receive(purchases(source, range(count), visit=1), source)
        again, odd = purchases("shop", [0], visit=1) + purchases("shop", [0], visit=9)
        await house.receive([again, odd | {"email": UNREADABLE}], "shop")
        await house.translate()

    async def go_on(self, house: House) -> None:
        """The later purchases come in and are read."""
        for source in self.first:
            await house.receive(purchases(source, self._later(source), visit=2), source)
        await house.translate()


def purchases(source: str, numbers: Iterable[int], visit: int) -> list[dict[str, Any]]:
    """One for each guest, in one body."""
    return [_bought(source, number, visit) for number in numbers]


def _bought(source: str, number: int, visit: int) -> dict[str, Any]:
    """Not everybody gives a name or a phone."""
    names = {"first_name": f"Guest {number}"} if number % 3 else {}
    phone = {"phone": "+12025550101"} if number % 5 == 0 else {}
    return {
        "event": "paid",
        "id": f"{source}-{number}-{visit}",
        "email": guest(source, number).capitalize(),
        **names,
        **phone,
    }


CROWD = Traffic({"shop": 120, "kiosk": 12, "web": 18}, returning=1, new=2)
"""Four calls, 100 + 20 of the shop among them, and three more later."""

FEW = Traffic({"shop": 3, "kiosk": 2, "web": 2}, returning=1, new=1)
"""Three calls, and three more later."""
