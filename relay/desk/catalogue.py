"""Every operation there is."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from relay.desk import (
    access,
    accounts,
    alerts,
    audit,
    connectors,
    destinations,
    enrollments,
    forgetting,
    jobs,
    letters,
    nodes,
    overview,
    people,
    quarantine,
    repairs,
    requests,
    routes,
    sources,
    suppressions,
    tail,
    whoami,
)
from relay.desk.operation import Operation

SECTIONS: tuple[ModuleType, ...] = (
    overview,
    accounts,
    letters,
    repairs,
    jobs,
    requests,
    enrollments,
    people,
    forgetting,
    tail,
    sources,
    connectors,
    routes,
    destinations,
    suppressions,
    quarantine,
    access,
    alerts,
    nodes,
    audit,
    whoami,
)
"""In the order of the reference."""


def _operations(section: ModuleType) -> list[Operation[..., Any]]:
    found = (value for value in vars(section).values() if isinstance(value, Operation))
    return [value for value in found if value.section == section.__name__.rpartition(".")[2]]


OPERATIONS: tuple[Operation[..., Any], ...] = tuple(
    operation for section in SECTIONS for operation in _operations(section)
)
