"""A connector with its recorded cases, and the ways to put it through what a delivery goes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from relay.core.case import Case, CaseFault, describe, parse_case, run_case
from relay.core.connector import Connector, find_handler
from relay.core.errors import Unverified
from relay.core.event import Event
from relay.core.fate import CONNECTOR_FAILED, Parked, Translated
from relay.core.lookup import Answer, LookUp, settled
from relay.core.payload import Node
from relay.core.request import Request
from relay.core.source import Source
from relay.core.translate import translate


class NotApplicable(Exception):
    """A check has nothing to look at in this connector; the message says why."""


class Misbehaved(Exception):
    """The connector's own code failed on a delivery; the message says how, without the delivery's data."""


@dataclass(frozen=True, repr=False)
class Subject:
    """A connector with its cases by name, and its first event that was accepted, which the checks use.

    `path` is the connector's file; `unreadable` says of files among the cases why they are none.
    """

    connector: Connector
    path: Path
    cases: Mapping[str, Case]
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return self.connector.name

    @cached_property
    def results(self) -> Mapping[str, dict[str, Any]]:
        """What becomes of each case, by name; those that cannot be run tell so themselves."""
        results = {}
        for name, case in self.cases.items():
            with suppress(Exception):
                results[name] = run_case(case, self.connector)
        return results

    @cached_property
    def accepted(self) -> list[Case]:
        refused = ("unverified", "handshake")
        return [self.cases[name] for name, result in self.results.items() if result["outcome"] not in refused]

    @cached_property
    def first(self) -> Case:
        for name, result in self.results.items():
            if result["events"]:
                return self.cases[name]
        raise NotApplicable("needs a case that has an event")

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
        """Whether the proof depends on the body, which a shown token does not.

        Either what is signed says so or what is refused; a verifier may forget to look at what it signs.
        """
        signed = self.signed(self.request)
        longer = replace(signed, body=signed.body + b" ")
        other = self.signed(replace(self.request, body=self.request.body + b" "))
        return (signed.headers, signed.token) != (other.headers, other.token) or self.refusal(
            longer
        ) is not None

    def with_keys(self, *keys: str) -> Source:
        return replace(self.source, secrets={**self.source.secrets, self.live.verify.secret: keys})

    def signed(self, request: Request) -> Request:
        return self.live.verify.sign(request, self.source, self.first.now)

    def refusal(self, request: Request, source: Source | None = None, now: float | None = None) -> str | None:
        """Why a request is refused; None where it is accepted."""
        try:
            self.live.verify(request, source or self.source, self.first.now if now is None else now)
        except Unverified as refused:
            return str(refused)
        return None


def load(connector: Connector, path: Path, folder: Path) -> Subject:
    """A subject from a connector's file and its folder of cases."""
    cases: dict[str, Case] = {}
    unreadable: dict[str, str] = {}
    for file in sorted(folder.glob("*.json")):
        try:
            cases[file.stem] = parse_case(file.read_bytes())
        except CaseFault as fault:
            unreadable[file.stem] = str(fault)
        except OSError as error:
            unreadable[file.stem] = error.strerror or str(error)
    return Subject(connector, path, cases, unreadable)


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
        return settled(call, Answer(found.status, Node(found.body)) if found else Answer(404, Node(None)))

    return answer


def deliver(
    subject: Subject, case: Case, body: bytes, answer: Callable[[LookUp], Answer]
) -> list[Translated]:
    """A body through everything that a connector does, signed as its sender would.

    Raises `Misbehaved` where the connector's code fails, and whatever else that code raises.
    """
    source = case.make_source(subject.connector)
    live = subject.connector.for_source(subject.connector, source)
    request = live.verify.sign(replace(case.make_request(), body=body), source, case.now)
    live.handshake(request, source)
    live.reply(request)
    fates = read(live, source, request, answer)
    for one in fates:
        if isinstance(one.fate, Parked) and one.fate.reason.startswith(CONNECTOR_FAILED):
            raise Misbehaved(one.fate.reason)
        if isinstance(one.fate, Event):
            orjson.dumps(describe(one.fate))
    return fates
