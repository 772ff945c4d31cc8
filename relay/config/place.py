"""Where the ledger is: the file, or the database whose URL is a secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from relay.config.faults import ConfigFaults, Findings
from relay.config.secrets import Missing, read_secret, readable_by_others
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
    where = ("store", "url")
    try:
        url = read_secret(section.url, environ).strip()
    except Missing as error:
        findings.fault((*where, *error.part), error.problem, error.hint)
        return section.path
    if readable_by_others(section.url):
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
