"""The page about the configuration has every key."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from relay.config.keeping import Quarantine, Retention
from relay.config.keys import is_model, literal
from relay.config.models import (
    Alerts,
    ChannelSection,
    Config,
    Delivery,
    DestinationSection,
    Egress,
    Log,
    LookUpRetry,
    LookUps,
    Retry,
    RouteSection,
    Server,
    SourceSection,
)
from relay.config.storing import SpoolSection, StoreSection
from relay.core.source import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")

HEADINGS: dict[str, type[BaseModel]] = {
    "Top of the file": Config,
    "`[server]`": Server,
    "`[store]`": StoreSection,
    "`[spool]`": SpoolSection,
    "`[log]`": Log,
    "`[delivery]`": Delivery,
    "`[delivery.retry]`": Retry,
    "`[lookups]`": LookUps,
    "`[lookups.retry]`": LookUpRetry,
    "`[egress]`": Egress,
    "`[quarantine]`": Quarantine,
    "`[retention]`": Retention,
    "`[alerts]`": Alerts,
    "`[[alerts.channels]]`": ChannelSection,
    "`[destinations.NAME]`": DestinationSection,
    "`[sources.NAME]`": SourceSection,
    "`[[routes]]`": RouteSection,
}


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(model: type[BaseModel], above: str = "") -> list[str]:
    """The rows of a table of keys, as the page should have them."""
    defaults = model.model_construct().model_dump(mode="json")
    made = []
    for name, info in model.model_fields.items():
        if any(map(is_model, (info.annotation, *get_args(info.annotation)))):
            continue
        default = "none" if defaults.get(name) is None else f"`{literal(defaults[name])}`"
        shown = "required" if info.is_required() else default
        made.append(f"| `{above}{name}` | {shown} | {info.description} |")
    return made


@pytest.mark.parametrize("heading", HEADINGS)
def test_each_section_of_the_page_has_every_key_with_its_default_and_meaning(heading: str) -> None:
    for row in rows(HEADINGS[heading]):
        assert row in section(heading).splitlines()


def test_no_table_of_the_configuration_is_left_out() -> None:
    def tables(model: type[BaseModel]) -> set[type[BaseModel]]:
        hints = [
            hint
            for info in model.model_fields.values()
            for hint in (info.annotation, *get_args(info.annotation))
        ]
        return {model}.union(*(tables(hint) for hint in hints if is_model(hint)))

    assert tables(Config) == set(HEADINGS.values())


def test_the_settings_of_every_source_are_on_the_page() -> None:
    for row in rows(Settings, "settings."):
        assert row in section("`[sources.NAME]`").splitlines()
