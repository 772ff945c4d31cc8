"""Many known texts found in a text at once, however many they are."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

_MARKS = r"\u0300-\u036f\u3099\u309a\u1160-\u11ff"
_PIECE = re.compile(rf"(?:[0-9A-Za-z\u00c0-\u024f][{_MARKS}]*)+|\s+|.[{_MARKS}]*", re.DOTALL)
"""A word in Latin letters and digits, a gap, or one mark; other scripts may put no spaces between words."""


def pieces_of(text: str) -> list[str]:
    """The pieces of a text as they are compared: without case, in one form of Unicode, gaps alike."""
    return [_same(found[0]) for found in _PIECE.finditer(text)]


def _same(piece: str) -> str:
    return " " if piece.isspace() else unicodedata.normalize("NFC", piece).casefold()


class Phrases:
    """Known texts; each stands only where no word goes on before or behind it."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._known: dict[str, str] = {}
        lengths: dict[str, set[int]] = defaultdict(set)
        for text in texts:
            pieces = pieces_of(text)
            self._known["".join(pieces)] = text
            lengths[pieces[0]].add(len(pieces))
        # The longer one is meant where several begin at one place.
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        """The known texts in a text, from left to right, each with its start and end."""
        ends = [found.end() for found in _PIECE.finditer(text)]
        pieces = pieces_of(text)
        at = 0
        while at < len(pieces):
            length, known = self._longest(pieces, at)
            if known is not None:
                yield known, ends[at - 1] if at else 0, ends[at + length - 1]
            at += length

    def _longest(self, pieces: list[str], at: int) -> tuple[int, str | None]:
        """The longest known text that begins with a piece, in pieces; one piece where there is none."""
        for length in self._lengths.get(pieces[at], ()):
            some = pieces[at : at + length]
            known = self._known.get("".join(some)) if len(some) == length else None
            if known is not None:
                return length, known
        return 1, None
