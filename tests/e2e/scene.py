"""Everything of a crash test but the crash: the relay's process, destination, providers and senders."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import apsw
import asyncpg
import orjson
from aiohttp import web

from relay.cli.demo.player import settled
from relay.cli.demo.vendors import Vendors, origins_of, standing_in
from relay.config.keys import literal
from relay.config.load import load
from relay.config.resolve import resolve
from relay.core.case import Case
from relay.registry import Registry
from relay.sandbox import Running, Switches, running
from relay.sandbox.first import AFTER_VISIT, KEY, ONBOARDING, ORGANIZATION, REVIEW_REQUEST
from relay.store import Place, open_store
from relay.store.base import DeadLetter
from tests.e2e.polling import PATIENCE, until, until_seen
from tests.e2e.process import RelayProcess
from tests.e2e.traffic import MARK, Delivery, Senders

_CONFIG = """
[server]
port = 0
shutdown_grace = {grace}
[store]
{store}
[log]
format = "json"
[delivery]
linger = "20ms"
timeout = "{timeout}"
lease = "{lease}"
retry = {{ initial = "100ms", factor = 2.0, longest = "300ms", attempts = 1000 }}
[lookups]
cache = 0
retry = {{ initial = "50ms", factor = 2.0, longest = "200ms", attempts = 1000 }}
[lookups.origins]
{origins}
[egress]
allow = ["127.0.0.1/32"]
[destinations.main]
base_url = {destination}
api_key = {key}
on_unknown_outcome = {unknown}
{budget}
"""

# No cool-down: it would hide enrollments that other rules let through twice.
_ROUTES = f"""
[[routes]]
name = "after-purchase"
sources = ["square", "shopify"]
sequence = "{AFTER_VISIT}"
cooldown = 0
[[routes]]
name = "after-visit"
sources = ["calendly", "acuity"]
sequence = "{REVIEW_REQUEST}"
cooldown = 0
[[routes]]
name = "welcome"
sources = ["hubspot", "salesforce"]
events = ["contact.created"]
sequence = "{ONBOARDING}"
cooldown = 0
"""


def _source(case: Case) -> str:
    """A source with the secrets and settings that the case was recorded under."""
    secrets = "".join(f"secrets.{name} = {literal(value)}\n" for name, value in case.source.secrets.items())
    settings = "".join(
        f"settings.{name} = {literal(value)}\n" for name, value in case.source.settings.items()
    )
    return f'[sources.{case.connector}]\nconnector = "{case.connector}"\n{secrets}{settings}'


class Providers(Vendors):
    """The providers' APIs. Every few calls one fails; while `open` is not set, nobody gets an answer."""

    def __init__(self, cases: Iterable[Case], random: Random) -> None:
        super().__init__(cases)
        self._random = random
        self.open = asyncio.Event()
        self.open.set()

    async def answer(self, call: web.Request) -> web.Response:
        answer = await super().answer(call)
        await self.open.wait()
        failing = self._random.random()
        if failing < 0.1:
            return web.Response(status=503)
        return web.Response(status=429, headers={"retry-after": "0"}) if failing < 0.2 else answer


@dataclass
class Scene:
    """What a test has in its hands. `sent` are the deliveries begun so far, `under_way` their tasks."""

    folder: Path
    nodes: Sequence[RelayProcess]
    sandbox: Running
    providers: Providers
    senders: Senders
    store: Place
    sent: list[Delivery] = field(default_factory=list)
    under_way: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def relay(self) -> RelayProcess:
        """The only node, or the first one."""
        return self.nodes[0]

    def send(self, deliveries: Sequence[Delivery]) -> None:
        """Begin to send; they go on across crashes until the relay has taken them."""
        self.sent += deliveries
        self.under_way += [asyncio.create_task(self.senders.send(one)) for one in deliveries]

    async def taken(self) -> None:
        """Wait until every delivery was answered 2xx."""
        await until(lambda: all(task.done() for task in self.under_way), "not everything was taken")
        for task in self.under_way:
            task.result()

    async def resume(self) -> None:
        """The destination is well again, and nobody waits for the relay to find out by itself."""
        self.sandbox.forget_faults()
        async with open_store(self.store) as store:
            for found in await store.open_breakers():
                await store.resume(found.destination, found.sequence)

    async def settled(self, now: float, seconds: float = PATIENCE) -> None:
        """Wait until the relay has nothing left to do."""
        async with open_store(self.store) as store:

            async def quiet() -> bool:
                return not self.spooled() and settled(await store.ledger(), now)

            try:
                await until_seen(quiet, "the ledger did not come to rest", seconds)
            except AssertionError:
                ledger, breakers, held = await store.ledger(), await store.open_breakers(), await store.held()
                raise AssertionError(f"not at rest: {ledger}, {breakers}, {held}") from None

    def spooled(self) -> list[Path]:
        """Files with requests that are not in the ledger yet."""
        return list(self.folder.glob("relay.db.spool/*.spool"))

    async def dead_letters(self) -> list[DeadLetter]:
        """What `relay dead list` shows."""
        async with open_store(self.store) as store:
            return await store.dead_letters(100_000)

    def expected(self) -> set[tuple[str, str]]:
        """Everybody who is to be enrolled: address and sequence."""
        return {pair for delivery in self.sent for pair in delivery.expected()}

    def enrolled(self) -> set[tuple[str, str]]:
        """Everybody who was, by the destination's own record."""
        world = self.sandbox.world
        return {(world.contacts[contact].email, sequence) for contact, sequence in world.enrolled}

    async def kept(self) -> set[str]:
        """The marks of all requests in the ledger."""
        return {orjson.loads(headers)[MARK] for (headers,) in await self.rows("SELECT headers FROM request")}

    async def leases(self) -> int:
        """How many requests and batches somebody has claimed and not given back."""
        claimed = "SELECT lease_until FROM request_state UNION ALL SELECT lease_until FROM batch"
        return sum(lease is not None for (lease,) in await self.rows(claimed))

    async def rows(self, statement: str) -> list[Any]:
        """Read the ledger of relays that are stopped."""
        if isinstance(self.store, str):
            connection = await asyncpg.connect(self.store)
            try:
                return await connection.fetch(statement)
            finally:
                await connection.close()
        db = apsw.Connection(str(self.store), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            return db.execute(statement).fetchall()
        finally:
            db.close()


def _place(folder: Path, database: str | None) -> str:
    """Of a database, too: what is kept beside a ledger is kept beside that path."""
    path = f"path = {literal(str(folder / 'relay.db'))}"
    return f"{path}\nurl = {literal(database)}" if database else path


@asynccontextmanager
async def scene(
    folder: Path,
    deliveries: Sequence[Delivery],
    random: Random,
    *,
    unknown: str = "retry",
    grace: str = "10s",
    words: tuple[str, ...] = (),
    keeps_connections: Sequence[bool] = (True,),
    database: str | None = None,
    nodes: int = 1,
    hurried: bool = False,
    away_after: str = "2s",
    per_minute: int | None = None,
    **switches: object,
) -> AsyncIterator[Scene]:
    """Everything started, on free ports, the ledger in this folder or `database`.

    `hurried`: calls and leases are short, so that what a node leaves is taken over soon. `away_after`: how
    long the database may take before it counts as away. `per_minute`: calls that the destination allows, as
    relay and destination are told. `words`: further ones of the relay's command line. `keeps_connections`:
    whether vendors keep theirs for more calls, in turn.
    """
    cases = [delivery.case for delivery in deliveries]
    providers = Providers(cases, random)
    usual = Switches(rate_limits=False, slow_seconds=60)
    if per_minute is not None:
        switches |= {"rate_limits": True, "rate_overrides": {ORGANIZATION: {"per_minute": per_minute}}}
    behaviour = usual.changed(switches)
    async with (
        running(switches=behaviour) as sandbox,
        standing_in(providers) as place,
        aiohttp.ClientSession() as http,
    ):
        store: Place = database or folder / "relay.db"
        head = _CONFIG.format(
            grace=literal(grace),
            timeout="2s" if hurried else "20s",
            lease="3s" if hurried else "2m",
            store=f"path = {literal(str(folder / 'relay.db'))}\n"
            + f"url = {literal(database)}\ntimeout = {literal(away_after)}" * bool(database),
            origins="\n".join(f"{literal(one)} = {literal(place)}" for one in origins_of(cases)),
            destination=literal(sandbox.url),
            key=literal(KEY),
            unknown=literal(unknown),
            budget="" if per_minute is None else f"calls_per_minute = {per_minute}",
        )
        sources = {case.connector: _source(case) for case in cases}
        configs = [folder / f"node-{number}.toml" for number in range(nodes)]
        for config in configs:
            config.write_text(head + "".join(sources.values()) + _ROUTES, "utf-8")
        active = resolve(load(configs[0], {}), Registry(()), {}).sources
        relays = [RelayProcess(config, *words) for config in configs]
        try:
            senders = Senders(relays, active, http, keeps_connections)
            yield Scene(folder, relays, sandbox, providers, senders, store)
        finally:
            providers.open.set()
            for relay in relays:
                await relay.close()
