"""Every benchmark in turn, and a report with charts: `make bench`, or `python -m tests.bench --help`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench import away, backlog, end_to_end, growth, idle, intake, lists, start_up, translation
from tests.bench.bench import Measure, Result, Setting, options, table, tell
from tests.bench.machine import described
from tests.bench.report import write_report

BENCHES: dict[str, Measure] = {
    "intake": intake.measure,
    "end_to_end": end_to_end.measure,
    "idle": idle.measure,
    "backlog": backlog.measure,
    "growth": growth.measure,
    "start_up": start_up.measure,
    "translation": translation.measure,
    "lists": lists.measure,
    "away": away.measure,
}

SHARED = ("intake", "end_to_end", "idle")
"""Those that run on PostgreSQL as well."""


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--only", nargs="+", choices=BENCHES, default=list(BENCHES), help="only some of them")
    parser.add_argument("--out", type=Path, default=Path("bench-report"), help="folder for the report")
    given = parser.parse_args()
    if given.store == "postgres":
        given.only = [name for name in given.only if name in SHARED]
    machine, results = described(), {}
    with tempfile.TemporaryDirectory(dir=given.dir, prefix=".bench-") as cache:
        for name in given.only:
            tell(f"== {name}")
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                setting = Setting(Path(folder), Path(cache), given.quick, given.store, given.rounds)
                with setting.stack:
                    results[name] = _measured(name, setting)
    page = write_report(given.out, results, setting, machine)
    findings = [one for result in results.values() for one in result.findings]
    sys.stdout.write(f"{table(findings)}\n\nreport: {page}\n")
    return int(any(not result.findings for result in results.values()))


def _measured(name: str, setting: Setting) -> Result:
    """What it found. One that fails must not hide what the others found."""
    try:
        return BENCHES[name](setting)
    except (RuntimeError, OSError) as error:
        tell(f"{name} failed: {error}")
        return Result(name, [], notes=f"Failed: {error}")


if __name__ == "__main__":
    sys.exit(main())
