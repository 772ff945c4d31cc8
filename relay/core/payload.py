"""Untrusted data with a path: what a connector reads fields from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Never

from relay.core.errors import Unreadable

_MILLISECONDS_FROM = 100_000_000_000  # as seconds this is the year 5138, as milliseconds 1973

# Nothing is booked or sold outside; a delay added to the year 9999 would overflow.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_LONGEST = timedelta(days=366)


class Node:
    """A value in a payload and the path to it.

    Indexing demands (a missing key is an `Unreadable` that names the path), `get` tolerates.
    Typed values come only from the readers (`text`, `integer`, `time` …). `str()` and `==` are refused,
    since both would quietly accept a value of the wrong type.
    """

    __slots__ = ("_path", "_value")

    def __init__(self, value: Any, path: str = "$") -> None:
        self._value = value
        self._path = path

    @property
    def raw(self) -> Any:
        """The plain value, for code that evaluates expressions over it."""
        return self._value

    @property
    def path(self) -> str:
        return self._path

    @property
    def exists(self) -> bool:
        """Present and not null."""
        return self._value is not None

    def __getitem__(self, key: str | int) -> Node:
        node = self._step(key)
        if node is None:
            raise Unreadable("is missing", self._child_path(key))
        return node

    def get(self, *keys: str | int) -> Node:
        """Follow keys as far as they exist; a null or missing step gives a node that does not exist."""
        node = self
        for key in keys:
            node = node._step(key) or Node(None, node._child_path(key))
        return node

    def _step(self, key: str | int) -> Node | None:
        value = self._value
        if value is None:
            return None
        if isinstance(key, str):
            if not isinstance(value, dict):
                self.refuse("an object")
            return Node(value[key], self._child_path(key)) if key in value else None
        if not isinstance(value, list):
            self.refuse("a list")
        return Node(value[key], self._child_path(key)) if -len(value) <= key < len(value) else None

    def _child_path(self, key: str | int) -> str:
        return f"{self._path}[{key}]" if isinstance(key, int) else f"{self._path}.{key}"

    def each(self) -> Iterator[Node]:
        """The items of a list. Null is empty, and one object stands for a list of one (as XML has it)."""
        if self._value is None:
            return
        if isinstance(self._value, list):
            for index, item in enumerate(self._value):
                yield Node(item, f"{self._path}[{index}]")
        else:
            yield self

    def text(self) -> str:
        """Text that is not blank, stripped. Whole numbers are read as text: ids come as both."""
        text = self.text_or_none()
        if text is None:
            raise Unreadable("is empty", self._path)
        return text

    def text_or_none(self) -> str | None:
        """As `text`, with None for null, missing and blank."""
        value = self._value
        if value is None:
            return None
        if isinstance(value, str):
            # PostgreSQL keeps no NUL in text, and no name or address has one.
            return value.replace("\x00", "").strip() or None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        self.refuse("text")

    def integer(self) -> int:
        """A whole number, or text that is one."""
        value = self._value
        if isinstance(value, str) and value.strip().lstrip("-").isascii():
            try:
                return int(value)
            except ValueError:
                self.refuse("a whole number")
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.refuse("a whole number")

    def flag(self) -> bool:
        """A boolean; missing and null are false, the texts true/false are understood."""
        match self._value:
            case bool(value):
                return value
            case None:
                return False
            case "true" | "True" | "1":
                return True
            case "false" | "False" | "0" | "":
                return False
        self.refuse("true or false")

    def time(self) -> datetime:
        """A moment in UTC: ISO 8601 (without an offset it is UTC) or Unix seconds or milliseconds.

        Digits in text are Unix time from nine of them on: forms have no numbers, a date has eight digits.
        """
        try:
            moment = _moment(self._value)
        except (ValueError, OverflowError, OSError):
            moment = None
        if moment is None or not _EARLIEST <= moment < _LATEST:
            self.refuse("a time between 1970 and 2200")
        return moment

    def time_or_none(self) -> datetime | None:
        return None if self._value in (None, "") else self.time()

    def minutes(self) -> timedelta:
        """A length given in whole minutes, up to a year."""
        minutes = self.integer()
        if not 0 <= minutes <= _LONGEST / timedelta(minutes=1):
            raise Unreadable("should be a length of up to a year", self._path)
        return timedelta(minutes=minutes)

    def refuse(self, wanted: str) -> Never:
        """Say what was wanted and what kind of value is there, never the value itself."""
        if self._value is None:
            raise Unreadable("is missing", self._path)
        kind = _KINDS.get(type(self._value), "something else")
        raise Unreadable(f"should be {wanted}, is {kind}", self._path)

    def __str__(self) -> Never:
        raise TypeError(f"{self._path}: read a Node with .text(), not str()")

    def __eq__(self, other: object) -> Never:
        raise TypeError(f"{self._path}: read a Node before comparing it")

    __hash__ = None  # type: ignore[assignment]  # a Node is no dictionary key: its value is not known yet

    def __repr__(self) -> str:
        return f"Node({self._path})"


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str) and len(value) >= 9 and value.isdecimal():
        value = int(value)
    if isinstance(value, str):
        moment = datetime.fromisoformat(value.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
        return datetime.fromtimestamp(seconds, UTC)
    return None


_KINDS = {
    str: "text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}
