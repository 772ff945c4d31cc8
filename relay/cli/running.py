"""How commands find the relay that runs on a ledger: a file beside it, which only its owner can read."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

CALLER_HEADER = "x-relay-caller"
"""Who is at the terminal, said by a command that shows the relay's own secret."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where a relay listens, and the secret that lets whoever may read its ledger speak to it."""

    url: str
    token: str


def _beside(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.running")


def new_token() -> str:
    return secrets.token_urlsafe(32)


@contextmanager
def announced(ledger: Path, running: Running) -> Iterator[None]:
    """While the relay runs its place is known; after a crash nobody answers there, which tells as much.

    Of several on one ledger the last one is found.
    """
    place = _beside(ledger)
    draft = place.with_name(f"{place.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(orjson.dumps({"url": running.url, "token": running.token}))
    draft.replace(place)
    try:
        yield
    finally:
        if find_running(ledger) == running:
            place.unlink(missing_ok=True)


def find_running(ledger: Path) -> Running | None:
    """What a relay on this ledger announced, whether or not it is still there."""
    try:
        told = orjson.loads(_beside(ledger).read_bytes())
        return Running(str(told["url"]), str(told["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
