"""The maps of each destination as the core reads them."""

from __future__ import annotations

from relay.config.keys import written
from relay.config.models import Config, DestinationSection
from relay.core.attribution import IdMap, Maps


def resolve_maps(config: Config) -> dict[str, Maps]:
    """By the name of the destination."""
    return {name: _maps(name, section) for name, section in config.destinations.items()}


def _maps(name: str, section: DestinationSection) -> Maps:
    above = ("destinations", name)
    return Maps(
        IdMap("location", written((*above, "locations")), section.locations, section.unknown_location),
        IdMap("employee", written((*above, "employees")), section.employees, section.unknown_employee),
    )
