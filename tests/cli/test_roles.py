"""One relay in several processes by roles: what each of them serves, and that they work together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import aiohttp
import orjson
import pytest

from relay.cli.post import Post
from relay.cli.processes.parts import parts_of
from relay.cli.running import find_running
from relay.cli.wiring import Relay, running
from relay.sandbox import Running as Sandbox
from relay.sandbox import running as sandbox_running
from relay.store.base import InUse
from relay.web.door import open_door
from relay.work.loop import Loop
from tests.e2e.polling import until
from tests.installing import TOKEN, installed, settings

SALE = {"event": "paid", "id": "P-1", "email": "ana@example.com"}
PLACES = (f"/hooks/shop/{TOKEN}", "/api/v1/openapi.json", "/console/login", "/healthz")


class House:
    """Relays of any role on one ledger."""

    def __init__(self, stack: AsyncExitStack, folder: Path, sandbox: Sandbox) -> None:
        self._stack = stack
        self.installation = installed(settings(folder, sandbox.url))
        self.ledger = folder / "relay.db"
        self.sandbox = sandbox

    async def open(self, role: str) -> Relay:
        post = Post(parts_of(role))
        return await self._stack.enter_async_context(running(self.installation, post=post))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(sandbox_running())
        yield House(stack, tmp_path, sandbox)


async def answers(relay: Relay) -> list[int]:
    """What a process answers at every place, a sale at the first."""
    async with aiohttp.ClientSession(relay.url) as http:
        posted = await http.post(PLACES[0], data=orjson.dumps(SALE))
        return [posted.status, *[(await http.get(place)).status for place in PLACES[1:]]]


@pytest.mark.parametrize(
    ("role", "answered"),
    [("all", [200, 200, 200, 200]), ("intake", [200, 404, 404, 200]), ("web", [404, 200, 200, 200])],
)
async def test_a_process_serves_what_its_role_is_and_nothing_else(
    house: House, role: str, answered: list[int]
) -> None:
    assert await answers(await house.open(role)) == answered


async def test_one_that_works_listens_nowhere(house: House) -> None:
    assert (await house.open("work")).url == ""


async def test_what_one_process_takes_in_another_delivers_though_no_loop_looks_by_itself(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.cli.loops.Loop", partial(Loop, longest=3600))
    await house.open("work")
    intake = await house.open("intake")
    async with aiohttp.ClientSession(intake.url) as http:
        assert (await http.post(PLACES[0], data=orjson.dumps(SALE))).status == 200
    await until(lambda: bool(house.sandbox.world.enrolled), "nobody was enrolled")


async def test_only_one_works_on_an_sqlite_ledger_and_any_number_goes_beside_it(house: House) -> None:
    await house.open("work")
    for role in ("intake", "web", "intake"):
        await house.open(role)
    for role in ("work", "all"):
        with pytest.raises(InUse, match="--role intake or --role web, which go beside it"):
            await house.open(role)


@pytest.mark.parametrize(
    ("role", "is_found"), [("all", True), ("web", True), ("intake", False), ("work", False)]
)
async def test_commands_find_whoever_serves_the_api(house: House, role: str, *, is_found: bool) -> None:
    relay = await house.open(role)
    found = find_running(house.ledger)
    assert (found is not None) == is_found
    assert found is None or found.url == relay.url


async def test_one_that_leaves_takes_no_others_announcement_away(house: House) -> None:
    async with AsyncExitStack() as first:
        await first.enter_async_context(running(house.installation, post=Post(parts_of("web"))))
        second = await house.open("web")
    found = find_running(house.ledger)
    assert found is not None
    assert found.url == second.url


async def test_a_port_that_is_taken_is_named_with_its_key(house: House) -> None:
    relay = await house.open("intake")
    port = int(relay.url.rpartition(":")[2])
    with pytest.raises(OSError, match=rf"port {port} \(server.metrics_port\)"):
        await open_door("127.0.0.1", port, "server.metrics_port")
