"""Runs every check and every case of a connector; a verdict is a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from traceback import extract_tb
from typing import Any, Literal

from relay.checking.cases import case_faults, event_diff
from relay.checking.checks import CHECKS, Check
from relay.checking.subject import NotApplicable, Subject
from relay.core.case import Case

MOST_FAULTS = 10
"""A connector that trips over one odd value trips over a hundred."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one case or one check ended. `reason` says why it was skipped; `diff` is one of the result."""

    connector: str
    what: Literal["case", "check"]
    name: str
    faults: tuple[str, ...] = ()
    reason: str = ""
    diff: tuple[str, ...] = ()

    @property
    def state(self) -> Literal["passed", "failed", "skipped"]:
        return "failed" if self.faults else "skipped" if self.reason else "passed"


def count(subject: Subject) -> int:
    """How many verdicts `run` gives."""
    return len(subject.cases) + len(subject.unreadable) + len(CHECKS)


def run(subject: Subject) -> Iterator[Verdict]:
    for name, why in subject.unreadable.items():
        yield Verdict(subject.connector.name, "case", name, (why,))
    for name, case in subject.cases.items():
        yield run_one_case(subject, name, case)
    for check in CHECKS:
        yield run_check(subject, check)


def run_one_case(subject: Subject, name: str, case: Case) -> Verdict:
    faults = tuple(case_faults(case, subject.connector))
    result: Mapping[str, Any] | None = subject.results.get(name)
    diff = event_diff(case.expect, result) if faults and result and case.expect else ()
    return Verdict(subject.connector.name, "case", name, faults, diff=tuple(diff))


def run_check(subject: Subject, check: Check) -> Verdict:
    title = check.__name__.replace("_", " ")
    try:
        faults = tuple(islice(check(subject), MOST_FAULTS))
    except NotApplicable as error:
        return Verdict(subject.connector.name, "check", title, reason=str(error))
    except Exception as error:  # noqa: BLE001  # a connector is anybody's code
        return Verdict(subject.connector.name, "check", title, (_raised(error),))
    return Verdict(subject.connector.name, "check", title, faults)


def _raised(error: Exception) -> str:
    frame = extract_tb(error.__traceback__)[-1]
    return f"raises {error!r} at {Path(frame.filename).name}:{frame.lineno}"
