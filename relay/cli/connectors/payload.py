"""A bare payload as a delivery: what its sender's headers would be, and a signature for the test."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from relay.checking.cases import settings_fault
from relay.cli.output import Exit, fail
from relay.core.case import Case, CaseFault, CaseRequest, CaseSource
from relay.core.connector import Connector
from relay.recording.signing import sign_for_test


class Payload(NamedTuple):
    body: bytes
    headers: dict[str, str]


def read_payload(path: Path, headers: list[str]) -> Payload:
    """A file with headers as `name: value`. Exits with what is wrong with them."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise fail(f"{path}: {error.strerror}", Exit.USAGE) from None
    given = {"content-type": content_type(body)}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise fail(f"--header {header!r} is not of the form `name: value`", Exit.USAGE)
        given[name.strip().lower()] = value.strip()
    return Payload(body, given)


def content_type(body: bytes) -> str:
    """What a sender of such a body would say it is."""
    match body.lstrip()[:1]:
        case b"{" | b"[":
            return "application/json"
        case b"<":
            return "text/xml; charset=utf-8"
        case b"-":
            boundary = body.lstrip().split(b"\n")[0].strip()[2:].decode("ascii", "replace")
            return f"multipart/form-data; boundary={boundary}"
    return "application/x-www-form-urlencoded"


def case_of(payload: Payload, connector: Connector, settings: dict[str, Any]) -> Case:
    """The payload as a case of now, signed with a test key. Exits where that cannot be."""
    request = CaseRequest(
        url=f"https://relay.example.com/hooks/{connector.name}",
        headers=payload.headers,
        body_base64=base64.b64encode(payload.body).decode(),
    )
    case = Case(
        title="tried",
        connector=connector.name,
        now=round(time.time()),
        source=CaseSource(settings=settings),
        request=request,
    )
    try:
        return sign_for_test(case, connector)
    except CaseFault as fault:
        raise fail(str(fault), Exit.NO, "try a case instead: --case FILE") from None
    except ValidationError as error:
        hint = "give such a source settings in the configuration, and name it with --source"
        raise fail(settings_fault(error, connector), Exit.USAGE, hint) from None
