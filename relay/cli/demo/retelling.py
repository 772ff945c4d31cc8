"""A recorded case told again: other people, other ids, another time, and still the vendor's shape.

What varies is not listed anywhere: the case is read by its connector, and whatever that found in it (people,
business keys, delivery ids, customers looked up) is replaced wherever it stands in the text.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import orjson

from relay.cli.demo.people import Person
from relay.core.case import Case, Upstream, run_case
from relay.core.connector import Connector

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_MILLISECONDS = re.compile(r"(?<!\d)17\d{11}(?!\d)")
_PHONE = re.compile(r"(555-?01)\d\d")
_ALPHABETS = (string.digits, "abcdef", "ghijklmnopqrstuvwxyz", string.ascii_uppercase)
_KEPT = 3
"""Signs at the start of an id that say what it is of, and stay."""


@dataclass(frozen=True, slots=True)
class Told:
    """A case as told, and the people in it who can be enrolled."""

    case: Case
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """Whom and what a case is told of; equal texts mean the same purchase, and the same delivery of it.

    `at`, in Unix seconds, is when the appointment ends, or else when the webhook is sent.
    """

    subject: str
    delivery: str
    at: float


def retell(case: Case, connector: Connector, role: Role, play: Callable[[str], Person]) -> Told:
    """The case in these roles. `play` gives a role its person."""
    read = run_case(case, connector)
    contacts = {contact["email"]: contact for event in read["events"] for contact in event["contacts"]}
    people = tuple(play(f"{role.subject} {number}") for number in range(len(contacts)))
    words = {
        **{_last_part(one): vary(_last_part(one), role.delivery) for one in read["delivery_ids"]},
        **{one: vary(one, role.subject) for one in _subjects(case, read)},
        **_names(list(contacts.values()), people),
    }
    later = round(role.at - _anchor(case, read))
    tell = _Teller(words, people[0].line if people else 0, timedelta(seconds=later))
    return Told(_rewritten(case, tell, case.now + later), people)


def _subjects(case: Case, read: Mapping[str, Any]) -> Iterator[str]:
    yield from (_last_part(event["key"]) for event in read["events"])
    yield from (_last_part(asked.url) for asked in case.upstream if asked.method == "GET")


def _last_part(id_: str) -> str:
    return id_.rpartition("/")[2]


def _names(contacts: Sequence[Mapping[str, Any]], people: Sequence[Person]) -> dict[str, str]:
    pairs = [
        pair
        for contact, person in zip(contacts, people, strict=True)
        for pair in (
            (contact["email"], person.email),
            (contact["firstName"], person.first),
            (contact["lastName"], person.last),
        )
    ]
    return {old: new for old, new in pairs if old}


def vary(id_: str, label: str) -> str:
    """Another id of the same shape; the same label gives the same one."""
    random = Random(f"{label} {id_}")  # noqa: S311 - ids that can be repeated, no secret
    changed = (next((random.choice(of) for of in _ALPHABETS if sign in of), sign) for sign in id_[_KEPT:])
    return id_[:_KEPT] + "".join(changed)


def _anchor(case: Case, read: Mapping[str, Any]) -> float:
    ends = [event["ends_at"] for event in read["events"] if event["ends_at"]]
    return datetime.fromisoformat(max(ends)).timestamp() if ends else case.now


class _Teller:
    """Replaces whole words, all at once, and moves every time by the same span."""

    def __init__(self, words: Mapping[str, str], line: int, later: timedelta) -> None:
        self._words = words
        self._line = f"{line:02}"
        self._later = later
        longest_first = sorted(map(re.escape, words), key=len, reverse=True)
        self._known = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(longest_first) or '(?!)'})(?![A-Za-z0-9])")

    def __call__(self, text: str) -> str:
        text = _MOMENT.sub(self._moment, text)
        text = _MILLISECONDS.sub(self._milliseconds, text)
        text = _PHONE.sub(rf"\g<1>{self._line}", text)
        return self._known.sub(lambda found: self._words[found[0]], text)

    def _moment(self, found: re.Match[str]) -> str:
        return (datetime.fromisoformat(found[0]) + self._later).isoformat(timespec="seconds")

    def _milliseconds(self, found: re.Match[str]) -> str:
        return str(int(found[0]) + round(self._later.total_seconds() * 1000))


def _rewritten(case: Case, tell: Callable[[str], str], now: float) -> Case:
    def data(value: Any) -> Any:
        return orjson.loads(tell(orjson.dumps(value).decode()))

    def answer(one: Upstream) -> Upstream:
        return one.model_copy(update={"url": tell(one.url), "body": data(one.body)})

    given = case.request
    request = given.model_copy(update={"headers": data(given.headers), "body": tell(given.body)})
    upstream = [answer(one) for one in case.upstream]
    told = {"now": now, "request": request, "upstream": upstream, "expect": data(case.expect)}
    return case.model_copy(update=told)
