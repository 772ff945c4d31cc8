"""The keys that say where the ledger is, and what happens while it cannot be used."""

from __future__ import annotations

from datetime import timedelta
from math import inf
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from relay.config.secrets import SecretRef
from relay.config.values import Duration, Section, Size, Span


class StoreSection(Section):
    """Where the ledger is kept."""

    path: Path = Path("relay.db")
    """SQLite file; created when missing. Relative to the working folder."""

    url: Annotated[SecretRef | None, Field(examples=[{"env": "DATABASE_URL"}])] = None
    """PostgreSQL database in place of the file: postgresql://user:password@host/name."""

    wait: Annotated[Duration | None, Field(examples=["1m"])] = None
    """How long a start waits for its store: for ever where it spools, a minute for a database, else not."""

    when_away: Annotated[Literal["spool", "refuse"] | None, Field(examples=["refuse"])] = None
    """What intake does while it cannot be used: spool for a database, else refuse (503), unless set."""

    timeout: Span = timedelta(seconds=2)
    """A database that has not taken a request after this time is away: some senders wait for 5 s only."""

    @property
    def spools(self) -> bool:
        # What fills or breaks the disk of a file would fill or break the spool as well.
        return self.url is not None if self.when_away is None else self.when_away == "spool"

    @property
    def patience(self) -> float:
        """How long a start waits, in seconds."""
        if self.wait is not None:
            return self.wait.total_seconds()
        if self.url is None:
            return 0.0
        return inf if self.spools else 60.0


class SpoolSection(Section):
    """Where requests are kept while the store is away."""

    path: Annotated[Path | None, Field(examples=["/var/spool/relay"])] = None
    """Folder for the files, on a local disk; beside store.path unless set."""

    max_size: Size = 1024**3
    """Bytes that each process keeps there at most; beyond that senders are told to come again (503)."""
