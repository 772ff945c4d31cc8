"""Cases as files, and what today's connector reads as their expectation."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import ValidationError

from relay.core.case import Case, CaseFault, run_case
from relay.core.connector import Connector

_TOLD = ("outcome", "delivery_ids", "events", "lookups", "reason")


def result_of(case: Case, connector: Connector) -> dict[str, Any]:
    """What becomes of a case. Raises `CaseFault` as `run_case` does, and for settings that do not fit."""
    try:
        return run_case(case, connector)
    except ValidationError as error:
        raise CaseFault(f"the settings are not what {connector.name} takes: {error.title}") from None


def with_expectation(case: Case, connector: Connector) -> Case:
    """The case with what the connector makes of it now. Raises `CaseFault` as `run_case` does."""
    result = result_of(case, connector)
    expect = {key: result[key] for key in _TOLD if result[key] not in (None, [])}
    if result["reply"] != _USUAL:
        expect["reply"] = result["reply"]
    return case.model_copy(update={"expect": expect})


_USUAL = {"status": 200, "headers": {}, "body": ""}


def case_text(case: Case) -> str:
    """A case as its file's text, in the order of the documentation, without what is at its default."""
    data: dict[str, Any] = case.model_dump(mode="json", exclude_defaults=True)
    data["now"] = int(case.now) if case.now == int(case.now) else case.now
    first = ("title", "evidence", "connector", "now", "source", "request", "upstream", "expect")
    ordered = {key: data[key] for key in first if key in data}
    return orjson.dumps(ordered, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
