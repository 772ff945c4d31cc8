"""`relay connectors`: which senders are understood, how to set them up, and trying a delivery."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.markdown import Markdown
from rich.text import Text

from relay.cli.cases import case_names, read_case
from relay.cli.options import ConfigOption, JsonOption, registry_of
from relay.cli.output import Exit, console, errors, fail, plain, print_json, table
from relay.core.case import CaseFault, differences, run_case
from relay.core.connector import Connector
from relay.registry import Registry

app = typer.Typer(help="Which senders the relay understands.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of a connector.")]
FolderOption = Annotated[
    list[Path] | None,
    typer.Option("--folder", help="A folder with connectors of your own.", show_default=False),
]


def _registry(config: Path | None, folders: list[Path] | None) -> Registry:
    return Registry(folders) if folders else registry_of(config)


@app.command("list")
def list_(config: ConfigOption = None, folder: FolderOption = None, json: JsonOption = False) -> None:
    """List every connector with the kinds of event it can read."""
    found = sorted(_registry(config, folder).all(), key=lambda one: (one.group, one.label))
    if json:
        print_json([summary(connector) for connector in found])
        return
    columns = ("name", "sender", "group", "events", "confidence")
    rows = [(one.name, one.label, one.group, ", ".join(sorted(one.kinds)), one.confidence) for one in found]
    console.print(table("Connectors", columns, rows))
    console.print("\n[bold]relay connectors show NAME[/] prints how to set one up.")


def summary(connector: Connector) -> dict[str, Any]:
    return {
        "name": connector.name,
        "label": connector.label,
        "group": connector.group,
        "kinds": sorted(connector.kinds),
        "default_events": sorted(connector.default_events),
        "confidence": connector.confidence,
        "docs": connector.docs,
    }


@app.command()
def show(
    name: NameArgument, config: ConfigOption = None, folder: FolderOption = None, json: JsonOption = False
) -> None:
    """Print how to set a connector up: where to click, which events, which secrets and settings."""
    connector = _registry(config, folder).get(name)
    if json:
        more = {
            "page": connector.page,
            "secrets": connector.secrets.model_json_schema(),
            "settings": connector.settings.model_json_schema(),
            "ignored": sorted(connector.ignored),
            "cases": case_names(name),
        }
        print_json(summary(connector) | more)
        return
    console.print(Markdown(plain(connector.page)))
    for title, model in (("Secrets", connector.secrets), ("Settings", connector.settings)):
        rows = [
            (key, "required" if field.is_required() else "optional", field.description or "")
            for key, field in model.model_fields.items()
        ]
        if rows:
            console.print()
            console.print(table(title, ("key", "", "what it is"), rows))
    console.print(f"\nEvents: {', '.join(sorted(connector.kinds))}. Vendor's documentation: {connector.docs}")


@app.command("try")
def try_(
    name: NameArgument,
    case: Annotated[Path, typer.Option(help="File with a recorded case, see docs/cases.md.")],
    config: ConfigOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Run one recorded delivery through a connector and show what becomes of it.

    Exit 0 when that is what the case expects (or it expects nothing), 1 when it differs.

    Example: [bold]relay connectors try square --case payment.json[/]
    """
    connector = _registry(config, folder).get(name)
    recorded = read_case(case)
    try:
        result = run_case(recorded, connector)
    except CaseFault as fault:
        raise fail(f"{case}: {fault}", Exit.NO) from None
    except ValidationError as error:
        keys = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
        raise fail(f"{case}: source.settings is not what {name} takes: {keys}", Exit.NO) from None
    found = list(differences(recorded.expect or {}, result))
    if json:
        print_json(result)
    else:
        _tell(result)
    for difference in found:
        errors.print(plain(difference), style="red", markup=False, highlight=False)
    if found:
        raise typer.Exit(Exit.NO)


def _tell(result: dict[str, Any]) -> None:
    reason = f": {plain(result['reason'])}" if result["reason"] else ""
    console.print(Text.assemble((result["outcome"], "bold"), reason))
    for event in result["events"]:
        people = ", ".join(contact["email"] for contact in event["contacts"]) or "nobody"
        rows = [(key, value) for key, value in event.items() if key not in ("contacts", "kind") and value]
        console.print(table(f"{event['kind']} for {people}", ("", ""), rows))
    for call in result["lookups"]:
        console.print(plain(f"looked up: {call['method']} {call['url']}"), markup=False)
    console.print(f"answered {result['reply']['status']}")
