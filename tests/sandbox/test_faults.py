"""Items 30 to 33: what can go wrong on purpose."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import orjson
import pytest

from relay.sandbox.faults import FAULTS
from relay.sandbox.first import AFTER_VISIT, KEY
from tests.sandbox.asking import Api, Reply, people


async def struck(api: Api, fault: str, *, seconds: float = 10) -> Reply:
    return await api.execute(people("ana", "ben"), headers={"X-Sandbox-Fault": fault}, seconds=seconds)


@pytest.mark.parametrize(("fault", "sendings"), [("500-before", 0), ("500-after", 2)])
async def test_a_500_looks_alike_whether_the_work_was_done_or_not(
    api: Api, fault: str, sendings: int
) -> None:
    reply = await struck(api, fault)

    assert reply.status == 500
    assert reply.json == {
        "error": {
            "code": "INTERNAL_ERROR",
            "message": "An unexpected error occurred. Contact support.",
        }
    }
    assert len(api.reached()) == sendings


@pytest.mark.parametrize(("fault", "sendings"), [("close-before", 0), ("close-after", 2)])
async def test_the_connection_can_be_closed_before_or_after_the_work(
    api: Api, fault: str, sendings: int
) -> None:
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await struck(api, fault)

    assert len(api.reached()) == sendings


async def test_an_answer_can_come_after_the_clients_patience(api: Api) -> None:
    with pytest.raises(asyncio.TimeoutError):
        await struck(api, "slow-after", seconds=0.1)

    assert len(api.reached()) == 2


async def test_a_slow_answer_is_the_true_one_for_whoever_waits(api: Api) -> None:
    api.sandbox.switch(slow_seconds=0.01)

    assert (await struck(api, "slow-after")).data["sendingsCreated"] == 2


async def test_every_answer_can_be_given_a_latency(api: Api) -> None:
    api.sandbox.switch(latency_seconds=30)

    with pytest.raises(asyncio.TimeoutError):
        await api.execute(people("ana"), seconds=0.1)


@pytest.mark.parametrize(
    ("fault", "status", "sendings"),
    [("502-html", 502, 0), ("503-html", 503, 0), ("504-html", 504, 0), ("504-after", 504, 2)],
)
async def test_a_proxy_answers_in_html_without_the_apis_headers(
    api: Api, fault: str, status: int, sendings: int
) -> None:
    reply = await struck(api, fault)

    assert reply.status == status
    assert reply.headers["Content-Type"].startswith("text/html")
    assert reply.body.startswith(b"<html>")
    assert "X-RateLimit-Limit" not in reply.headers
    assert len(api.reached()) == sendings


@pytest.mark.parametrize("fault", ["cut-json", "not-json"])
async def test_a_200_can_have_a_body_that_nobody_can_read(api: Api, fault: str) -> None:
    reply = await struck(api, fault)

    assert reply.status == 200
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(reply.body)
    assert len(api.reached()) == 2


async def test_a_200_can_break_off_in_the_middle_of_its_body(api: Api) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        await struck(api, "cut-body")

    assert len(api.reached()) == 2


async def test_a_200_can_come_without_data(api: Api) -> None:
    reply = await struck(api, "no-data")

    assert (reply.status, reply.json) == (200, {})
    assert len(api.reached()) == 2


async def test_a_status_never_seen_before_can_come_back(api: Api) -> None:
    reply = await struck(api, "unknown-status")

    assert {each["status"] for each in reply.data["results"]} == {"deferred_by_sandbox"}
    assert reply.data["sendingsCreated"] == 2


async def test_results_can_be_shorter_than_what_was_sent(api: Api) -> None:
    reply = await struck(api, "short-results")

    assert [each["email"] for each in reply.data["results"]] == ["ana@example.com"]
    assert len(api.reached()) == 2


async def test_a_key_can_be_revoked_in_mid_run(api: Api) -> None:
    before = await api.execute(people("ana"))
    struck_by_it = await struck(api, "revoke-key")
    after = await api.execute(people("ana"))

    assert before.status == 200
    assert [struck_by_it.code, after.code] == ["INVALID_API_KEY"] * 2
    assert not api.sandbox.world.keys[KEY].active


async def test_a_sequence_can_be_paused_in_mid_run(api: Api) -> None:
    before = await api.execute(people("ana"))
    struck_by_it = await struck(api, "pause-sequence")
    after = await api.execute(people("ana"))

    assert [before.status, struck_by_it.status, after.status] == [200, 400, 400]
    assert api.sandbox.world.sequences[AFTER_VISIT].status == "paused"


async def test_a_429_can_be_had_without_spending_the_budget(api: Api) -> None:
    api.sandbox.switch(fault_retry_after=7)

    reply = await struck(api, "429")

    assert (reply.status, reply.code) == (429, "RATE_LIMIT_EXCEEDED")
    assert reply.headers["Retry-After"] == "7"
    assert reply.json["error"]["details"] == {"retryAfter": 7, "limit": 100, "window": "1 minute"}
    assert reply.headers["X-RateLimit-Limit"] == "1000"
    assert api.reached() == []


@pytest.mark.parametrize("fault", sorted(FAULTS - {"close-before", "502-html", "503-html", "504-html"}))
async def test_no_fault_makes_up_for_a_missing_key(api: Api, fault: str) -> None:
    reply = await api.execute(people("ana"), key=None, headers={"X-Sandbox-Fault": fault})

    assert reply.code == "MISSING_API_KEY"


async def test_planned_faults_strike_the_next_execute_calls_in_their_order(api: Api) -> None:
    api.sandbox.fail_next("500-before", count=2)
    api.sandbox.fail_next("503-html")

    read = await api.call("GET", "sequences")
    replies = [await api.execute(people("ana")) for _ in range(4)]

    assert read.status == 200
    assert [reply.status for reply in replies] == [500, 500, 503, 200]


async def test_planned_faults_can_strike_any_request(api: Api) -> None:
    api.sandbox.fail_next("502-html", on="any")

    replies = [await api.call("GET", "sequences"), await api.call("GET", "sequences")]

    assert [reply.status for reply in replies] == [502, 200]


async def test_an_unknown_fault_is_refused_and_not_passed_over(api: Api) -> None:
    reply = await struck(api, "500-sometimes")

    assert (reply.status, reply.code) == (400, "SANDBOX_UNKNOWN_FAULT")
    assert "500-after" in reply.json["error"]["details"]
    with pytest.raises(ValueError, match="500-sometimes"):
        api.sandbox.fail_next("500-sometimes")


async def test_in_an_outage_everybody_gets_503_until_it_is_over(api: Api) -> None:
    api.sandbox.begin_outage(5)
    during = [await api.execute(people("ana")), await api.call("GET", "sequences", key=None)]
    api.clock.now += 5
    after = await api.execute(people("ana"))

    assert [reply.status for reply in (*during, after)] == [503, 503, 200]
    assert [entry.fault for entry in api.sandbox.requests()] == ["outage", "outage", None]


async def test_in_an_outage_connections_can_be_dropped_instead(api: Api) -> None:
    api.sandbox.begin_outage(5, "close")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.execute(people("ana"))
    api.sandbox.end_outage()

    assert (await api.execute(people("ana"))).status == 200


async def test_the_port_can_be_closed_for_a_while_also_to_those_connected(api: Api) -> None:
    await api.execute(people("ana"))

    async with api.sandbox.unreachable():
        # A client may find out about its idle connection only by using it.
        with pytest.raises(aiohttp.ClientConnectionError):
            await api.execute(people("ana"))
        with pytest.raises(aiohttp.ClientConnectorError):
            await api.execute(people("ana"))
    after = await api.execute(people("ana"))

    assert after.status == 200
    assert len(api.reached()) == 2


async def test_nobody_else_is_given_the_port_while_it_is_closed(api: Api) -> None:
    async with api.sandbox.unreachable():
        with socket.socket() as another, pytest.raises(OSError, match="in use"):
            another.bind(("127.0.0.1", api.sandbox.port))

    assert (await api.execute(people("ana"))).status == 200
