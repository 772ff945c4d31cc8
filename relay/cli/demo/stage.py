"""The stage: a sandbox, the vendors' stand-in and a relay, all on free ports, none of them special."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from relay.cli.demo.configuration import write_configuration
from relay.cli.demo.scene import Scripted, people_who
from relay.cli.demo.vendors import Vendors, origins_of, standing_in
from relay.cli.serve import serving
from relay.cli.wiring import Relay, running
from relay.clock import Clock, SystemClock
from relay.config.load import load
from relay.config.resolve import resolve
from relay.registry import Registry
from relay.sandbox import Running
from relay.sandbox import running as sandbox_running
from relay.sandbox.switches import Switches


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs. `config` is the file that the relay was configured by."""

    config: Path
    sandbox: Running
    vendors: Vendors
    relay: Relay
    clock: Clock


@asynccontextmanager
async def on_stage(
    folder: Path, script: Sequence[Scripted], wait_after_429: int, clock: Clock | None = None
) -> AsyncIterator[Stage]:
    """Everything started, with its ledger in this folder; stopped in order afterwards.

    `wait_after_429` is in seconds.
    """
    cases = [delivery.told.case for scripted in script for delivery in scripted.deliveries]
    switches = Switches(
        idempotency=True,
        poison=frozenset(people_who(script, "refused")),
        fault_retry_after=wait_after_429,
    )
    vendors = Vendors(cases)
    async with standing_in(vendors) as place, sandbox_running(switches=switches) as sandbox:
        origins = dict.fromkeys(origins_of(cases), place)
        config = write_configuration(folder, cases, origins, sandbox.url)
        # The environment of whoever watches must not change the play.
        installation = resolve(load(config, {}), Registry(()), {})
        time = clock or SystemClock()
        async with running(serving(installation, port=0), time) as relay:
            yield Stage(config, sandbox, vendors, relay, time)
