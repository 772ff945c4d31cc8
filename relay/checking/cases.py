"""What each recorded case must keep: it comes out as expected, says where it is from, and names nobody."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from pydantic import ValidationError

from relay.core.case import Case, CaseFault, differences, run_case
from relay.core.connector import Connector

_ADDRESS = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
_HEAD = re.compile(r"---|\+\+\+|@@")
_INVENTED = re.compile(r"\bexample(\.(com|org|net))?$", re.IGNORECASE)


def case_faults(case: Case, connector: Connector) -> Iterator[str]:
    """What is wrong with a case, as sentences; a difference from `expect` is one for each path."""
    yield from _form_faults(case, connector)
    yield from _strangers(case)
    try:
        result = run_case(case, connector)
    except CaseFault as fault:
        yield str(fault)
    except ValidationError as error:
        yield settings_fault(error, connector)
    except Exception as error:  # noqa: BLE001  # a connector is anybody's code
        yield f"the connector raises {error!r}"
    else:
        yield from differences(case.expect or {}, result)


def settings_fault(error: ValidationError, connector: Connector) -> str:
    keys = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
    return f"source.settings is not what {connector.name} takes: {keys}"


def _form_faults(case: Case, connector: Connector) -> Iterator[str]:
    if case.connector != connector.name:
        yield f"connector: the case is of {case.connector!r}, its folder of {connector.name!r}"
    if not case.title:
        yield "title: is empty; say in one sentence what the case shows"
    if not case.evidence:
        yield "evidence: is empty; say where the structure comes from"
    if case.expect is None:
        yield "expect: is missing, so the case proves nothing; `relay connectors try` prints what comes out"


def _strangers(case: Case) -> Iterator[str]:
    text = unquote(case.request.content.decode("utf-8", "replace")) + json.dumps(case.model_dump())
    strange = {domain for domain in _ADDRESS.findall(text) if not _INVENTED.search(domain)}
    for domain in sorted(strange):
        yield f"an address at {domain} may be a real person's: use example.com, example.org or example.net"


def event_diff(expected: Any, actual: Any) -> list[str]:
    """What was expected and what came instead, as the lines of a unified diff without its head.

    What `expected` leaves out and what counts as equal is not shown as a difference.
    """
    shown = (expected, _as_expected(expected, actual))
    before, after = (json.dumps(value, indent=2, ensure_ascii=False).splitlines() for value in shown)
    return [line for line in difflib.unified_diff(before, after, lineterm="") if not _HEAD.match(line)]


def _as_expected(expected: Any, actual: Any) -> Any:
    """`actual` in the shape and order of `expected`, so that only true differences differ."""
    if not list(differences(expected, actual)):
        return expected
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {key: _as_expected(value, actual.get(key)) for key, value in expected.items()}
    if isinstance(expected, list) and isinstance(actual, list):
        pairs = zip(expected, actual, strict=False)
        return [_as_expected(*pair) for pair in pairs] + actual[len(expected) :]
    return actual
