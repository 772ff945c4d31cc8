"""Sources with their connector found, their secrets read and both checked against it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from pydantic import ValidationError

from relay.config.destinations import OPEN_FILE
from relay.config.faults import Fault, Findings, explain, near
from relay.config.installation import ActiveSource
from relay.config.keys import Path, written
from relay.config.models import SourceSection
from relay.config.secrets import HIDDEN, Missing, Reference, read_secret, readable_by_others
from relay.core.connector import Connector
from relay.core.errors import Misconfigured
from relay.core.source import Settings, Source
from relay.registry import ConnectorError, Registry

Values = Mapping[str, tuple[str, ...]]

_SECRET_LENGTH = 6
"""What is shorter occurs in ordinary words, and protects nothing."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Resolves sources one by one; what is wrong goes to the findings."""

    public_url: str
    registry: Registry
    environ: Mapping[str, str]
    findings: Findings

    def resolve(self, name: str, section: SourceSection) -> ActiveSource | None:
        """None where anything is wrong with the source."""
        path = ("sources", name)
        connector = self._connector((*path, "connector"), section.connector)
        if connector is None:
            return None
        secrets = self._secrets((*path, "secrets"), section, connector)
        settings = self._settings((*path, "settings"), section, connector)
        if secrets is None or settings is None:
            return None
        source = Source(name, secrets, settings)
        ready = self._ready(path, connector, source)
        url = section.public_url or f"{self.public_url}/hooks/{name}"
        return ActiveSource(source, ready, url) if ready else None

    def _connector(self, path: Path, name: str) -> Connector | None:
        known = self.registry.names()
        if name not in known:
            self.findings.fault(path, f'there is no connector "{name}"', near((name,), known))
            return None
        try:
            return self.registry.get(name)
        except ConnectorError as error:
            self.findings.fault(path, str(error))
            return None

    def _secrets(self, path: Path, section: SourceSection, connector: Connector) -> Values | None:
        values, unread = self._read(path, section)
        try:
            # What cannot be read has its fault already; it is there, whatever the connector makes of it.
            secrets = connector.secrets.model_validate(values | {name: ["unread"] for name in unread})
        except ValidationError as error:
            for place, fault in explain(error, connector.secrets, section.secrets, path):
                if not unread.intersection(place[len(path) :]):
                    self._report(connector, _veiled(fault, values))
            return None
        return None if unread else secrets.revealed()

    def _read(self, path: Path, section: SourceSection) -> tuple[dict[str, list[str]], set[str]]:
        """Every value by name, and the names that have one which cannot be read."""
        values: dict[str, list[str]] = {}
        unread = set()
        for place, name, ref in _references(path, section):
            try:
                values.setdefault(name, []).append(read_secret(ref, self.environ))
            except Missing as error:
                unread.add(name)
                self.findings.fault((*place, *error.part), error.problem, error.hint)
            if readable_by_others(ref):
                self.findings.warn(place, OPEN_FILE)
        return values, unread

    def _settings(self, path: Path, section: SourceSection, connector: Connector) -> Settings | None:
        try:
            return connector.settings.model_validate(section.settings)
        except ValidationError as error:
            for _, fault in explain(error, connector.settings, section.settings, path):
                self._report(connector, fault)
            return None

    def _ready(self, path: Path, connector: Connector, source: Source) -> Connector | None:
        try:
            return connector.for_source(connector, source)
        except Misconfigured as error:
            fault = Fault(written((*path, *error.key.split("."))), error.problem)
        except ValueError as error:
            problem = str(error) or "the connector refuses them and does not say why"
            fault = Fault(written((*path, "settings")), problem)
        except Exception as error:  # noqa: BLE001 - a connector is anybody's code; its failure is this source's
            problem = f"the connector fails on them, which is a bug in it: {type(error).__name__}: {error}"
            fault = Fault(written((*path, "settings")), problem)
        self._report(connector, _veiled(fault, source.secrets))
        return None

    def _report(self, connector: Connector, fault: Fault) -> None:
        show = f"see `relay connectors show {connector.name}`"
        self.findings.faults.append(replace(fault, hint=f"{fault.hint} {show}".strip()))


def _veiled(fault: Fault, secrets: Mapping[str, Iterable[str]]) -> Fault:
    """The fault without secrets that a connector's own check put into its message."""
    problem = fault.problem
    for value in chain.from_iterable(secrets.values()):
        if len(value) >= _SECRET_LENGTH:
            problem = problem.replace(value, HIDDEN)
    return replace(fault, problem=problem)


def _references(path: Path, section: SourceSection) -> Iterator[tuple[Path, str, Reference]]:
    """Each reference with its place and the name of its secret."""
    for name, refs in section.secrets.items():
        if isinstance(refs, list):
            yield from (((*path, name, number), name, ref) for number, ref in enumerate(refs))
        else:
            yield (*path, name), name, refs
