"""A connector with its recorded cases, and the ways to put it through what a delivery goes through."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
import pytest

from relay.core.case import Case, describe, run_case
from relay.core.connector import Connector, find_handler
from relay.core.errors import Unreadable, Unverified
from relay.core.event import Event
from relay.core.fate import CONNECTOR_FAILED, Parked, Translated
from relay.core.jwt import parse_jwt
from relay.core.lookup import Answer, LookUp
from relay.core.payload import Node
from relay.core.request import Request
from relay.core.source import Source
from relay.core.translate import translate

ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    "",
    "x\x00",
    "9" * 5000,
    "9999-12-31T23:59:59Z",
    [],
    {},
    [None],
)


@dataclass(frozen=True, repr=False)
class Subject:
    """A connector with its cases, and its first event that was accepted, which the inherited tests use."""

    connector: Connector
    path: Path
    cases: Mapping[str, Case]

    def __repr__(self) -> str:
        return self.connector.name

    @cached_property
    def accepted(self) -> list[Case]:
        outcomes = {case.title: run_case(case, self.connector)["outcome"] for case in self.cases.values()}
        return [
            case for case in self.cases.values() if outcomes[case.title] not in ("unverified", "handshake")
        ]

    @cached_property
    def first(self) -> Case:
        for case in self.accepted:
            if run_case(case, self.connector)["events"]:
                return case
        pytest.fail(f"no case of {self} has an event: add one to tests/connectors/{self}")

    @cached_property
    def types(self) -> dict[str, Case]:
        """The event types of the accepted cases, each with its first case."""
        return {
            one.event_type: case
            for case in reversed(self.accepted)
            for one in deliver(self, case, case.request.content, recorded(case))
        }

    @cached_property
    def handled(self) -> list[Case]:
        """A case for each handler."""
        chosen = {find_handler(self.live, name): case for name, case in sorted(self.types.items())}
        return [case for handler, case in chosen.items() if handler is not None]

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
        """Whether the proof depends on the body, which a shown token does not: a space more is refused."""
        signed = self.signed(self.request)
        try:
            self.live.verify(replace(signed, body=signed.body + b" "), self.source, self.first.now)
        except Unverified:
            return True
        return False

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
        assert not (isinstance(one.fate, Parked) and one.fate.reason.startswith(CONNECTOR_FAILED)), one.fate
        if isinstance(one.fate, Event):
            orjson.dumps(describe(one.fate))
    return fates


def document_in(body: bytes) -> Any:
    """The JSON value of a body, also within a JWT, which signing makes of it again; None for other kinds."""
    try:
        return json.loads(body)
    except ValueError:
        pass
    try:
        return parse_jwt(Request("POST", "", {}, body)).raw
    except Unreadable:
        return None


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key inside a JSON value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def variants(document: Any) -> Iterator[Any]:
    """A document with each value in turn missing or odd; only valid until the next one."""
    root = {"root": copy.deepcopy(document)}
    for container, key in list(places(root)):
        kept = container[key]
        for odd in ODD_VALUES:
            container[key] = odd
            yield root["root"]
        if isinstance(container, dict) and container is not root:
            del container[key]
            yield root["root"]
        container[key] = kept
