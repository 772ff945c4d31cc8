"""Untrusted data with a path: what a connector reads fields from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Never

import orjson

from relay.core.errors import Unreadable
from relay.core.moments import read_moment, zone_named

_LONGEST_NUMBER = 40
_LONGEST = timedelta(days=366)


class Node:
    """A value in a payload and the path to it.

    Indexing demands (a missing key is an `Unreadable` that names the path), `get` tolerates.
    Typed values come only from the readers (`text`, `integer`, `time` …). `str()` and `==` are refused,
    since both would quietly accept a value of the wrong type.
    """

    __slots__ = ("_base", "_steps", "_value")

    def __init__(self, value: Any, base: str | Node = "$", steps: Sequence[str | int] = ()) -> None:
        """`base` is a path or the node from which `steps` lead here: most paths are never told."""
        self._value = value
        self._base = base
        self._steps = steps

    @property
    def raw(self) -> Any:
        """The plain value, for code that evaluates expressions over it."""
        return self._value

    def having(self, **parts: Node) -> Node:
        """This object with parts from elsewhere, whose failures keep the paths that they have there.

        For bodies of many events: each with what is said of all of them.
        """
        if not isinstance(self._value, dict):
            self.refuse("an object")
        plain = {name: part.raw for name, part in parts.items()}
        return _Joined({**self._value, **plain}, self, parts)

    @property
    def path(self) -> str:
        base = self._base if isinstance(self._base, str) else self._base.path
        return base + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self._steps)

    @property
    def exists(self) -> bool:
        """Present and not null."""
        return self._value is not None

    def __getitem__(self, key: str | int) -> Node:
        value = self._value
        if isinstance(key, str):
            if isinstance(value, dict) and key in value:
                return Node(value[key], self, (key,))
        elif isinstance(value, list) and -len(value) <= key < len(value):
            return Node(value[key], self, (key,))
        raise Unreadable("is missing", self.get(key).path)

    def get(self, *keys: str | int) -> Node:
        """Follow keys as far as they exist; a null or missing step gives a node that does not exist."""
        value = self._value
        if value.__class__ is dict and len(keys) == 1 and keys[0].__class__ is str:  # nearly always
            return Node(value.get(keys[0]), self, keys)
        for depth, key in enumerate(keys):
            if value is None:
                break
            if isinstance(key, str):
                if not isinstance(value, dict):
                    Node(value, self, keys[:depth]).refuse("an object")
                value = value.get(key)
            else:
                if not isinstance(value, list):
                    Node(value, self, keys[:depth]).refuse("a list")
                value = value[key] if -len(value) <= key < len(value) else None
        return Node(value, self, keys)

    def each(self) -> Iterator[Node]:
        """The items of a list. Null is empty, and one object stands for a list of one (as XML has it)."""
        if self._value is None:
            return
        if isinstance(self._value, list):
            for index, item in enumerate(self._value):
                yield Node(item, self, (index,))
        else:
            yield self

    def first(self) -> Node:
        """The first item of a list; what is no list is its own first; an empty one has none."""
        return next(self.each(), Node(None, self, (0,)))

    def text(self) -> str:
        """Text that is not blank, stripped. Whole numbers are read as text: ids come as both."""
        text = self.text_or_none()
        if text is None:
            raise Unreadable("is empty", self.path)
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

    def number(self) -> Decimal:
        """A number, whole or not, or text that is one: amounts, quantities."""
        if isinstance(self._value, bool) or not isinstance(self._value, int | float | str):
            self.refuse("a number")
        try:
            # Python refuses to write the longest numbers out.
            text = str(self._value).strip()
            number = Decimal(text)
        except (InvalidOperation, ValueError):
            self.refuse("a number")
        if len(text) > _LONGEST_NUMBER or not number.is_finite():
            self.refuse("a number")
        return number

    def flag(self) -> bool:
        """A boolean, also as 1 and 0 and as the texts true/false, yes/no, 1/0. Missing and null are false."""
        if self._value is None or isinstance(self._value, bool):
            return bool(self._value)
        match self._value.strip().lower() if isinstance(self._value, str) else self._value:
            case 1 | "true" | "1" | "yes":
                return True
            case 0 | "false" | "0" | "no" | "":
                return False
        self.refuse("true or false")

    def time(self, zone: tzinfo = UTC, *, form: str | None = None) -> datetime:
        """A moment in UTC: ISO 8601, RFC 2822, `/Date(…)/`, Unix seconds or milliseconds.

        A time without an offset is in `zone`; a day alone is its midnight. `form` is a pattern of `strptime`
        for texts of another form. In the hour that a clock is put back, the earlier moment is meant.
        """
        value = self.text() if form else self._value
        moment = read_moment(value, zone, form)
        if moment is None:
            self.refuse("a time between 1970 and 2200")
        return moment

    def time_or_none(self, zone: tzinfo = UTC, *, form: str | None = None) -> datetime | None:
        return None if self._value in (None, "") else self.time(zone, form=form)

    def zone(self) -> tzinfo:
        """A time zone by its IANA name."""
        try:
            return zone_named(self.text())
        except ValueError as error:
            raise Unreadable(str(error), self.path) from None

    def minutes(self) -> timedelta:
        """A length given in whole minutes, up to a year."""
        return self._length(timedelta(minutes=1))

    def seconds(self) -> timedelta:
        """A length given in whole seconds, up to a year."""
        return self._length(timedelta(seconds=1))

    def _length(self, unit: timedelta) -> timedelta:
        units = self.integer()
        if not 0 <= units <= _LONGEST / unit:
            raise Unreadable("should be a length of up to a year", self.path)
        return units * unit

    def json(self) -> Node:
        """The data in a text that is itself JSON; what is data already stays as it is."""
        if not isinstance(self._value, str):
            return self
        try:
            return Node(orjson.loads(self._value), self)
        except orjson.JSONDecodeError as error:
            raise Unreadable(f"is not JSON ({error.msg})", self.path) from None

    def refuse(self, wanted: str) -> Never:
        """Say what was wanted and what kind of value is there, never the value itself."""
        if self._value is None:
            raise Unreadable("is missing", self.path)
        kind = _KINDS.get(type(self._value), "something else")
        raise Unreadable(f"should be {wanted}, is {kind}", self.path)

    def __str__(self) -> Never:
        raise TypeError(f"{self.path}: read a Node with .text(), not str()")

    def __eq__(self, other: object) -> Never:
        raise TypeError(f"{self.path}: read a Node before comparing it")

    __hash__ = None  # type: ignore[assignment]  # a Node is no dictionary key: its value is not known yet

    def __repr__(self) -> str:
        return f"Node({self.path})"


class _Joined(Node):
    """An object some of whose values stand elsewhere."""

    __slots__ = ("_parts",)

    def __init__(self, value: Any, base: Node, parts: Mapping[str, Node]) -> None:
        super().__init__(value, base)
        self._parts = parts

    def __getitem__(self, key: str | int) -> Node:
        return self._parts[key] if isinstance(key, str) and key in self._parts else super().__getitem__(key)

    def get(self, *keys: str | int) -> Node:
        if keys and isinstance(keys[0], str) and keys[0] in self._parts:
            return self._parts[keys[0]].get(*keys[1:])
        return super().get(*keys)


_KINDS = {
    str: "text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}
