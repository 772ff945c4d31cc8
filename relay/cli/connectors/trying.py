"""`relay connectors try`: what becomes of one delivery, without a relay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.text import Text

from relay.checking.cases import settings_fault
from relay.cli.cases import read_case
from relay.cli.connectors.finding import FolderOption, NameArgument, registry_for
from relay.cli.connectors.payload import case_of, read_payload
from relay.cli.options import ConfigOption, JsonOption, load_config
from relay.cli.output import Exit, console, errors, fail, plain, print_json, table
from relay.core.case import Case, CaseFault, differences, run_case
from relay.core.connector import Connector
from relay.core.lookup import Answer, LookUp
from relay.core.payload import Node


def try_(
    name: NameArgument,
    file: Annotated[
        Path | None, typer.Argument(help="A payload as its sender posts it.", show_default=False)
    ] = None,
    case: Annotated[
        Path | None, typer.Option(help="A recorded case instead, see docs/cases.md.", show_default=False)
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option("--header", "-H", help="A header of the payload, `name: value`.", show_default=False),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Source whose settings count; the first with this connector.", show_default=False),
    ] = None,
    config: ConfigOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Show what becomes of one delivery: its fate, the events, the people, and what would be looked up.

    A payload is signed for the test and nothing is called. A case must come out as it expects:
    exit 0 when it does, 1 when it differs.

    Example: [bold]relay connectors try square payment.json[/]
    """
    if (file is None) == (case is None):
        raise fail("name one file: a payload, or a case with --case", Exit.USAGE)
    connector = registry_for(config, folder, name).get(name)
    if case is not None:
        _try_case(read_case(case), case, connector, json)
    elif file is not None:
        settings = _settings(config, connector, source)
        payload = read_payload(file, header or [])
        _show(_run(case_of(payload, connector, settings), file, connector, _not_asked), json)


def _try_case(recorded: Case, path: Path, connector: Connector, json: bool) -> None:
    result = _run(recorded, path, connector)
    found = list(differences(recorded.expect or {}, result))
    _show(result, json)
    for difference in found:
        errors.print(plain(difference), style="red", markup=False, highlight=False)
    if found:
        raise typer.Exit(Exit.NO)


def _run(recorded: Case, path: Path, connector: Connector, *missing: Any) -> dict[str, Any]:
    try:
        return run_case(recorded, connector, *missing)
    except CaseFault as fault:
        raise fail(f"{path}: {fault}", Exit.NO) from None
    except ValidationError as error:
        raise fail(f"{path}: {settings_fault(error, connector)}", Exit.NO) from None


def _not_asked(_call: LookUp) -> Answer:
    return Answer(0, Node(None), trouble="not made: answers stand in a case, under upstream")


def _settings(config: Path | None, connector: Connector, source: str | None) -> dict[str, Any]:
    """The settings of the source that is meant; none where the configuration has no such source."""
    sources = load_config(config).sources
    if source is not None and source not in sources:
        known = ", ".join(sorted(sources)) or "there are none"
        raise fail(f"the configuration has no source {source}", Exit.USAGE, f"its sources: {known}")
    for name, section in sources.items():
        if source == name or (source is None and section.connector == connector.name):
            return dict(section.settings)
    return {}


def _show(result: dict[str, Any], json: bool) -> None:
    if json:
        print_json(result)
    else:
        _tell(result)


def _tell(result: dict[str, Any]) -> None:
    reason = f": {plain(result['reason'])}" if result["reason"] else ""
    console.print(Text.assemble((result["outcome"], "bold"), reason))
    for event in result["events"]:
        people = ", ".join(contact["email"] for contact in event["contacts"]) or "nobody"
        rows = [(key, value) for key, value in event.items() if key not in ("contacts", "kind") and value]
        rows += [("contact", _person(contact)) for contact in event["contacts"]]
        console.print(table(f"{event['kind']} for {people}", ("", ""), rows))
    for call in result["lookups"]:
        console.print(plain(f"looked up: {call['method']} {call['url']}"), markup=False)
    console.print(f"answered {result['reply']['status']}")


def _person(contact: dict[str, Any]) -> str:
    name = " ".join(filter(None, (contact["firstName"], contact["lastName"])))
    return ", ".join(filter(None, (name, contact["email"], contact["phone"])))
