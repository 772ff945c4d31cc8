"""The sockets stay open while who answers behind them changes."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import pytest
from aiohttp import web

from relay.web.door import Door, open_door, open_doors


def saying(text: str) -> web.AppRunner:
    async def say(_call: web.Request) -> web.Response:
        answer = web.Response(text=text)
        answer.force_close()
        return answer

    app = web.Application()
    app.router.add_get("/", say)
    return web.AppRunner(app, access_log=None, shutdown_timeout=1)


async def heard(door: Door, times: int = 1) -> set[str]:
    async def ask(http: aiohttp.ClientSession) -> str:
        async with http.get(door.url) as answer:
            return await answer.text()

    async with aiohttp.ClientSession() as http:
        return set(await asyncio.gather(*(ask(http) for _ in range(times))))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
async def test_nobody_is_refused_while_one_server_follows_another(host: str) -> None:
    door = await open_door(host, 0)
    first, second = saying("first"), saying("second")
    try:
        early = asyncio.create_task(heard(door))
        await door.lead_to(first)
        assert await early == {"first"}
        calls = [asyncio.create_task(heard(door, 20)) for _ in range(3)]
        await door.lead_to(second)
        calls += [asyncio.create_task(heard(door, 20)) for _ in range(3)]
        await first.cleanup()
        assert set().union(*await asyncio.gather(*calls)) <= {"first", "second"}
        assert await heard(door, 20) == {"second"}
    finally:
        await first.cleanup()
        await second.cleanup()
        door.close()


async def test_once_closed_it_refuses() -> None:
    door = await open_door("127.0.0.1", 0)
    url, only = door.url, saying("only")
    await door.lead_to(only)
    door.close()
    await only.cleanup()
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectorError):
            await http.get(url)


async def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"port {port} \(server.port\): Address already in use; choose"):
            await open_door("127.0.0.1", port)


async def test_what_waits_at_one_of_several_doors_outlives_whoever_answers_there() -> None:
    doors = await open_doors("127.0.0.1", 0, 2)
    servers = [saying("first"), saying("second")]
    try:
        for door, server in zip(doors, servers, strict=True):
            await door.lead_to(server)
        # The system draws lots for each connection.
        assert await heard(doors[0], 64) == {"first", "second"}
        await servers[0].cleanup()
        waiting = asyncio.create_task(heard(doors[0], 64))
        servers.append(saying("third"))
        await doors[0].lead_to(servers[-1])
        assert await waiting == {"second", "third"}
    finally:
        for server in servers:
            await server.cleanup()
        for door in doors:
            door.close()


async def test_several_doors_do_not_open_beside_those_of_another_relay() -> None:
    doors = await open_doors("127.0.0.1", 0, 2)
    with pytest.raises(OSError, match="Address already in use"):
        await open_doors("127.0.0.1", int(doors[0].url.rpartition(":")[2]), 2)
    for door in doors:
        door.close()


async def test_a_name_that_leads_nowhere_is_told() -> None:
    with pytest.raises(OSError, match=r"cannot listen on no-such-host\.invalid, port 0"):
        await open_door("no-such-host.invalid", 0)


async def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(OSError, match=r"port 0 \(server.port\): Cannot assign requested address"):
        await open_door("192.0.2.1", 0)
