"""A connector with its recorded cases, and the ways to put it through what a delivery goes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import orjson
import pytest

from relay.core.case import Case, describe, run_case
from relay.core.connector import Connector
from relay.core.errors import Unverified
from relay.core.event import Event
from relay.core.lookup import Answer, LookUp
from relay.core.payload import Node
from relay.core.request import Request
from relay.core.source import Source
from relay.core.translate import Translated, translate


@dataclass(frozen=True)
class Subject:
    """A connector with its cases, and its first event that was accepted, which the inherited tests use."""

    connector: Connector
    path: Path
    cases: Mapping[str, Case]

    def __str__(self) -> str:
        return self.connector.name

    @cached_property
    def accepted(self) -> list[Case]:
        outcomes = {case.title: run_case(case, self.connector)["outcome"] for case in self.cases.values()}
        return [
            case for case in self.cases.values() if outcomes[case.title] not in ("unverified", "handshake")
        ]

    @cached_property
    def first(self) -> Case:
        return next(case for case in self.accepted if run_case(case, self.connector)["events"])

    @cached_property
    def source(self) -> Source:
        return self.first.make_source(self.connector)

    @cached_property
    def live(self) -> Connector:
        return self.connector.for_source(self.connector, self.source)

    @cached_property
    def request(self) -> Request:
        return self.first.make_request()

    @property
    def keys(self) -> tuple[str, ...]:
        return self.source.keys(self.live.verify.secret)

    @property
    def covers_body(self) -> bool:
        """Whether the proof depends on the body, which a shown token does not."""
        one, other = (self.signed(replace(self.request, body=body)) for body in (b"{}", b"[]"))
        return (one.headers, one.token) != (other.headers, other.token)

    def with_keys(self, *keys: str) -> Source:
        return replace(self.source, secrets={**self.source.secrets, self.live.verify.secret: keys})

    def signed(self, request: Request) -> Request:
        return self.live.verify.sign(request, self.source, self.first.now)

    def refusal(self, request: Request, source: Source | None = None, now: float | None = None) -> str:
        """Why a request is refused; fails the test where it is accepted."""
        with pytest.raises(Unverified) as caught:
            self.live.verify(request, source or self.source, self.first.now if now is None else now)
        return str(caught.value)


def load(connector: Connector, path: Path, folder: Path) -> Subject:
    cases = {file.stem: Case.model_validate_json(file.read_bytes()) for file in sorted(folder.glob("*.json"))}
    return Subject(connector, path, cases)


def read(
    connector: Connector, source: Source, request: Request, answer: Callable[[LookUp], Answer]
) -> list[Translated]:
    """A request to its fates; `answer` plays the provider's API."""
    steps = translate(connector, request, source)
    try:
        asked: Sequence[LookUp] = next(steps)
        while True:
            asked = steps.send([answer(call) for call in asked])
    except StopIteration as stop:
        fates: list[Translated] = stop.value
        return fates


def recorded(case: Case) -> Callable[[LookUp], Answer]:
    """The case's answers; whatever else is asked is not there."""

    def answer(call: LookUp) -> Answer:
        found = next((one for one in case.upstream if one.answers(call)), None)
        return Answer(found.status, Node(found.body)) if found else Answer(404, Node(None))

    return answer


def deliver(
    subject: Subject, case: Case, body: bytes, answer: Callable[[LookUp], Answer]
) -> list[Translated]:
    """A body through everything that a connector does, signed as its sender would."""
    source = case.make_source(subject.connector)
    live = subject.connector.for_source(subject.connector, source)
    request = live.verify.sign(replace(case.make_request(), body=body), source, case.now)
    live.handshake(request, source)
    live.reply(request)
    fates = read(live, source, request, answer)
    for one in fates:
        if isinstance(one.fate, Event):
            orjson.dumps(describe(one.fate))
    return fates
