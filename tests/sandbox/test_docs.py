"""The page for users says what is built."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from relay.sandbox import Switches, first_world
from relay.sandbox.control import ROUTES
from relay.sandbox.faults import FAULTS

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()
ROWS = dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", PAGE, re.MULTILINE))
DEFAULTS = Switches().model_dump(mode="json")


@pytest.mark.parametrize("name", Switches.model_fields)
def test_every_switch_is_on_the_page_with_its_default(name: str) -> None:
    assert ROWS[name].startswith(f"`{json.dumps(DEFAULTS[name])}` | ")


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_is_on_the_page(name: str) -> None:
    assert name in ROWS


def test_the_page_lists_no_switch_and_no_fault_that_does_not_exist() -> None:
    faults = PAGE.split("## Faults")[1].split("## Switches")[0]
    switches = PAGE.split("## Switches")[1].split("## In tests")[0]

    assert set(re.findall(r"^\| `([^`]+)` \|", faults, re.MULTILINE)) == FAULTS
    assert set(re.findall(r"^\| `([^`]+)` \|", switches, re.MULTILINE)) == set(DEFAULTS)


def test_every_control_call_is_on_the_page() -> None:
    control = PAGE.split("## Control")[1].split("## Faults")[0]
    paths = {route.path for route in ROUTES}

    shown = {re.sub(r"\{\w+\}", "{id}", path) for path in re.findall(r"/sandbox[\w/{}]*", control)}
    assert paths <= shown


def test_the_keys_sequences_and_places_on_the_page_are_those_of_the_first_world() -> None:
    world = first_world()
    owner = next(iter(world.organizations))
    own = [one.id for one in world.sequences.values() if one.organization_id == owner]
    places = [*world.locations.values(), *world.employees.values()]
    there = [one.id for one in places if one.organization_id == owner]

    assert [each for each in (*world.keys, *own, *there) if f"`{each}`" not in PAGE] == []
