"""How long what is over is kept, checked against what it is still needed for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from relay.config.faults import ConfigFaults, Findings
from relay.config.keeping import Retention
from relay.config.models import Config
from relay.config.values import duration_text
from relay.core.retention import SHORTEST, Kept

_MILLISECOND = timedelta(milliseconds=1)


def resolve_kept(section: Retention) -> Kept:
    return Kept(bodies=section.bodies // _MILLISECOND, records=section.records // _MILLISECOND)


def checked_kept(config: Config) -> Kept:
    """Where nothing else of the configuration is needed. Raises `ConfigFaults`."""
    findings = Findings()
    check_retention(config, findings)
    if findings.faults:
        raise ConfigFaults(findings.faults)
    return resolve_kept(config.retention)


def check_retention(config: Config, findings: Findings) -> None:
    """Once its record is gone, a sender's repeat would enrol again."""
    kept = config.retention.records
    if not kept:
        return
    needed, why = max(_needed(config), key=lambda floor: floor[0])
    if kept < needed:
        findings.fault(("retention", "records"), f"should be at least {duration_text(needed)}: {why}")
    elif config.retention.bodies > kept:
        longest = duration_text(kept)
        findings.fault(("retention", "bodies"), f"should not be longer than retention.records ({longest})")


def _needed(config: Config) -> Iterator[tuple[timedelta, str]]:
    """How long a record may still decide about something, and about what."""
    yield SHORTEST * _MILLISECOND, "so long a sender may repeat what it sent"
    for route in config.routes:
        yield route.cooldown, f"route {route.name} has this cooldown"
        if route.latest is not None:
            yield route.latest, f"route {route.name} sends so late (latest)"
