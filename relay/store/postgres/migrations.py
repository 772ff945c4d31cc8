"""The schema, brought up to date by whichever node comes first."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

import asyncpg

from relay.store.base import Unfit
from relay.store.postgres.statements import definition

if TYPE_CHECKING:
    from relay.store.postgres.connection import Connection

_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
  number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL
)
"""
_LOCK = "SELECT pg_advisory_xact_lock(1380273241)"
"""One node migrates, the others wait for it: the number is the mark of a ledger."""


def migrations() -> list[tuple[str, str]]:
    """Every migration in order: the ledger as it was when PostgreSQL came, then those of both engines."""
    own = files("relay.store.postgres").joinpath("migrations")
    common = files("relay.store.sql").joinpath("migrations")
    scripts = [(entry.name, entry.read_text("utf-8")) for entry in own.iterdir()]
    scripts += [
        (entry.name, definition(entry.read_text("utf-8")))
        for entry in (common.iterdir() if common.is_dir() else ())
        if entry.name.endswith(".sql")
    ]
    return sorted(scripts)


async def migrate(connection: Connection) -> None:
    """All or nothing. Raises `Unfit` for a newer or altered ledger, or a database that can hold none."""
    if await connection.fetchval("SHOW server_encoding") != "UTF8":
        raise Unfit("store.url: the database's encoding is not UTF8: create it with ENCODING 'UTF8'")
    async with connection.transaction():
        await connection.execute(_LOCK)
        await connection.execute(_TABLE)
        try:
            found = await connection.fetch("SELECT number, checksum FROM migration")
        except asyncpg.UndefinedColumnError:
            raise Unfit(
                "store.url: the database has a table `migration` of another program: give the relay its own"
            ) from None
        applied: dict[int, str] = {row["number"]: row["checksum"] for row in found}
        scripts = migrations()
        if newer := sorted(applied.keys() - {int(name[:4]) for name, _ in scripts}):
            raise Unfit(f"the ledger has migration {newer[-1]}, which this relay does not know: upgrade it")
        for name, script in scripts:
            await _apply(connection, name, script, applied.get(int(name[:4])))


async def _apply(connection: Connection, name: str, script: str, applied: object) -> None:
    checksum = hashlib.sha256(script.encode()).hexdigest()
    if applied is None:
        await connection.execute(script)
        await connection.execute("INSERT INTO migration VALUES ($1, $2, $3)", int(name[:4]), name, checksum)
    elif applied != checksum:
        raise Unfit(f"migration {name} was applied in another form: this is another relay's ledger")
