"""`make mutants`: breaks the code that proves senders in every small way and names what nobody notices.

First the recorded cases and the inherited checks are asked; then, of what they do not notice, the cases in
full and the tests of the schemes. What remains must stand in `equivalent.toml` with a reason.
"""

from __future__ import annotations

import argparse
import ast
import gc
import multiprocessing
import os
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

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
REASONS = Path(__file__).with_name("equivalent.toml")
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
    # Here, so that children find the modules of the tests imported.
    if _run_tests() != 0:
        fault = f"the tests of the schemes fail: {' '.join(SCHEMES)}"
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
        os._exit(_run_tests())
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) != 0


def _run_tests() -> int:
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        return int(pytest.main(["-x", "-q", *SCHEMES]))


def main() -> int:
    began = time.monotonic()
    options = argparse.ArgumentParser(prog="python -m tests.mutation")
    options.add_argument("--every", type=int, default=1, help="try only each such mutant")
    every = options.parse_args().every
    if fault := prepare():
        sys.exit(f"noticed before anything was broken: {fault}")
    everything = tasks()
    with multiprocessing.get_context("fork").Pool() as pool:
        verdicts = dict(pool.imap_unordered(noticed_by, everything[::every], chunksize=4))
    return report(verdicts, everything, time.monotonic() - began)


def report(verdicts: Mapping[Task, str], everything: Iterable[Task], took: float) -> int:
    """Says what was noticed by whom; 1 where a mutant is noticed by nobody and has no reason to be."""
    reasons = equivalent()
    unnoticed = {task for task, by in verdicts.items() if by == "nobody"}
    faults = {
        "nobody notices": unnoticed - reasons.keys(),
        "is noticed after all": (reasons.keys() & verdicts.keys()) - unnoticed,
        "is no mutant": reasons.keys() - set(everything),
    }
    for fault, found in faults.items():
        for place, name in sorted(found):
            sys.stdout.write(f"{fault}: {place} {name}\n")
    counts = Counter(verdicts.values())
    sys.stdout.write(
        f"{len(verdicts)} mutants: {counts['cases']} noticed by cases and inherited checks, "
        f"{counts['tests']} by the tests of the schemes, {len(unnoticed & reasons.keys())} equivalent, "
        f"{len(faults['nobody notices'])} by nobody; {took:.0f} s\n"
    )
    return 1 if any(faults.values()) else 0


def equivalent() -> dict[Task, str]:
    """The mutants that nobody can notice, each with the reason."""
    places = tomllib.loads(REASONS.read_text("utf-8"))
    return {(place, name): why for place, named in places.items() for name, why in named.items()}


if __name__ == "__main__":
    sys.exit(main())
