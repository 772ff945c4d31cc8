"""Credentials are never stored with a verified request, and nobody's data is in logs and metrics."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from tests.installing import TOKEN
from tests.web.front import SALE, Front, Opener

SMALL = {"server.max_body": 1000}
PASSWORD = "relay:password-of-the-form"
BASIC = "Basic " + base64.b64encode(PASSWORD.encode()).decode()


def form(verify: dict[str, Any], **secrets: str) -> dict[str, Any]:
    """Changes to the configuration: a source that is verified in this way."""
    section = {"connector": "generic", "secrets": secrets, "settings": {"verify": verify}}
    return {"sources.form": section}


async def kept_text(front: Front) -> str:
    """Everything that is stored of the one request that was taken on."""
    (kept,) = await front.accepted()
    return f"{kept.query} {kept.headers!r} {kept.body!r}"


async def test_a_token_in_the_path_is_not_stored(front: Front) -> None:
    await front.call(f"/hooks/shop/{TOKEN}")
    assert TOKEN not in await kept_text(front)


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        (f"a=1&token={TOKEN}&b=2", "?a=1&b=2"),
        (f"token={TOKEN}&token={TOKEN}", ""),
        (f"%74oken={TOKEN}", ""),
        (f"a=%c3%a9&to%6ben={TOKEN}&b=%2B&c", "?a=%c3%a9&b=%2B&c"),
        (f"token={TOKEN.replace('o', '%6f')}", ""),
    ],
)
async def test_a_token_in_the_query_is_not_stored_and_the_rest_of_it_is(
    front: Front, query: str, rest: str
) -> None:
    head = f"POST /hooks/shop?{query} HTTP/1.1\r\nHost: relay\r\nContent-Length: 2\r\n\r\n"
    assert (await front.raw(head.encode() + b"{}")).startswith(b"HTTP/1.1 200")
    (kept,) = await front.accepted()
    assert kept.query == rest


async def test_a_token_under_another_name_in_the_query_is_not_stored(open_front: Opener) -> None:
    changes = form({"type": "token", "query": "key"}, url_token=TOKEN)
    async with open_front(changes) as front:
        assert (await front.call(f"/hooks/form?key={TOKEN}&page=2")).status == 200
        (kept,) = await front.accepted()
        assert kept.query == "?page=2"


async def test_a_query_without_a_token_is_stored_as_it_came(front: Front) -> None:
    await front.call(f"/hooks/shop/{TOKEN}?b=%20x&a&b=+&utm=%C3%A9")
    (kept,) = await front.accepted()
    assert kept.query == "?b=%20x&a&b=+&utm=%C3%A9"


async def test_basic_credentials_are_not_stored(open_front: Opener) -> None:
    async with open_front(form({"type": "basic"}, basic=PASSWORD)) as front:
        assert (await front.call("/hooks/form", headers={"Authorization": BASIC})).status == 200
        stored = await kept_text(front)
    assert BASIC.removeprefix("Basic ") not in stored
    assert "authorization" not in stored


async def test_a_token_in_a_header_is_not_stored(open_front: Opener) -> None:
    changes = form({"type": "token", "header": "X-Key"}, url_token=TOKEN)
    async with open_front(changes) as front:
        assert (await front.call("/hooks/form", headers={"X-KEY": TOKEN})).status == 200
        assert TOKEN not in await kept_text(front)


async def test_cookies_and_proxy_credentials_are_not_stored(front: Front) -> None:
    await front.call(headers={"Cookie": "session=abc", "Proxy-Authorization": "Basic xyz", "X-Other": "kept"})
    (kept,) = await front.accepted()
    headers = orjson.loads(kept.headers)
    assert headers["x-other"] == "kept"
    assert not {"cookie", "proxy-authorization"} & headers.keys()


async def make_every_answer(front: Front) -> None:
    await front.call()
    await front.call("/hooks/shop?token=guess-of-a-stranger")
    await front.call("/hooks/shop/guess-of-a-stranger", headers={"Authorization": BASIC})
    await front.call("/hooks/ana@example.com")
    await front.call(method="GET")
    await front.call(body=b"x" * 2_000)
    await front.refused()
    await front.store.close()
    await front.call()


async def test_no_log_line_holds_a_token_an_address_or_a_payload(open_front: Opener) -> None:
    async with open_front(SMALL) as front:
        with capture_logs() as logs:
            await make_every_answer(front)
    told = str(logs)
    assert {entry["event"] for entry in logs} >= {"request not verified", "cannot store a request"}
    for private in (TOKEN, "guess-of-a-stranger", "ana@example.com", "Basic", str(SALE["id"])):
        assert private not in told


async def test_metrics_count_by_source_and_answer_and_name_nobody(open_front: Opener) -> None:
    async with open_front(SMALL) as front:
        await make_every_answer(front)
        shown = await front.shown()
    for status, count in (("200", 1), ("401", 2), ("405", 1), ("413", 1), ("503", 1)):
        assert f'relay_requests_total{{answer="{status}",source="shop"}} {count}.0' in shown
    assert 'relay_requests_total{answer="404",source="unknown"} 1.0' in shown
    for private in (TOKEN, "guess-of-a-stranger", "ana", "example.com"):
        assert private not in shown


async def test_the_public_address_shows_no_metrics(front: Front) -> None:
    assert (await front.call("/metrics", method="GET")).status == 404
