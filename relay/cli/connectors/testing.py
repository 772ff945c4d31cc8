"""`relay connectors test`: a connector's cases and everything that all connectors must keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.text import Text

from relay.checking.run import Verdict, count, run
from relay.checking.subject import Subject, load
from relay.cli.cases import folder_of_cases
from relay.cli.connectors.finding import FolderOption, registry_for
from relay.cli.options import ConfigOption, JsonOption
from relay.cli.output import Exit, console, fail, plain, print_json, progress, table
from relay.registry import ConnectorError, Registry

_STYLES = {"+": "green", "-": "red"}


def run_checks(
    target: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|FILE|FOLDER]", help="A connector, its file, or a folder of them."),
    ] = None,
    config: ConfigOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Run a connector's recorded cases and the checks that every connector must pass.

    Left out, all connectors are tested. Exit 0 when nothing fails, 1 otherwise.

    Example: [bold]relay connectors test bookwell[/]
    """
    registry, names = _chosen(target, config, folder)
    subjects, broken = _subjects(registry, names)
    verdicts = [*broken, *_watched(subjects, hidden=json)]
    if json:
        print_json([_as_data(name, verdicts) for name in names])
    else:
        _tell(names, verdicts)
    if any(verdict.faults for verdict in verdicts):
        raise typer.Exit(Exit.NO)


def _chosen(
    target: str | None, config: Path | None, folders: list[Path] | None
) -> tuple[Registry, list[str]]:
    """The connectors that are meant. A name goes before a folder that is called the same."""
    path = Path(target or "")
    if target and path.suffix == ".py":
        if not path.is_file():
            raise fail(f"there is no file {path}", Exit.USAGE)
        return Registry([path.parent]), [path.stem]
    registry = registry_for(config, folders, target)
    if target is None:
        return registry, registry.names()
    if target in registry.names() or not path.is_dir():
        return registry, [target]
    names = sorted(file.stem for file in path.glob("*.py") if not file.stem.startswith("_"))
    if not names:
        raise fail(f"folder {path} has no connector: no file NAME.py", Exit.USAGE)
    return Registry([path]), names


def _subjects(registry: Registry, names: Iterable[str]) -> tuple[list[Subject], list[Verdict]]:
    """The connectors with their cases, and a verdict on each that cannot be used."""
    subjects, broken = [], []
    for name in names:
        if name not in registry.names():
            registry.get(name)
        try:
            subjects.append(load(registry.get(name), registry.path(name), folder_of_cases(registry, name)))
        except ConnectorError as error:
            broken.append(Verdict(name, "check", "it can be used", (str(error),)))
    return subjects, broken


def _watched(subjects: list[Subject], *, hidden: bool) -> Iterator[Verdict]:
    """The verdicts, with a bar for whoever waits at a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with progress(*columns, quiet=hidden) as bar:
        task = bar.add_task("", total=sum(map(count, subjects)))
        for subject in subjects:
            bar.update(task, description=f"{subject}")
            for verdict in run(subject):
                bar.advance(task)
                yield verdict


def _as_data(name: str, verdicts: Iterable[Verdict]) -> dict[str, Any]:
    own = [verdict for verdict in verdicts if verdict.connector == name]
    states = Counter(verdict.state for verdict in own)
    counts = {state: states[state] for state in ("passed", "failed", "skipped")}
    shown = [{"state": verdict.state, **asdict(verdict)} for verdict in own]
    return {"connector": name, **counts, "verdicts": shown}


def _tell(names: list[str], verdicts: list[Verdict]) -> None:
    columns = ("connector", "cases", "checks", "skipped", "")
    console.print(table("Connectors tested", columns, [_row(name, verdicts) for name in names]))
    if len(names) == 1:
        for verdict in verdicts:
            if verdict.reason:
                console.print(Text(plain(f"skipped: {verdict.name} ({verdict.reason})"), style="dim"))
    for verdict in verdicts:
        if verdict.faults:
            _tell_failure(verdict)


def _row(name: str, verdicts: Iterable[Verdict]) -> tuple[object, ...]:
    own = [verdict for verdict in verdicts if verdict.connector == name]
    failed = sum(verdict.state == "failed" for verdict in own)
    skipped = sum(verdict.state == "skipped" for verdict in own)
    mark = Text(f"{failed} failed", style="red") if failed else Text("passed", style="green")
    return name, _share(own, "case"), _share(own, "check"), skipped or None, mark


def _share(verdicts: Iterable[Verdict], what: str) -> str:
    counted = [verdict.state for verdict in verdicts if verdict.what == what and verdict.state != "skipped"]
    return f"{counted.count('passed')} of {len(counted)}"


def _tell_failure(verdict: Verdict) -> None:
    where = f"{verdict.connector}, {verdict.what}" + (f" {verdict.name}" if verdict.what == "case" else "")
    title = where if verdict.what == "case" else f"{where}: {verdict.name}"
    console.print(Text(f"\n{plain(title)}", style="bold red"))
    for fault in verdict.faults:
        console.print(Text(plain(f"  {fault}")))
    for line in verdict.diff:
        console.print(Text(plain(f"    {line}"), style=_STYLES.get(line[:1], "dim")))
