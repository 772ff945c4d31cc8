"""`relay connectors record`: a stored request as a case that can be shared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from relay.cli.connectors.finding import registry_for
from relay.cli.connectors.stored import ask as ask_provider
from relay.cli.connectors.stored import fetch, stored
from relay.cli.options import ConfigOption, JsonOption, load_installation, run
from relay.cli.output import Exit, console, errors, fail, plain, print_json, table
from relay.config.installation import Installation
from relay.core.case import Case, CaseFault
from relay.core.connector import Connector
from relay.recording.comparing import changed_readings
from relay.recording.keys import Says
from relay.recording.record import Recording, Stored, as_it_came, record
from relay.recording.writing import case_text, result_of, with_expectation
from relay.registry import Registry

EVIDENCE = "a delivery that a relay received; people and secrets are replaced"


NameOption = Annotated[str | None, typer.Option(help="Name of the case's file.", show_default=False)]
HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--folder", help="Where to; beside a connector of your own, else ./CONNECTOR.", show_default=False
    ),
]
AskOption = Annotated[bool, typer.Option("--ask", help="Make its look-ups at the provider and record them.")]
AlsoOption = Annotated[
    list[str] | None,
    typer.Option(help="A key whose values are personal, too; may be repeated.", show_default=False),
]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording on its way to a file.

    `missing` says which look-up has no answer; without it the case expects nothing.
    """

    recording: Recording
    case: Case
    missing: str = ""
    warnings: tuple[str, ...] = ()


def record_request(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Number of a request, or id of a dead letter.")],
    name: NameOption = None,
    folder: HomeOption = None,
    ask: AskOption = False,
    also: AlsoOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Turn a stored request into a case: other people, no secrets, signed with a test key.

    It says what was replaced and what looks personal but was kept: look at that before you share the case.

    Example: [bold]relay connectors record dead-12 --name booking_without_phone[/]
    """
    installation = load_installation(config, quiet=json)
    incoming = run(lambda: fetch(config, id_))
    active = installation.sources.get(incoming.source)
    if active is None:
        raise fail(f"source {incoming.source} is no longer configured", Exit.USAGE, "add it again and repeat")
    registry = registry_for(config, None)
    request = stored(active, installation, incoming)
    if ask:
        request = replace(request, upstream=run(lambda: ask_provider(installation, active, incoming)))
    recorded = _record(request, registry.get(active.connector.name), frozenset(also or []))
    home = folder or _home(installation, registry, active.connector.name)
    path = _write(recorded.case, request, home, name or f"recorded_{id_}")
    if json:
        print_json(_as_data(path, recorded))
    else:
        _tell(path, recorded)
    if recorded.missing:
        raise fail(recorded.missing, Exit.NO, "repeat with --ask, or write the answer under upstream")


def _home(installation: Installation, registry: Registry, connector: str) -> Path:
    """The cases of a connector of the operator's own; never those inside an installed package."""
    path = registry.path(connector)
    own = [folder.absolute() for folder in installation.config.connector_folders]
    return path.with_name(connector) if path.parent in own else Path(connector)


def _record(request: Stored, connector: Connector, also: frozenset[str]) -> Recorded:
    day = datetime.fromtimestamp(request.received_at, UTC).date()
    try:
        recording = record(
            request, connector, title=f"Recorded from a delivery of {day}", evidence=EVIDENCE, also=also
        )
    except CaseFault as fault:
        raise fail(str(fault), Exit.NO) from None
    try:
        case = with_expectation(recording.case, connector)
        before = result_of(as_it_came(request, connector), connector)
    except CaseFault as fault:
        return Recorded(recording, recording.case, missing=str(fault))
    warnings = tuple(changed_readings(before, result_of(case, connector)))
    return Recorded(recording, case, warnings=warnings)


def _write(case: Case, request: Stored, folder: Path, name: str) -> Path:
    stem = re.sub(r"[^a-z0-9]+", "_", name.removesuffix(".json").lower()).strip("_")
    path = folder / f"{stem}.json"
    text = case_text(case)
    if any(secret in text for secret in request.secrets if len(secret) >= 6):
        raise fail("a secret of the source stands in the request; nothing was written", Exit.NO)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise fail(f"{path} is there already", Exit.USAGE, "choose another --name") from None
    return path


@dataclass(slots=True)
class _Group:
    """One replaced value, and everywhere that it stood."""

    what: Says
    was: str
    now: str
    where: list[str]


def _grouped(recording: Recording) -> list[_Group]:
    groups: dict[tuple[Says, str, str], _Group] = {}
    for document, change in recording.changes:
        was = "…" if change.says is Says.SECRET else change.old
        group = groups.setdefault((change.says, was, change.new), _Group(change.says, was, change.new, []))
        group.where.append(_place(document, change.path))
    return list(groups.values())


def _place(document: str, path: Iterable[str]) -> str:
    return ".".join(dict.fromkeys([document, *path]))


def _as_data(path: Path, recorded: Recorded) -> dict[str, Any]:
    return {
        "file": str(path),
        "outcome": (recorded.case.expect or {}).get("outcome"),
        "replaced": [
            {"what": one.what, "was": one.was, "now": one.now, "where": one.where}
            for one in _grouped(recorded.recording)
        ],
        "kept": [
            {"where": _place(one.document, one.path), "why": one.why, "value": one.text}
            for one in recorded.recording.kept
        ],
        "warnings": list(recorded.warnings),
    }


def _tell(path: Path, recorded: Recorded) -> None:
    groups = _grouped(recorded.recording)
    rows = [(one.what, one.was, one.now, f"{len(one.where)}: {one.where[0]}") for one in groups]
    console.print(table("Replaced", ("what", "was", "is now", "places"), rows))
    if kept := recorded.recording.kept:
        console.print()
        rows_kept = [(_place(one.document, one.path), one.why, one.text[:80]) for one in kept]
        console.print(
            table("Kept: look at these before you share the case", ("where", "why", "value"), rows_kept)
        )
    for warning in recorded.warnings:
        errors.print(Text(plain(f"read otherwise than the original: {warning}"), style="yellow"))
    expected = recorded.case.expect or {}
    events = ", ".join(event["kind"] for event in expected.get("events", []))
    outcome = f", which expects {expected['outcome']} {events}".rstrip() if expected else ""
    console.print(plain(f"\nwrote {path}{outcome}"), markup=False, highlight=False)
