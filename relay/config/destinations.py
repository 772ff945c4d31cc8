"""Destinations with their keys read, and what failures mean to them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from relay.config.faults import Findings
from relay.config.keys import Path
from relay.config.models import Delivery, DestinationSection
from relay.config.retry import schedule
from relay.config.secrets import Missing, read_secret, readable_by_others
from relay.core.budget import Budget
from relay.core.destination import Destination
from relay.core.settlement import Policy

KEY_PREFIX = "dem_"
"""How API keys begin (https://demeterrr.mintlify.app/authentication)."""

OPEN_FILE = "other users of this machine can read the file; chmod 600 keeps it to its owner"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def resolve_destination(
    name: str,
    section: DestinationSection,
    delivery: Delivery,
    environ: Mapping[str, str],
    findings: Findings,
) -> Destination | None:
    """None where its key cannot be read; the findings say why."""
    path = ("destinations", name)
    key = _api_key((*path, "api_key"), section, environ, findings)
    if is_open(section.base_url):
        findings.warn((*path, "base_url"), "the API key travels unencrypted; use https")
    if key is None:
        return None
    return Destination(
        name=name,
        base_url=section.base_url,
        api_key=key,
        auth=section.auth,
        idempotency_header=section.idempotency_header,
        policy=Policy(
            schedule(delivery.retry), section.on_unknown_outcome, open_after=section.breaker_failures
        ),
        timeout=delivery.timeout,
        budget=budget_of(name, section),
    )


def budget_of(name: str, section: DestinationSection) -> Budget:
    """What a destination may use of its organization's limits."""
    return Budget(
        organization=section.organization or name,
        per_minute=section.calls_per_minute,
        per_hour=section.calls_per_hour,
        reserve=section.reserve,
        replays=section.replay_share,
    )


def is_open(url: str) -> bool:
    """Whether what is sent to an address can be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in _LOOPBACK


def _api_key(
    path: Path, section: DestinationSection, environ: Mapping[str, str], findings: Findings
) -> str | None:
    try:
        key = read_secret(section.api_key, environ)
    except Missing as error:
        findings.fault((*path, *error.part), error.problem, error.hint)
        return None
    if not (key.isascii() and key.isprintable() and " " not in key):
        findings.fault(path, "holds a space, a line end or another sign that no API key has", "copy it anew")
        return None
    if not key.startswith(KEY_PREFIX):
        findings.warn(path, f"does not begin with {KEY_PREFIX}, as API keys do")
    if readable_by_others(section.api_key):
        findings.warn(path, OPEN_FILE)
    return key
