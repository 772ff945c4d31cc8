"""`relay connectors list` and `show`: which senders are understood and how to set them up."""

from __future__ import annotations

from typing import Any

import typer
from rich.markdown import Markdown
from rich.text import Text

from relay.cli.cases import folder_of_cases
from relay.cli.connectors.finding import FolderOption, NameArgument, registry_for
from relay.cli.options import ConfigOption, JsonOption
from relay.cli.output import Exit, console, errors, plain, print_json, table
from relay.core.connector import Connector
from relay.registry import ConnectorError, Registry


def list_(config: ConfigOption = None, folder: FolderOption = None, json: JsonOption = False) -> None:
    """List every connector with the kinds of event it can read. Exit 1 when one cannot be used."""
    found, broken = _usable(registry_for(config, folder))
    if json:
        print_json([summary(connector) for connector in found])
    else:
        columns = ("name", "sender", "group", "events", "confidence")
        rows = [
            (one.name, one.label, one.group, ", ".join(sorted(one.kinds)), one.confidence) for one in found
        ]
        console.print(table("Connectors", columns, rows))
        console.print("\n[bold]relay connectors show NAME[/] prints how to set one up.")
    for fault in broken:
        errors.print(Text(plain(fault), style="red"))
    if broken:
        raise typer.Exit(Exit.NO)


def _usable(registry: Registry) -> tuple[list[Connector], list[str]]:
    """The connectors in order, and what is wrong with those that cannot be used."""
    found, broken = [], []
    for name in registry.names():
        try:
            found.append(registry.get(name))
        except ConnectorError as error:
            broken.append(str(error))
    return sorted(found, key=lambda one: (one.group, one.label)), broken


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


def show(
    name: NameArgument, config: ConfigOption = None, folder: FolderOption = None, json: JsonOption = False
) -> None:
    """Print how to set a connector up: where to click, which events, which secrets and settings."""
    registry = registry_for(config, folder, name)
    connector = registry.get(name)
    if json:
        more = {
            "page": connector.page,
            "secrets": connector.secrets.model_json_schema(),
            "settings": connector.settings.model_json_schema(),
            "ignored": sorted(connector.ignored),
            "cases": sorted(path.stem for path in folder_of_cases(registry, name).glob("*.json")),
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
