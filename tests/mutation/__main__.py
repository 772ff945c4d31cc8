"""`make mutants`: breaks the code that proves senders in every small way and names what nobody notices.

First the recorded cases and the inherited checks are asked; then, of what they do not notice, the cases in
full and the tests of the schemes. What remains must stand in `equivalent.py` with a reason.
"""

from __future__ import annotations

import argparse
import ast
import gc
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from functools import cache

import pytest

from relay.checking.cases import case_faults
from tests.mutation import core
from tests.mutation.connectors import made_by, proof_mutants
from tests.mutation.equivalent import EQUIVALENT
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
    fault = next(filter(None, map(_fault_as_it_is, guarded().values())), None)
    core.prepare()
    # Children that do not touch what they inherit need not copy it.
    gc.collect()
    gc.freeze()
    return fault


def tasks() -> list[Task]:
    cores = [(f"core.{name}", mutant) for name in core.MODULES for mutant in core.core_mutants(name)]
    return cores + [(name, mutant) for name in guarded() for mutant in _connector_mutants(name)]


def noticed_by(task: Task) -> tuple[Task, str]:
    """Who notices a mutant: "cases", "tests", or "nobody"."""
    place, name = task
    if place.startswith("core."):
        return task, _core_noticed_by(place.removeprefix("core."), name)
    one, mutant = guarded()[place], _connector_mutants(place)[name]
    return task, "cases" if _fault_made_by(one, mutant.tree) else "nobody"


def _fault_as_it_is(one: Guarded) -> str | None:
    """The fault of a connector that is made like its mutants, and is whole."""
    return _fault_made_by(one, ast.parse(one.subject.path.read_text("utf-8")))


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
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os._exit(int(pytest.main(["-x", "-q", "-p", "no:randomly", *SCHEMES])))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) != 0


def main() -> int:
    began = time.monotonic()
    options = argparse.ArgumentParser(prog="python -m tests.mutation")
    options.add_argument("--every", type=int, default=1, help="try only each such mutant")
    chosen = tasks()[:: options.parse_args().every]
    if fault := prepare():
        sys.exit(f"noticed before anything was broken: {fault}")
    if _tests_fail():
        sys.exit(f"the tests of the schemes fail before anything was broken: {' '.join(SCHEMES)}")
    with multiprocessing.get_context("fork").Pool() as pool:
        verdicts = dict(pool.imap_unordered(noticed_by, chosen, chunksize=4))
    return report(verdicts, time.monotonic() - began)


def report(verdicts: Mapping[Task, str], took: float) -> int:
    """Says what was noticed by whom; 1 where a mutant is noticed by nobody and has no reason to be."""
    names = {f"{place} {name}": by for (place, name), by in verdicts.items()}
    unnoticed = {name for name, by in names.items() if by == "nobody"}
    holes = unnoticed - EQUIVALENT.keys()
    settled = (EQUIVALENT.keys() & names.keys()) - unnoticed
    lines = [f"nobody notices: {name}" for name in sorted(holes)]
    lines += [f"is noticed after all: {name}" for name in sorted(settled)]
    counts = Counter(names.values())
    lines.append(
        f"{len(names)} mutants: {counts['cases']} noticed by cases and inherited checks, "
        f"{counts['tests']} by the tests of the schemes, {len(unnoticed & EQUIVALENT.keys())} equivalent, "
        f"{len(holes)} by nobody; {took:.0f} s"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if holes or settled else 0


if __name__ == "__main__":
    sys.exit(main())
