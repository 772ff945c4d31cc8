"""`relay connectors list` and `show`: which senders are understood and how to set them up."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.markdown import Markdown
from rich.text import Text

from relay.cli.cases import folder_of_cases
from relay.cli.connectors.finding import FolderOption, NameArgument, registry_for
from relay.cli.options import ConfigOption, JsonOption
from relay.cli.output import Exit, console, errors, fail, plain, print_json, table
from relay.core.connector import Confidence, Connector, Group
from relay.registry import ConnectorError, Registry

TITLES: dict[Group, str] = {
    "booking": "Booking",
    "pos": "Shops, payments and points of sale",
    "crm": "Customer relations",
    "forms": "Forms",
    "generic": "Anything else",
}
_READS = {
    "appointment": "appointments",
    "purchase": "purchases",
    "deal": "deals",
    "form": "forms",
    "contact": "contacts",
}
GRADES: dict[Confidence, tuple[str, str]] = {
    "verified against the vendor's documentation or test vectors": ("verified", "green"),
    "from public captures": ("captures", ""),
    "best effort": ("best effort", "yellow"),
}


def list_(
    search: Annotated[
        str, typer.Argument(help="Part of a name, a sender or a kind of event.", show_default=False)
    ] = "",
    config: ConfigOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """List the connectors and what they can read. Exit 1 when one cannot be used, or none is found.

    Confidence: verified against the vendor's documentation or test vectors, from public captures, or best
    effort.

    Example: [bold]relay connectors list shop[/]
    """
    every, broken = usable(registry_for(config, folder))
    found = [one for one in every if _matches(one, search)]
    if json:
        print_json([summary(connector) for connector in found])
    elif found:
        _print(found)
    for fault in broken:
        errors.print(Text(plain(fault), style="red"))
    if broken:
        raise typer.Exit(Exit.NO)
    if not found:
        hint = "relay connectors list shows all; generic reads any sender by configuration"
        raise fail(f"no connector is like {search!r}", Exit.NO, hint)


def _matches(connector: Connector, search: str) -> bool:
    texts = (connector.name, connector.label, connector.group, *connector.kinds)
    return search.casefold() in " ".join(texts).casefold()


def _print(found: Sequence[Connector]) -> None:
    """A table for each group, all with the same widths."""
    for group, those in groupby(found, lambda one: one.group):
        rows = [(one.name, one.label, reads(one), Text(*GRADES[one.confidence])) for one in those]
        shown = table(TITLES[group], ("name", "sender", "reads", "confidence"), rows)
        for column, width in zip(shown.columns, (17, 20, 0, 11), strict=True):
            column.min_width = width or None
        console.print(shown)
        console.print()
    console.print(f"{len(found)} connectors. [bold]relay connectors show NAME[/] prints how to set one up.")


def reads(connector: Connector) -> str:
    families = {kind.partition(".")[0] for kind in connector.kinds}
    return ", ".join(noun for family, noun in _READS.items() if family in families)


def usable(registry: Registry) -> tuple[list[Connector], list[str]]:
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
