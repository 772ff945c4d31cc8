"""`make mutants`: breaks the code that proves senders in every small way and names what nobody notices.

What remains must stand in `equivalent.toml` with a reason.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.mutation.judge import Task, import_tasks, noticed_at_import, noticed_by, prepare, tasks

WHOLE = ("core.signatures", "")
REASONS = Path(__file__).with_name("equivalent.toml")


def main() -> int:
    began = time.monotonic()
    options = argparse.ArgumentParser(prog="python -m tests.mutation")
    options.add_argument("--every", type=int, default=1, help="try only each such mutant, none at import")
    every = options.parse_args().every
    if fault := prepare():
        sys.exit(f"noticed before anything was broken: {fault}")
    if every == 1 and (by := noticed_at_import(WHOLE)[1]) != "nobody":
        sys.exit(f"noticed at import before anything was broken: {by}")
    quick, slow = tasks(), import_tasks()
    with multiprocessing.get_context("fork").Pool() as pool:
        verdicts = dict(pool.imap_unordered(noticed_by, quick[::every], chunksize=4))
        if every == 1:
            verdicts |= pool.imap_unordered(noticed_at_import, slow)
    return report(verdicts, quick + slow, time.monotonic() - began)


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
