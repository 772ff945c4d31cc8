"""Where the ledger is: the file, or the database whose URL is a secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from relay.config.faults import ConfigFaults, Findings
from relay.config.keys import Path as Key
from relay.config.secrets import Missing, Reference, read_secret, readable_by_others
from relay.config.storing import StoreSection

_SCHEMES = ("postgresql", "postgres")
_OPEN_FILE = "others on this machine can read the file: chmod 600"


def ledger_place(section: StoreSection, environ: Mapping[str, str]) -> Path | str:
    """The path of an SQLite file, or the URL of a PostgreSQL database. Raises `ConfigFaults`."""
    findings = Findings()
    place = resolve_place(section, environ, findings)
    if findings.faults:
        raise ConfigFaults(findings.faults)
    return place


def resolve_place(section: StoreSection, environ: Mapping[str, str], findings: Findings) -> Path | str:
    if section.url is None:
        return section.path
    return _database(section.url, ("store", "url"), environ, findings) or section.path


def database_url(ref: Reference, key: str, environ: Mapping[str, str]) -> str:
    """The URL of a PostgreSQL database that `key` names. Raises `ConfigFaults`."""
    findings = Findings()
    url = _database(ref, (key,), environ, findings)
    if findings.faults:
        raise ConfigFaults(findings.faults)
    return url


def _database(ref: Reference, where: Key, environ: Mapping[str, str], findings: Findings) -> str:
    """An empty text where it cannot be read."""
    try:
        url = read_secret(ref, environ).strip()
    except Missing as error:
        findings.fault((*where, *error.part), error.problem, error.hint)
        return ""
    if readable_by_others(ref):
        findings.warn(where, _OPEN_FILE)
    try:
        parts = urlsplit(url)
        is_complete = parts.scheme in _SCHEMES and parts.port != 0
    except ValueError:
        is_complete = False
    if not is_complete:
        findings.fault(
            where, "is no URL of a PostgreSQL database", "postgresql://user:password@host:5432/database"
        )
    return url
