"""Intake: what is verified is durable before it is answered; everything else is taken on by nobody."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import apsw
import orjson
import pytest

from relay.cli.cases import find_case
from relay.cli.simulate import send, signed
from tests.factories import NOW_MS, FakeClock
from tests.installing import TOKEN
from tests.web.front import SALE, Front, Opener

SHOP = f"/hooks/shop/{TOKEN}"

GREETER = '''"""A sender that says hello first, and a connector that trips over some of its requests."""

from relay.kit import (
    Connector, Kind, OptionalKeys, Reply, Secrets, SharedToken, field_text
)


class Keys(Secrets):
    url_token: OptionalKeys = ()


def hello(request, source):
    challenge = request.query("challenge")
    return Reply(200, challenge.encode(), {"content-type": "text/plain"}) if challenge else None


def reply(request):
    return {}[request.body] if request.body == b"stumble" else Reply(202, b"taken")


class Tripping(SharedToken):
    def __call__(self, request, source, now):
        if request.header("x-trip"):
            raise RuntimeError("ana@example.com made me trip")
        SharedToken.__call__(self, request, source, now)


CONNECTOR = Connector(
    name="greeter",
    label="Greeter",
    group="generic",
    docs="https://example.com",
    confidence="best effort",
    verify=Tripping(),
    event_type=field_text("type"),
    handlers={"sale": lambda event, source: None},
    kinds=frozenset({Kind.PURCHASE_COMPLETED}),
    handshake=hello,
    reply=reply,
    secrets=Keys,
)
'''


@pytest.fixture(name="greeter")
def _greeter(tmp_path: Path) -> dict[str, object]:
    """Changes to the configuration: a source of that connector."""
    folder = tmp_path / "connectors"
    folder.mkdir()
    (folder / "greeter.py").write_text(GREETER)
    section = {"connector": "greeter", "secrets": {"url_token": TOKEN}}
    return {"connector_folders": [str(folder)], "sources.hello": section}


async def test_a_verified_request_is_kept_as_it_came_and_answered(front: Front) -> None:
    reply = await front.call(SHOP + "?a=1", b"\x00\xff", headers={"X-Event": "sale"})
    assert (reply.status, reply.body) == (200, b"")
    (kept,) = await front.accepted()
    assert (kept.source, kept.method, kept.query, kept.body) == ("shop", "POST", "?a=1", b"\x00\xff")
    assert kept.received_at == NOW_MS
    assert orjson.loads(kept.headers)["x-event"] == "sale"
    assert front.woken == ["translate"]


async def test_the_answer_waits_until_the_request_is_durable(front: Front, open_front: Opener) -> None:
    blocker = apsw.Connection(str(open_front.path))
    blocker.execute("BEGIN IMMEDIATE")
    posting = asyncio.ensure_future(front.call())
    for _ in range(20):
        assert (await front.call("/healthz", method="GET")).status == 200
    assert not posting.done()
    blocker.execute("ROLLBACK")
    blocker.close()
    assert (await posting).status == 200
    assert len(await front.accepted()) == 1


async def test_what_was_answered_is_there_for_any_other_reader_at_once(
    front: Front, open_front: Opener
) -> None:
    other = apsw.Connection(str(open_front.path))
    for count in (1, 2, 3):
        await front.call()
        assert other.execute("SELECT count(*) FROM request").fetchall() == [(count,)]
    other.close()


@pytest.mark.parametrize("path", ["/hooks/nobody", f"/hooks/nobody/{TOKEN}", "/hooks/Shop", "/hooks/shop%2F"])
async def test_an_unknown_source_is_404(front: Front, path: str) -> None:
    reply = await front.call(path)
    assert (reply.status, reply.headers["content-type"]) == (404, "application/problem+json")
    assert await front.accepted() == []
    assert await front.refused() == []


@pytest.mark.parametrize("path", ["/", "/hooks", "/hooks/shop/a/b", "/metrics", "/admin"])
async def test_other_paths_do_not_exist(front: Front, path: str) -> None:
    assert (await front.call(path)).status == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "PATCH"])
async def test_a_method_that_the_sender_does_not_use_is_405_and_names_the_right_ones(
    front: Front, method: str
) -> None:
    reply = await front.call(method=method)
    assert (reply.status, reply.headers["allow"]) == (405, "POST, PUT")
    assert await front.accepted() == []


@pytest.mark.parametrize(
    "path", ["/hooks/shop", "/hooks/shop/wrong", "/hooks/shop?token=wrong", "/hooks/till"]
)
async def test_what_is_not_verified_is_401_and_says_nothing_about_why(front: Front, path: str) -> None:
    reply = await front.call(path)
    assert (reply.status, reply.json) == (401, {"status": 401, "detail": "not verified"})
    assert await front.accepted() == []
    assert front.woken == []


async def test_a_token_that_is_part_of_the_registered_url_is_asked_of_the_sender_all_the_same(
    open_front: Opener,
) -> None:
    registered = f"https://relay.example.com/hooks/shop?token={TOKEN}"
    async with open_front({"sources.shop.public_url": registered}) as front:
        for path, status in (("", 401), ("?token=guess", 401), ("?a=1", 401), (f"?token={TOKEN}", 200)):
            assert (await front.call(f"/hooks/shop{path}")).status == status
        assert len(await front.accepted()) == 1


async def test_a_handshake_is_answered_before_verification_and_kept_nowhere(
    open_front: Opener, greeter: dict[str, object]
) -> None:
    async with open_front(greeter) as front:
        reply = await front.call("/hooks/hello?challenge=c-17", method="GET")
        assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"c-17", "text/plain")
        assert await front.accepted() == []
        assert await front.refused() == []


async def test_a_handshake_knows_when_it_came(open_front: Opener, clock: FakeClock) -> None:
    case = find_case("shopware", "registration")
    section = {"connector": "shopware", "secrets": case.source.secrets}
    path, headers = case.request.url.partition("relay.example.com")[2], case.request.headers
    async with open_front({"sources.shopware-main": section}) as front:
        clock.move(case.now - clock.now())
        assert (await front.call(path, b"", method="GET", headers=headers)).json[
            "secret"
        ] == "shop-key-1f6c8a"
        clock.move(3600)
        assert (await front.call(path, b"", method="GET", headers=headers)).status == 401


async def test_a_sender_gets_the_answer_that_its_connector_gives(
    open_front: Opener, greeter: dict[str, object]
) -> None:
    async with open_front(greeter) as front:
        reply = await front.call(f"/hooks/hello/{TOKEN}")
        assert (reply.status, reply.body) == (202, b"taken")


async def test_salesforce_gets_its_acknowledgement(open_front: Opener) -> None:
    case = find_case("salesforce", "contact_updated")
    section = {
        "connector": "salesforce",
        "secrets": case.source.secrets,
        "settings": case.source.settings,
    }
    async with open_front({"sources.crm": section}) as front:
        request = signed(case, front.installation.sources["crm"], time.time())
        status, body = await send(front.url, "crm", request)
        assert status == 200
        assert "<Ack>true</Ack>" in body
        assert len(await front.accepted()) == 1


async def test_when_nothing_can_be_stored_the_sender_is_asked_to_come_again(front: Front) -> None:
    await front.store.close()
    reply = await front.call()
    assert (reply.status, reply.headers["retry-after"]) == (503, "10")
    assert front.woken == []


async def test_a_sender_that_reads_503_otherwise_gets_its_own_busy_status(open_front: Opener) -> None:
    async with open_front({"sources.shop.settings.busy_status": 429}) as front:
        await front.store.close()
        reply = await front.call()
        assert (reply.status, reply.headers["retry-after"]) == (429, "10")


async def test_a_bug_in_a_connectors_verification_is_our_fault_and_not_the_senders(
    open_front: Opener, greeter: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    async with open_front(greeter) as front:
        reply = await front.call(f"/hooks/hello/{TOKEN}", headers={"X-Trip": "1"})
        assert (reply.status, reply.headers["retry-after"]) == (503, "10")
        assert await front.accepted() == []
    assert "ana@example.com" not in caplog.text


async def test_a_bug_in_a_connectors_answer_is_our_fault_and_the_request_is_kept(
    open_front: Opener, greeter: dict[str, object]
) -> None:
    async with open_front(greeter) as front:
        reply = await front.call(f"/hooks/hello/{TOKEN}", b"stumble")
        assert reply.status == 503
        assert len(await front.accepted()) == 1


@pytest.mark.parametrize("path", [SHOP, "/hooks/shop/wrong"])
async def test_headers_that_are_no_text_are_no_reason_to_fail(
    front: Front, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: relay\r\nContent-Length: 2\r\n".encode()
    answer = await front.raw(head + b"X-Name: \xff\xfe\r\n\r\n{}")
    assert answer.split(b" ")[1] == (b"200" if path == SHOP else b"401")
    assert len(await front.accepted()) + len(await front.refused()) == 1
    assert caplog.records == []


async def test_a_sender_that_hangs_up_halfway_leaves_nothing_behind(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = front.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {SHOP} HTTP/1.1\r\nHost: relay\r\nContent-Length: 100\r\n\r\nhalf".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await front.call()).status == 200
    assert len(await front.accepted()) == 1
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_body_in_a_broken_encoding_is_the_senders_fault(front: Front) -> None:
    reply = await front.call(headers={"Content-Encoding": "gzip"}, body=b"this is not gzip")
    assert reply.status == 400
    assert await front.accepted() == []


async def test_many_senders_at_once_are_all_answered_and_all_kept(front: Front) -> None:
    replies = await asyncio.gather(*(front.call(body=SALE | {"id": f"P-{n}"}) for n in range(200)))
    assert {reply.status for reply in replies} == {200}
    bodies = {orjson.loads(kept.body)["id"] for kept in await front.accepted()}
    assert bodies == {f"P-{number}" for number in range(200)}
