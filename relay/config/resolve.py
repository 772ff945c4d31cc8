"""From a checked configuration to an installation: everything is checked against everything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from relay.config import keys
from relay.config.alerts import guarded, resolve_channels, resolve_rules
from relay.config.destinations import is_open, resolve_destination
from relay.config.egress import check_egress
from relay.config.faults import ConfigFaults, Findings
from relay.config.installation import ActiveSource, Installation
from relay.config.load import Examined, examine, read
from relay.config.maps import resolve_maps
from relay.config.models import Config, RouteSection
from relay.config.place import resolve_place
from relay.config.retention import check_retention, resolve_kept
from relay.config.retry import check_retries
from relay.config.routes import Known, Names, Routes
from relay.config.sources import Sources
from relay.config.timing import is_timed
from relay.config.values import duration_text, size_text
from relay.core.destination import Destination
from relay.core.route import Route
from relay.registry import Registry


def open_installation(path: Path | None, environ: Mapping[str, str]) -> Installation:
    """Load and resolve. Raises `ConfigFaults` with the faults of both, so that nobody needs two rounds."""
    examined = examine(read(path, environ))
    return _resolve(examined, Registry(examined.config.connector_folders), environ)


def resolve(config: Config, registry: Registry, environ: Mapping[str, str]) -> Installation:
    """Find the connectors, read the secrets, check every key against what it names.

    Raises `ConfigFaults` with every fault at once.
    """
    return _resolve(Examined(config), registry, environ)


def _resolve(examined: Examined, registry: Registry, environ: Mapping[str, str]) -> Installation:
    config, spoiled = examined.config, examined.spoiled
    findings = Findings(examined.faults)
    _check_limits(config, findings)
    check_retries(config, findings)
    check_retention(config, findings)
    ledger = resolve_place(config.store, environ, findings)
    channels = resolve_channels(config.alerts, environ, findings)
    if ("egress",) not in spoiled:
        check_egress(config, findings, guarded(channels))
    folders = ("connector_folders",) not in spoiled and _check_folders(config, findings)
    sources = _sources(config, registry, environ, findings) if folders else {}
    destinations = _destinations(config, environ, findings)
    known = Known(
        sources=_names("sources", config.sources, spoiled),
        destinations=_names("destinations", config.destinations, spoiled),
        connectors={name: active.connector for name, active in sources.items()},
    )
    rules = Routes(known, findings, config.timezone, resolve_maps(config))
    routes = rules.resolve(_numbered(config, spoiled))
    if findings.faults:
        raise ConfigFaults(findings.faults)
    _warn_of_open_urls(config, findings)
    _warn_of_times_in_utc(config, findings)
    _warn_of_idleness(sources, routes, findings)
    return Installation(
        config,
        ledger,
        sources,
        destinations,
        routes,
        tuple(findings.warnings),
        channels=tuple(channel for _, channel in channels),
        alert_rules=resolve_rules(config.alerts),
        kept=resolve_kept(config.retention),
    )


def _check_limits(config: Config, findings: Findings) -> None:
    # A lease that ends during a call would let another worker send the same batch beside it.
    if config.delivery.lease <= config.delivery.timeout:
        longest = duration_text(config.delivery.timeout)
        findings.fault(("delivery", "lease"), f"should be longer than delivery.timeout ({longest})")
    if config.store.spools and config.spool.max_size < 2 * config.server.max_body:
        largest = size_text(config.server.max_body)
        findings.fault(("spool", "max_size"), f"should be at least twice server.max_body ({largest})")


def _check_folders(config: Config, findings: Findings) -> bool:
    """Whether every folder is there; otherwise nobody can tell which connectors there are."""
    missing = [number for number, folder in enumerate(config.connector_folders) if not folder.is_dir()]
    for number in missing:
        findings.fault(("connector_folders", number), "is not a folder")
    return not missing


def _sources(
    config: Config, registry: Registry, environ: Mapping[str, str], findings: Findings
) -> dict[str, ActiveSource]:
    sources = Sources(config.public_url, registry, environ, findings)
    found = {name: sources.resolve(name, section) for name, section in config.sources.items()}
    return {name: active for name, active in found.items() if active}


def _destinations(config: Config, environ: Mapping[str, str], findings: Findings) -> dict[str, Destination]:
    found = {
        name: resolve_destination(name, section, config.delivery, environ, findings)
        for name, section in config.destinations.items()
    }
    return {name: destination for name, destination in found.items() if destination}


def _names(table: str, present: Collection[str], spoiled: Collection[keys.Path]) -> Names:
    """The names of a table, those included whose own faults kept them out of the configuration."""
    if (table,) in spoiled:
        return None
    return sorted({*present, *(str(path[1]) for path in spoiled if path[0] == table)})


def _numbered(config: Config, spoiled: Collection[keys.Path]) -> dict[int, RouteSection]:
    """The routes by their number in the file, where some may have been left out."""
    out = {path[1] for path in spoiled if path[0] == "routes" and len(path) > 1}
    numbers = (number for number in range(len(config.routes) + len(out)) if number not in out)
    return dict(zip(numbers, config.routes, strict=True))


def _warn_of_open_urls(config: Config, findings: Findings) -> None:
    urls: list[tuple[keys.Path, str | None]] = [(("public_url",), config.public_url)]
    urls += [(("sources", name, "public_url"), source.public_url) for name, source in config.sources.items()]
    for path, url in urls:
        if url and is_open(url):
            findings.warn(path, "people's data would travel unencrypted; use https")


def _warn_of_times_in_utc(config: Config, findings: Findings) -> None:
    if "timezone" in config.model_fields_set:
        return
    for number, section in enumerate(config.routes):
        if section.timezone is None and is_timed(section):
            findings.warn(("routes", number), "its hours and weekdays are in UTC; set timezone")


def _warn_of_idleness(
    sources: Mapping[str, ActiveSource], routes: Collection[Route], findings: Findings
) -> None:
    if not sources:
        findings.warn(("sources",), "there are none, so nothing can come in")
    if not routes:
        findings.warn(("routes",), "there are none, so nobody is enrolled")
        return
    for name, active in sources.items():
        kinds = active.connector.enrolling_kinds
        if not any(_may_take(route, name) and route.events & kinds for route in routes):
            findings.warn(("sources", name), "no route takes its events")


def _may_take(route: Route, source: str) -> bool:
    return not route.sources or source in route.sources
