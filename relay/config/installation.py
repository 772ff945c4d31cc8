"""A configuration at work: connectors found, secrets read, everything checked against everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from relay.config.models import Config
from relay.core.alert_messages import Channel
from relay.core.alerts import DEFAULT_RULES, Rules
from relay.core.connector import Connector
from relay.core.destination import Destination
from relay.core.retention import USUALLY_KEPT, Kept
from relay.core.route import Route
from relay.core.source import Source


@dataclass(frozen=True, slots=True)
class ActiveSource:
    """A source, its connector made ready for it, and its URL as registered at the vendor."""

    source: Source = field(repr=False)
    connector: Connector
    registered_url: str

    @property
    def name(self) -> str:
        return self.source.name


@dataclass(frozen=True, slots=True)
class Installation:
    """What the loops and the web work with. `config` holds the plain limits, `ledger` is a file or a URL.

    `warnings` are sentences about what is allowed and probably not wanted.
    """

    config: Config
    ledger: Path | str
    sources: Mapping[str, ActiveSource]
    destinations: Mapping[str, Destination]
    routes: tuple[Route, ...]
    warnings: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    alert_rules: Rules = DEFAULT_RULES
    kept: Kept = USUALLY_KEPT
