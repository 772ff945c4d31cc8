"""What every benchmark has in common: how it is called, what it is given, and what it hands back."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from relay.store import Place
from tests.bench.database import Database
from tests.bench.machine import described, versions
from tests.bench.scene import STORES

Verdict = Literal["met", "missed", ""]

TIMES = "\N{MULTIPLICATION SIGN}"

DISTURBED = 0.1
"""Where others had more of the server's core than this, a verdict on a rate or a latency is worth little."""


@dataclass(frozen=True)
class Finding:
    """One figure. `limit`: at most this, or at least where `floor`; None: told, not judged.

    `others`: the share of the server's core that others had meanwhile.
    """

    what: str
    measured: float
    unit: str = ""
    limit: float | None = None
    floor: bool = False
    others: float = 0.0

    @property
    def verdict(self) -> Verdict:
        if self.limit is None:
            return ""
        kept = self.measured >= self.limit if self.floor else self.measured <= self.limit
        return "met" if kept else "missed"

    @property
    def bound(self) -> str:
        if self.limit is None:
            return ""
        return f"{'≥' if self.floor else '≤'} {shown(self.limit)}{_spaced(self.unit)}"

    @property
    def value(self) -> str:
        return f"{shown(self.measured)}{_spaced(self.unit)}"


def shown(number: float) -> str:
    """Three digits that matter, thousands apart."""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}" if abs(number) < 10 else f"{number:.1f}".removesuffix(".0")


def _spaced(unit: str) -> str:
    return f" {unit}" if unit else ""


@dataclass(frozen=True)
class Result:
    """What one benchmark found. `charts`: SVG by file name; `notes`: Markdown below the table."""

    title: str
    findings: list[Finding]
    charts: dict[str, str] = field(default_factory=dict)
    notes: str = ""


@dataclass
class Setting:
    """`folder`: on the disk in question, and empty; `cache`: beside it, for what several benchmarks want.

    `quick`: shorter and smaller, so that it says less.
    """

    folder: Path
    cache: Path
    quick: bool = False
    store: str = "sqlite"
    rounds: int = 3
    stack: ExitStack = field(default_factory=ExitStack)

    def own(self, name: str) -> Path:
        """A new folder in it."""
        return Path(tempfile.mkdtemp(dir=self.folder, prefix=f"{name}-"))

    def ledger(self, folder: Path) -> Place:
        """Of a new, empty one."""
        return self.database.new() if self.store == "postgres" else folder / "relay.db"

    @cached_property
    def database(self) -> Database:
        return Database(self.stack)


Measure = Callable[[Setting], Result]


def table(findings: Iterable[Finding]) -> str:
    """As Markdown."""
    lines = ["| what | measured | limit | verdict |", "|---|---|---|---|"]
    for one in findings:
        verdict = {"missed": "**missed**"}.get(one.verdict, str(one.verdict))
        if verdict and one.others > DISTURBED:
            verdict += f" (others had {one.others:.0%} of the core)"
        lines.append(f"| {one.what} | {one.value} | {one.bound} | {verdict} |")
    return "\n".join(lines)


def tell(text: str) -> None:
    """Progress, beside the figures."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def options(about: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a short run on smaller ledgers")
    parser.add_argument("--store", choices=sorted(STORES), default="sqlite", help="the ledger's engine")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds; their medians count")
    parser.add_argument("--dir", type=_folder, default=Path(), help="folder on the disk to be measured")
    return parser


def _folder(text: str) -> Path:
    path = Path(text)
    path.mkdir(parents=True, exist_ok=True)
    return path


def command(measure: Measure, about: str | None) -> None:
    """Run one benchmark from the command line and print what it found."""
    given = options(about).parse_args()
    sys.stdout.write(f"{described()}; {versions()}\n\n")
    with tempfile.TemporaryDirectory(dir=given.dir, prefix=".bench-") as folder:
        setting = Setting(Path(folder), Path(folder), given.quick, given.store, given.rounds)
        with setting.stack:
            result = measure(setting)
    sys.stdout.write(f"{result.title}\n\n{table(result.findings)}\n\n{result.notes}\n")
