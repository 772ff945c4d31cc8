"""Addresses that the configuration spells out and the relay would refuse to call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from relay.config.faults import Findings
from relay.config.keys import Path
from relay.config.models import Config
from relay.core.egress import allowing, described, refused_in


def check_egress(config: Config, findings: Findings, more: Iterable[tuple[Path, str]] = ()) -> None:
    """A fault for each, all with the one line that allows them together. `more` are URLs from secrets."""
    allow = config.egress.allow
    called = chain(_called(config), more)
    found = {path: refused for path, url in called if (refused := refused_in(url, allow))}
    wanted = allowing(chain.from_iterable(found.values()), allow)
    for path, refused in found.items():
        problem = f"is not called unless allowed: {described(refused)}"
        findings.fault(path, problem, f"set egress.allow = {wanted}")


def _called(config: Config) -> Iterator[tuple[Path, str]]:
    for name, section in config.destinations.items():
        yield ("destinations", name, "base_url"), section.base_url
    for there, here in config.lookups.origins.items():
        yield ("lookups", "origins", there), here
