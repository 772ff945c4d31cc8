"""`relay connectors pages`: the set-up pages of all connectors as Markdown, a file for each group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from relay.cli.connectors.finding import FolderOption, registry_for
from relay.cli.connectors.listing import GRADES, TITLES, reads, usable
from relay.cli.options import ConfigOption
from relay.cli.output import Exit, console, fail
from relay.core.connector import Connector, Group

_ABOUT = """\
Made by `relay connectors pages` from the connectors themselves; `relay connectors show NAME` prints the same
page. *Verified*: against the vendor's documentation or test vectors. *Captures*: from deliveries that others
published. *Best effort*: some of it could not be confirmed; the page says what."""


def pages(
    to: Annotated[Path, typer.Argument(help="Folder to write them to; made when missing.")],
    config: ConfigOption = None,
    folder: FolderOption = None,
) -> None:
    """Write the set-up pages of all connectors as Markdown, one file for each group.

    Example: [bold]relay connectors pages docs/senders[/]
    """
    found, broken = usable(registry_for(config, folder))
    if broken:
        raise fail("; ".join(broken), Exit.NO)
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, text in rendered(found).items():
            (to / name).write_text(text, "utf-8")
    except OSError as error:
        raise fail(f"{to} cannot be written: {error.strerror}", Exit.UNAVAILABLE) from None
    console.print(f"{len(found)} connectors in {to}")


def rendered(found: Iterable[Connector]) -> Mapping[str, str]:
    """The files by name. `found` is in the order of the groups."""
    groups = {group: list(those) for group, those in groupby(found, lambda one: one.group)}
    files = {f"{group}.md": "\n".join(_group(TITLES[group], those)) for group, those in groups.items()}
    return {"README.md": "\n".join(_index(groups)), **files}


def _index(groups: Mapping[Group, list[Connector]]) -> Iterator[str]:
    yield "# Senders"
    yield ""
    yield _ABOUT
    for group, those in groups.items():
        yield ""
        yield f"## {TITLES[group]}"
        yield ""
        yield "| connector | sender | reads | confidence |"
        yield "|---|---|---|---|"
        for one in those:
            grade, _ = GRADES[one.confidence]
            yield f"| [`{one.name}`]({group}.md#{one.name}) | {one.label} | {reads(one)} | {grade} |"
    yield ""


def _group(title: str, those: Iterable[Connector]) -> Iterator[str]:
    yield f"# {title}"
    for one in those:
        yield ""
        yield f"## {one.name}"
        yield ""
        yield one.page.strip()
        yield from _keys("Secrets", one.secrets)
        yield from _keys("Settings", one.settings)
        yield ""
        events = ", ".join(f"`{kind}`" for kind in sorted(one.kinds))
        yield f"Events: {events}. [Vendor's documentation]({one.docs})"
    yield ""


def _keys(title: str, model: type[BaseModel]) -> Iterator[str]:
    if not model.model_fields:
        return
    yield ""
    yield f"{title}:"
    yield ""
    for key, field in model.model_fields.items():
        required = ", required" if field.is_required() else ""
        yield f"- `{key}`{required}: {' '.join((field.description or '').split())}"
