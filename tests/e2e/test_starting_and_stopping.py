"""From the first moment to the last, senders and supervisors are told what to expect."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import orjson
import pytest

from tests.e2e.polling import until, until_seen
from tests.e2e.process import RelayProcess
from tests.installing import TOKEN
from tests.ports import free_port
from tests.web.front import SALE

_CONFIG = """
[server]
port = {port}
drain = "1h"
[store]
path = "{folder}/later/relay.db"
wait = "{wait}"
[log]
format = "json"
[sources.shop]
connector = "generic"
secrets.url_token = "{token}"
settings.kind = {{ paid = "purchase.completed" }}
"""


class Watched:
    """A relay whose ledger lies in a folder that a test makes when it likes."""

    def __init__(self, folder: Path, http: aiohttp.ClientSession, wait: str) -> None:
        self.later = folder / "later"
        self._http = http
        self.port = free_port()
        config = folder / "config.toml"
        config.write_text(_CONFIG.format(port=self.port, folder=folder, wait=wait, token=TOKEN))
        self.process = RelayProcess(config)

    async def get(self, path: str) -> int:
        """The status; 0 where nobody listens."""
        return (await self._asked("GET", path))[0]

    async def send(self) -> tuple[int, str | None]:
        """The status for a delivery, and after how long it shall be sent again."""
        return await self._asked("POST", f"/hooks/shop/{TOKEN}")

    async def _asked(self, method: str, path: str) -> tuple[int, str | None]:
        try:
            async with self._http.request(
                method, f"http://127.0.0.1:{self.port}{path}", data=orjson.dumps(SALE)
            ) as answer:
                return answer.status, answer.headers.get("retry-after")
        except aiohttp.ClientConnectionError:
            return 0, None

    async def says(self, status: int, path: str) -> None:
        async def said() -> bool:
            return await self.get(path) == status

        await until_seen(said, f"{path} did not become {status}")


@pytest.fixture(name="relay")
async def _relay(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Watched]:
    async with aiohttp.ClientSession() as http:
        watched = Watched(tmp_path, http, getattr(request, "param", "1h"))
        try:
            yield watched
        finally:
            await watched.process.close()


async def test_while_the_store_cannot_be_opened_senders_are_told_to_come_again_and_then_taken(
    relay: Watched,
) -> None:
    await relay.process.launch()
    await relay.says(200, "/livez")
    assert await relay.get("/readyz") == 503
    assert await relay.send() == (503, "10")
    assert await relay.get("/hooks/nobody") == 503
    assert await relay.get("/console") == 503
    relay.later.mkdir()
    await relay.says(200, "/readyz")
    assert await relay.send() == (200, None)
    assert [line["event"] for line in relay.process.logged()].count("waiting for the store") == 1


@pytest.mark.parametrize("relay", ["300ms"], indirect=True)
async def test_a_store_that_is_not_there_in_time_ends_the_start_with_its_fault(relay: Watched) -> None:
    await relay.process.launch()
    await until(lambda: relay.process.exit_code is not None, "it went on")
    assert relay.process.exit_code == 3
    assert await relay.get("/livez") == 0


async def test_a_relay_that_is_stopped_while_it_waits_stops_at_once(relay: Watched) -> None:
    await relay.process.launch()
    await relay.says(200, "/livez")
    assert await relay.process.terminate() == 0


async def test_a_stopping_relay_says_so_first_and_takes_what_still_comes(relay: Watched) -> None:
    relay.later.mkdir()
    await relay.process.start()
    assert await relay.get("/readyz") == 200
    relay.process.ask_to_stop()
    await relay.says(503, "/readyz")
    assert await relay.send() == (200, None)
    assert await relay.get("/livez") == 200
    assert await relay.process.terminate() == 0


async def test_a_supervisor_is_told_when_it_is_ready_that_it_is_alive_and_when_it_stops(
    relay: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.setblocking(False)
        told: list[str] = []

        def hears(line: str) -> bool:
            with suppress(BlockingIOError):
                told.append(supervisor.recv(1000).decode())
            return any(line in message.splitlines() for message in told)

        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "30000")
        await relay.process.launch()
        await until(lambda: hears("WATCHDOG=1"), "the watchdog was not told")
        assert not hears("READY=1")
        relay.later.mkdir()
        await until(lambda: hears("READY=1"), "it did not become ready")
        assert not hears("STOPPING=1")
        relay.process.ask_to_stop()
        await until(lambda: hears("STOPPING=1"), "it did not say that it stops")
        assert await relay.process.terminate() == 0


_HANDING_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.argv[2], sys.argv[2:])
"""
"""What systemd does for a unit with a socket: the open socket under number 3, and who it is meant for."""


async def test_with_a_socket_of_its_supervisor_nobody_is_refused_while_one_relay_follows_another(
    relay: Watched,
) -> None:
    relay.later.mkdir()
    with socket.create_server(("127.0.0.1", relay.port)) as door:
        door.set_inheritable(True)
        relay.process.launcher = (sys.executable, "-c", _HANDING_OVER, str(door.fileno()))
        early = asyncio.create_task(relay.send())
        await relay.process.start()
        assert await early == (200, None)
        assert relay.process.url.endswith(f":{relay.port}")
        await relay.process.kill()
        between = asyncio.create_task(relay.send())
        await relay.process.start()
        assert await between == (200, None)
