"""What reads and repairs, in a relay as well as in a command where none runs."""

from __future__ import annotations

import random

import aiohttp

from relay.clock import Clock
from relay.config.installation import Installation
from relay.providers import Providers
from relay.store import Store
from relay.telemetry import Metrics
from relay.work.jobs import Jobs
from relay.work.reading import Reader
from relay.work.repairing import Repairing


def make_reader(
    installation: Installation, http: aiohttp.ClientSession, clock: Clock, metrics: Metrics
) -> Reader:
    """Reads stored requests, with look-ups at the providers."""
    lookups = installation.config.lookups
    providers = Providers(
        http,
        clock,
        parallel=lookups.parallel,
        timeout=lookups.timeout.total_seconds(),
        remember=lookups.cache.total_seconds(),
        origins=lookups.origins,
    )
    return Reader(installation.sources, providers.answer, metrics)


def make_repairing(
    installation: Installation, store: Store, http: aiohttp.ClientSession, clock: Clock
) -> Repairing:
    """For a command where no relay runs."""
    return Repairing(store, installation, make_reader(installation, http, clock, Metrics()), clock)


def make_jobs(installation: Installation, store: Store, http: aiohttp.ClientSession, clock: Clock) -> Jobs:
    """For a command where no relay runs."""
    repairing = make_repairing(installation, store, http, clock)
    return Jobs(store, installation, repairing, clock, spread=random.random, released=lambda: None)
