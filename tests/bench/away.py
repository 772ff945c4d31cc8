"""The database is stopped for 30 s under load: `python -m tests.bench.away`.

A steady load goes on before, meanwhile and afterwards. Then everything that was answered 2xx must be in the
ledger, and everybody must have been delivered once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import asyncpg

from relay.cli.options import run
from tests.bench.bench import Finding, Result, Setting, command
from tests.bench.deliveries import write_signatures
from tests.bench.load import Load, Loading
from tests.bench.scene import Sink, configured, polled, serving, sink
from tests.postgres import Server, server

RATE = 400
"""Requests per second: an agency with hundreds of shops on its busiest day."""

_BEFORE, _AFTER = 5, 10
_PATIENCE = 300


@dataclass(frozen=True)
class Outage:
    """What came of it. `drained`: seconds from the database's return until the spool was empty."""

    load: Load
    spooled: int
    drained: float
    requests: int
    webhooks: int


def measure(setting: Setting) -> Result:
    seconds = 5 if setting.quick else 30
    with sink() as destination, server() as database:
        found = _outage(setting, database, destination, seconds)
        contacts = destination.contacts() - 1
    sent = found.load.requests
    findings = [
        Finding(f"database stopped for {seconds} s: answers that were no 2xx", found.load.bad, limit=0),
        Finding("the same: accepted requests that are not in the ledger", sent - found.webhooks, limit=0),
        Finding("the same: people who were not delivered", max(0, sent - contacts), limit=0),
        Finding("the same: people who were delivered twice", max(0, contacts - sent), limit=0),
        Finding("the same: requests that are in the ledger twice", found.requests - found.webhooks),
        Finding("the same: bytes that were spooled", found.spooled / 1e6, "MB"),
        Finding("the same: until the spool was drained, from the database's return on", found.drained, "s"),
        Finding("the same: p50 of all answers", found.load.p50, "ms"),
        Finding("the same: p99 of all answers", found.load.p99, "ms"),
        Finding("the same: slowest answer", found.load.took["100"], "ms"),
    ]
    notes = (
        f"{sent:,} requests at {RATE} a second, {_BEFORE} s before and {_AFTER} s after the outage included."
    )
    return Result("Away", findings, notes=notes)


def _outage(setting: Setting, database: Server, destination: Sink, seconds: int) -> Outage:
    folder = setting.own("away")
    config, port = configured(folder, database.url(), destination)
    spool = folder / "relay.db.spool"
    whole = _BEFORE + seconds + _AFTER
    write_signatures(folder / "signatures", range(RATE * (whole + 5)))
    with serving("relay", config, port) as relay:
        load = Loading(f"{relay.url}/", folder / "signatures", whole, RATE)
        _pass(_BEFORE)
        database.stop()
        _pass(seconds)
        spooled = sum(file.stat().st_size for file in spool.iterdir())
        database.start()
        drained = polled(lambda: not any(spool.iterdir()), _PATIENCE, "the spool was not drained")
        loaded = load.end()
        polled(lambda: destination.contacts() > loaded.requests, _PATIENCE, "not everybody was delivered")
        requests, webhooks = run(lambda: _kept(database.url()))
    return Outage(loaded, spooled, drained, requests - 1, webhooks - 1)


def _pass(seconds: float) -> None:
    time.sleep(seconds)  # nothing is polled: an outage lasts as long as it lasts


async def _kept(url: str) -> tuple[int, int]:
    """Requests in the ledger, and how many webhooks they are of."""
    connection = await asyncpg.connect(url)
    try:
        ((requests, webhooks),) = await connection.fetch("SELECT count(*), count(DISTINCT body) FROM request")
    finally:
        await connection.close()
    return requests, webhooks


if __name__ == "__main__":
    command(measure, __doc__)
