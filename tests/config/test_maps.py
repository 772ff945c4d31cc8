"""Maps of locations and employees in the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.config.load import load
from relay.config.maps import resolve_maps
from relay.core.attribution import IdMap
from tests.config.trying import UUID, faults_of, open_text

SHOP = '[sources.shop]\nconnector = "tilly"\nsecrets.signing_key = "k"\n'
ROUTE = f'[[routes]]\nname = "one"\nevents = ["deal.won"]\nsequence = "{UUID}"\n'


def destination(*lines: str) -> str:
    return "\n".join(('[destinations.main]\napi_key = "dem_1"', *lines, ""))


def test_a_route_has_the_maps_of_its_destination(tmp_path: Path) -> None:
    text = destination(
        'unknown_employee = "hold"',
        "[destinations.main.locations]",
        f'"L1" = "{UUID}"',
        f'"shop:https://vendor.example/L.2" = "{UUID.upper()}"',
    )
    [route] = open_text(tmp_path, text + SHOP + ROUTE).routes
    ids = {"L1": UUID, "shop:https://vendor.example/L.2": UUID}
    assert route.maps.locations == IdMap("location", "destinations.main.locations", ids, "drop")
    assert route.maps.employees == IdMap("employee", "destinations.main.employees", {}, "hold")


@pytest.mark.parametrize(
    ("line", "key", "problem"),
    [
        ('locations = { L1 = "downtown" }', "locations.L1", "should be a UUID such as"),
        (f'employees = {{ "" = "{UUID}" }}', "employees", ""),
        ('unknown_location = "guess"', "unknown_location", "should be 'drop', 'hold' or 'dead'"),
    ],
)
def test_what_cannot_be_a_map_is_told_why(tmp_path: Path, line: str, key: str, problem: str) -> None:
    [fault] = faults_of(tmp_path, destination(line))
    assert fault.key.startswith(f"destinations.main.{key}")
    assert fault.problem.startswith(problem)


def test_a_variable_may_bring_a_whole_map(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(destination())
    config = load(file, {"RELAY_DESTINATIONS__MAIN__LOCATIONS": f'{{ "L1" = "{UUID}" }}'})
    assert resolve_maps(config)["main"].locations.ids == {"L1": UUID}
