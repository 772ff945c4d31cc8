"""Invented people: the same seed gives the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

_FIRST = (
    "Amara Bela Chidi Dana Emil Farah Goran Hana Ivo Jonas Kemal Lena Malik Nadia Oskar Paula "
    "Quinn Rosa Samir Tessa Umar Vera Wanda Yusuf"
)
_LAST = (
    "Abara Boateng Castell Dvorak Eklund Ferrante Grigor Hoxha Iqbal Janssen Kowal Lindqvist Mbeki "
    "Novak Okada Petrov Quiroga Rahman Sorel Tanaka Ulrich Vargas Weiss Xylas Zeman"
)
_DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist. `line` is the end of a number reserved for fiction, +1 202 555 01xx."""

    first: str
    last: str
    email: str
    line: int


class Cast:
    """Gives every role a person of its own: no two of the first 600 share a name or an address."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)  # noqa: S311 - a cast that can be repeated, no secret
        self._first = _shuffled(_FIRST, random)
        self._last = _shuffled(_LAST, random)
        self._roles: dict[str, Person] = {}

    def play(self, role: str) -> Person:
        """The person in this role, the same at every call."""
        return self._roles.setdefault(role, self._person(len(self._roles)))

    def _person(self, number: int) -> Person:
        # The lists' lengths have no common factor, so pairs repeat only after their product.
        first, last = self._first[number % len(self._first)], self._last[number % len(self._last)]
        domain = _DOMAINS[number % len(_DOMAINS)]
        return Person(first, last, f"{first}.{last}@{domain}".lower(), number % 100)


def _shuffled(names: str, random: Random) -> list[str]:
    words = names.split()
    random.shuffle(words)
    return words
