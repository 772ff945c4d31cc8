"""Where a ledger is."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

Place = Path | str
"""An SQLite file, or the URL of a PostgreSQL database."""


def described(place: Place) -> str:
    """For people: a URL without its password."""
    if isinstance(place, Path):
        return str(place)
    parts = urlsplit(place)
    host = parts.hostname or "localhost"
    where = f"{host}:{parts.port}" if parts.port else host
    return f"postgresql://{parts.username + '@' if parts.username else ''}{where}{parts.path}"
