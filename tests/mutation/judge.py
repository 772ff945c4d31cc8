"""Who notices a broken proof.

First the recorded cases and the inherited checks are asked; then, of what they do not notice in the core, the
tests of the schemes.
"""

from __future__ import annotations

import ast
import gc
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO

import pytest

from relay.checking.cases import case_faults
from tests.mutation import core
from tests.mutation.connectors import made_by, proof_mutants
from tests.mutation.mutate import Mutant
from tests.mutation.notice import Guarded, built_in, first_fault

SCHEMES = tuple(
    f"tests/core/test_{name}.py"
    for name in (
        "combined",
        "jwt",
        "keys",
        "places",
        "proof_rules",
        "tokens",
        "signatures",
        "schemes",
        "standard_webhooks",
    )
)
Task = tuple[str, str]


@cache
def guarded() -> dict[str, Guarded]:
    found = {str(one.subject): one for one in built_in()}
    for one in found.values():
        one.prepare()
    return found


@cache
def _connector_mutants(name: str) -> dict[str, Mutant]:
    return {one.name: one for one in proof_mutants(guarded()[name].subject.path.read_text("utf-8"))}


def prepare() -> str | None:
    """Makes what every mutant needs, before there are children; a fault that is there without any mutant."""
    # The tests, too, so that children find their modules imported.
    fault = fault_of_connectors() or fault_of_tests()
    core.prepare()
    # Children that do not touch what they inherit need not copy it.
    gc.collect()
    gc.freeze()
    return fault


def tasks() -> list[Task]:
    cores = [(f"core.{name}", mutant) for name in core.MODULES for mutant in core.core_mutants(name)]
    return cores + [(name, mutant) for name in guarded() for mutant in _connector_mutants(name)]


def import_tasks() -> list[Task]:
    return [(f"core.{name}", mutant) for name in core.MODULES for mutant in core.import_mutants(name)]


def noticed_at_import(task: Task) -> tuple[Task, str]:
    """The same for a mutant of what runs when a module is imported, in a process that does so."""
    place, name = task
    asked = (sys.executable, "-m", "tests.mutation.fresh", place.removeprefix("core."), name)
    return task, subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True).stdout


def noticed_by(task: Task) -> tuple[Task, str]:
    """Who notices a mutant: "cases", "tests", or "nobody"."""
    place, name = task
    if place.startswith("core."):
        return task, _core_noticed_by(place.removeprefix("core."), name)
    one, mutant = guarded()[place], _connector_mutants(place)[name]
    return task, "cases" if _fault_made_by(one, mutant.tree) else "nobody"


def fault_of_connectors() -> str | None:
    """What is noticed in connectors that are made like their mutants, and are whole."""
    made = ((one, ast.parse(one.subject.path.read_text("utf-8"))) for one in guarded().values())
    return next(filter(None, (_fault_made_by(one, tree) for one, tree in made)), None)


def _fault_made_by(one: Guarded, tree: ast.Module) -> str | None:
    try:
        made = one.as_made_by(made_by(one.module, tree))
    except Exception as error:  # noqa: BLE001  # what cannot even be imported is noticed by everybody
        return f"{one.subject}: cannot be made: {error!r}"
    connector = made.subject.connector
    return first_fault([made]) or next(
        (fault for case in made.subject.cases.values() for fault in case_faults(case, connector)), None
    )


def _core_noticed_by(module: str, name: str) -> str:
    with core.in_place(module, core.core_mutants(module)[name]):
        if first_fault(guarded().values()):
            return "cases"
        return "tests" if _tests_fail() else "nobody"


def _tests_fail() -> bool:
    """The tests of the schemes, in a child that has the broken code in its memory."""
    child = os.fork()
    if child == 0:
        os._exit(fault_of_tests() is not None)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) != 0


def fault_of_tests() -> str | None:
    with redirect_stdout(StringIO()) as told, redirect_stderr(told):
        failed = pytest.main(["-x", "-q", *SCHEMES])
    return told.getvalue() if failed else None
