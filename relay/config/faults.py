"""Faults of a configuration: which key, what is wrong with it, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from relay.config.keys import Path, at, names, nearest, written
from relay.config.values import WANTED


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake. `key` is in TOML notation, or the path of the file where that cannot be read at all."""

    key: str
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}" + (f"; {self.hint}" if self.hint else "")


def _by_number(fault: Fault) -> tuple[list[str | int], Fault]:
    """The order of the file's lists: routes[2] before routes[10]."""
    texts_and_numbers = enumerate(re.split(r"([0-9]+)", fault.key))
    return [int(part) if place % 2 else part for place, part in texts_and_numbers], fault


class ConfigFaults(Exception):
    """Every mistake of a configuration at once, sorted by key. Holds no value that may be a secret."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults), key=_by_number)
        super().__init__("\n".join(map(str, self.faults)))


class Findings:
    """Collects what is wrong, and what is allowed and probably not wanted."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.faults = list(faults)
        self.warnings: list[str] = []

    def fault(self, path: Path, problem: str, hint: str = "") -> None:
        self.faults.append(Fault(written(path), problem, hint))

    def warn(self, path: Path, remark: str) -> None:
        self.warnings.append(f"{written(path)}: {remark}")


_PROBLEMS = {
    "missing": "is missing",
    "string_type": "should be text",
    "string_too_short": "is empty",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "too_short": "should hold at least one value",
    "list_type": "should be a list",
    "tuple_type": "should be a list",
    "dict_type": "should be a table",
    "model_type": "should be a table",
    "model_attributes_type": "should be a table",
    "path_type": "should be the path of a file or folder",
    "extra_forbidden": "is unknown",
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_parsing_size", "int_from_float"), "should be a whole number"
    ),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "should be a number"),
}


def problem(error: ErrorDetails) -> str:
    """What pydantic found, in the words of this relay and without the value."""
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "value_error":
            return str(context["error"]) or "is not accepted"
        case "string_pattern_mismatch":
            pattern = context["pattern"]
            return WANTED.get(pattern, f"should match {pattern}")
        case "literal_error" | "enum":
            return f"should be {context['expected']}"
        case "union_tag_invalid":
            return f"should be one of {context['expected_tags']}"
        case _:
            return _PROBLEMS.get(kind) or error["msg"].removeprefix("Input ")


def located(error: ErrorDetails, data: Any) -> Path:
    """Where in the data the error is: pydantic's location without what names only a type."""
    path: list[str | int] = []
    for part in error["loc"]:
        if _has(data, part):
            data = data[part]
            path.append(part)
    if error["type"] == "missing":
        path.append(error["loc"][-1])
    return tuple(path)


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def explain(error: ValidationError, model: Any, data: Any, above: Path = ()) -> Iterator[tuple[Path, Fault]]:
    """Each error of a validation as a fault, with its place. `above` is where in the file the data stands."""
    for detail in error.errors(include_url=False, include_input=False):
        path = located(detail, data)
        hint = near(path, names(at(model, path[:-1]))) if detail["type"] == "extra_forbidden" else ""
        yield (*above, *path), Fault(written((*above, *path)), problem(detail), hint)


def near(path: Path, known: Iterable[str]) -> str:
    """A hint at the known names beside an unknown one: the one that was probably meant, or all."""
    known = list(known)
    meant = nearest(str(path[-1]), known) if path else None
    if meant:
        return f"did you mean {meant}?"
    return f"known here: {', '.join(known)}" if known else ""
