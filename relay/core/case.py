"""Recorded cases: one delivery, what the provider's API answered, and what is expected of it.

`docs/cases.md` documents the format; tests, `relay connectors try` and `relay simulate` share this code.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from relay.core.connector import Connector, Ignored
from relay.core.errors import Unverified
from relay.core.event import Event
from relay.core.fate import Deferred, Parked, Translated
from relay.core.lookup import Answer, LookUp, settled
from relay.core.moments import in_utc
from relay.core.payload import Node
from relay.core.request import Reply, Request, fold_headers, public_url
from relay.core.source import Source
from relay.core.translate import translate


class CaseFault(Exception):
    """A case that cannot be run: it asks for an answer that it does not hold, or is not of the format."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CaseSource(_Model):
    public_url: str | None = None
    secrets: dict[str, list[str]] = {}
    settings: dict[str, Any] = {}


class CaseRequest(_Model):
    method: str = "POST"
    url: str
    headers: dict[str, str] = {}
    body: str = ""
    body_base64: str | None = None

    @property
    def content(self) -> bytes:
        return self.body.encode() if self.body_base64 is None else base64.b64decode(self.body_base64)


class Upstream(_Model):
    method: str = "GET"
    url: str
    status: int = 200
    headers: dict[str, str] = {}
    body: Any = None
    body_contains: str | None = None

    def answers(self, call: LookUp) -> bool:
        """Whether this is the recorded answer to a look-up; the order of the query does not matter."""
        return (
            self.method == call.method
            and _comparable(self.url) == _comparable(call.url)
            and (self.body_contains is None or self.body_contains.encode() in (call.body or b""))
        )


class Case(BaseModel):
    """One recorded delivery. Unknown keys beside these are the author's notes."""

    model_config = ConfigDict(frozen=True)

    title: str
    connector: str
    now: float
    evidence: str = ""
    source: CaseSource = CaseSource()
    request: CaseRequest
    upstream: list[Upstream] = []
    expect: dict[str, Any] | None = Field(default=None)

    def make_source(self, connector: Connector, name: str = "case") -> Source:
        """The source; secrets that the case does not need may be missing. Raises `CaseFault`."""
        known = connector.secrets.model_fields
        if unknown := sorted(self.source.secrets.keys() - known.keys()):
            names = ", ".join(known)
            raise CaseFault(f"source.secrets.{unknown[0]}: {connector.name} knows {names}")
        secrets = {key: tuple(values) for key, values in self.source.secrets.items()}
        return Source(name, secrets, connector.settings.model_validate(self.source.settings))

    def answer_to(self, call: LookUp) -> Answer | None:
        """What the provider's API answered; None where that was not recorded."""
        for upstream in self.upstream:
            if upstream.answers(call):
                headers = {name.lower(): value for name, value in upstream.headers.items()}
                wait = headers.get("retry-after", "")
                return Answer(upstream.status, Node(upstream.body), float(wait) if wait.isdigit() else None)
        return None

    def make_request(self) -> Request:
        given = self.request
        return Request(
            method=given.method,
            url=public_url(self.source.public_url, given.url),
            headers=fold_headers(given.headers.items()),
            body=given.content,
            token=token_in(given.url),
            received_at=self.now,
        )


def parse_case(content: bytes) -> Case:
    """A case file's content as a case. Raises `CaseFault`, whose message follows the file's name."""
    try:
        return Case.model_validate(orjson.loads(content))
    except orjson.JSONDecodeError as error:
        raise CaseFault(f"is not JSON: {error}") from None
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].lower()}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise CaseFault(f"is not a case: {faults}") from None


def token_in(url: str) -> str | None:
    """The token of `/hooks/{source}/{token}`, None where the path is not of that form."""
    segments = urlsplit(url).path.strip("/").split("/")
    return segments[2] if len(segments) == 3 and segments[0] == "hooks" else None


def _comparable(url: str) -> tuple[str, str, str, list[tuple[str, str]]]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc, parts.path, sorted(parse_qsl(parts.query, keep_blank_values=True))


Missing = Callable[[LookUp], Answer]


def _refuse(call: LookUp) -> Answer:
    raise CaseFault(f"look-up without a recorded answer in upstream: {call.method} {call.url}")


def run_case(case: Case, connector: Connector, missing: Missing = _refuse) -> dict[str, Any]:
    """What really becomes of a case, in the shape of `expect` plus `lookups` and `reason`.

    A look-up without a recorded answer gets that of `missing`, which raises `CaseFault` by default.
    """
    source, request = case.make_source(connector), case.make_request()
    try:
        connector = connector.for_source(connector, source)
    except ValueError as error:
        raise CaseFault(f"source: {str(error) or 'the connector refuses it and does not say why'}") from None
    handshake = connector.handshake(request, source)
    if handshake is not None:
        return _result(
            "handshake", handshake, reason=handshake.tell or "answered without entering the pipeline"
        )
    if request.method not in connector.methods:
        return _result("unverified", Reply(405), reason=f"method {request.method} is not accepted")
    try:
        connector.verify(request, source, case.now)
    except Unverified as error:
        return _result("unverified", Reply(401), reason=str(error))
    calls: list[LookUp] = []
    translated = _drive(partial(_recorded, case, missing), connector, request, source, calls)
    return _summary(translated, connector.reply(request), calls)


def _drive(
    answer: Missing, connector: Connector, request: Request, source: Source, calls: list[LookUp]
) -> list[Translated]:
    steps = translate(connector, request, source)
    try:
        asked: Sequence[LookUp] = next(steps)
        while True:
            calls.extend(asked)
            asked = steps.send([answer(call) for call in asked])
    except StopIteration as stop:
        translated: list[Translated] = stop.value
        return translated


def _recorded(case: Case, missing: Missing, call: LookUp) -> Answer:
    return settled(call, case.answer_to(call) or missing(call))


def _summary(translated: list[Translated], reply: Reply, calls: list[LookUp]) -> dict[str, Any]:
    fates = [one.fate for one in translated]
    events = [describe(fate) for fate in fates if isinstance(fate, Event)]
    reasons = [fate.reason for fate in fates if isinstance(fate, Ignored)]
    faults = [_fault(fate) for fate in fates if isinstance(fate, Parked | Deferred)]
    outcome = "events" if events else "parked" if faults else "ignored"
    ids = [one.delivery_id for one in translated if one.delivery_id is not None]
    return _result(
        outcome,
        reply,
        delivery_ids=ids,
        events=events,
        lookups=[_shown(call) for call in calls],
        reason="; ".join(dict.fromkeys(faults + reasons)) or None,
    )


def _fault(fate: Parked | Deferred) -> str:
    if isinstance(fate, Deferred):
        return f"{fate.reason} (asked again later)"
    return f"{fate.path}: {fate.reason}"


def _shown(call: LookUp) -> dict[str, Any]:
    return {"method": call.method, "url": call.url, "body": call.body.decode() if call.body else None}


def _result(outcome: str, reply: Reply, **more: Any) -> dict[str, Any]:
    shown = {
        "status": reply.status,
        "headers": dict(reply.headers),
        "body": reply.body.decode("utf-8", "replace"),
    }
    result: dict[str, Any] = {
        "outcome": outcome,
        "reply": shown,
        "delivery_ids": [],
        "events": [],
        "lookups": [],
        "reason": None,
    }
    return result | more


def describe(event: Event) -> dict[str, Any]:
    """An event as plain data in the format of cases; times are RFC 3339 in UTC."""
    return {
        "kind": event.kind.value,
        "key": event.key,
        "occurred_at": show_time(event.occurred_at),
        "ends_at": show_time(event.ends_at) if event.ends_at else None,
        "contacts": [contact.named() for contact in event.contacts],
        "unsubscribed": sorted(event.unsubscribed),
        "location": event.location,
        "employee": event.employee,
        "withdraws": event.withdraws,
        "test": event.test,
        "notes": list(event.notes),
    }


def show_time(moment: datetime) -> str:
    return in_utc(moment).isoformat().replace("+00:00", "Z")


def differences(expected: Any, actual: Any, path: str = "expect") -> Iterator[str]:
    """Where `actual` differs from `expected`, one sentence each.

    Keys left out of `expected` are not compared, null and absent are equal, times are compared as moments.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            given = actual.get(key)
            if key == "headers" and isinstance(value, dict) and isinstance(given, dict):
                value = {name.lower(): text for name, text in value.items()}  # noqa: PLW2901  # folded
                given = {name.lower(): text for name, text in given.items()}
            yield from differences(value, given, f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif expected != actual and not _same_moment(expected, actual):
        yield f"{path}: expected {_json(expected)}, got {_json(actual)}"


def _same_moment(one: Any, other: Any) -> bool:
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    try:
        return datetime.fromisoformat(one) == datetime.fromisoformat(other)
    except (ValueError, TypeError):
        return False


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def sign_anew(case: Case, connector: Connector, source: Source, now: float) -> Request:
    """The case's request as its sender would send it to `source` at `now`."""
    connector = connector.for_source(connector, source)
    return connector.verify.sign(replace(case.make_request(), token=None, received_at=now), source, now)
