"""The report: report.md for people, report.json for machines, and the charts beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson

from tests.bench.bench import Result, Setting, table
from tests.bench.machine import versions


def write_report(folder: Path, results: Mapping[str, Result], setting: Setting, machine: str) -> Path:
    """Write all files into the folder; the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    short = " A quick run: shorter and on smaller ledgers, so that it says less." if setting.quick else ""
    head = f"{when}; {machine}; {versions()}; ledger on {setting.store}.{short}"
    parts = [f"# What was measured\n\n{head}\n", *map(_part, results.values())]
    page = folder / "report.md"
    page.write_text("\n".join(parts), "utf-8")
    for result in results.values():
        for name, chart in result.charts.items():
            (folder / name).write_text(chart, "utf-8")
    (folder / "report.json").write_bytes(
        orjson.dumps(_data(results, setting, machine, when), option=orjson.OPT_INDENT_2)
    )
    return page


def _part(result: Result) -> str:
    pictures = "\n".join(f"![{name.removesuffix('.svg')}]({name})\n" for name in result.charts)
    return f"## {result.title}\n\n{table(result.findings)}\n\n{pictures}\n{result.notes}\n"


def _data(results: Mapping[str, Result], setting: Setting, machine: str, when: str) -> dict[str, object]:
    return {
        "at": when,
        "machine": machine,
        "versions": versions(),
        "store": setting.store,
        "quick": setting.quick,
        "findings": {
            name: [asdict(one) | {"verdict": one.verdict} for one in result.findings]
            for name, result in results.items()
        },
    }
