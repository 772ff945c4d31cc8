"""What the API does with any call: who may, what is wrong with it, and that nothing ever leaks."""

from __future__ import annotations

import pytest

from relay.store.base import StoreFault
from relay.web.api.calls import LARGEST
from tests.web.api.conftest import Api


async def test_nobody_is_answered_without_a_token(api: Api) -> None:
    api.role = None

    answer = await api.get("/overview")

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_viewer_looks_and_changes_nothing(api: Api) -> None:
    api.role = "viewer"

    looked = await api.get("/suppressions")
    changed = await api.post("/suppressions", {"values": ["ana@example.com"]})

    assert (looked.status, changed.status) == (200, 403)
    assert changed.json["detail"] == "ana is viewer, and this needs operator"
    assert (await api.get("/suppressions")).json["items"] == []


async def test_a_change_names_who_made_it_in_the_audit_log(api: Api) -> None:
    await api.post("/suppressions", {"values": ["ana@example.com"], "reason": "asked on the phone"})

    (entry,) = (await api.get("/audit")).json["items"]

    assert (entry["who"], entry["action"], entry["detail"]) == ("ana", "suppress.add", {"entries": 1})
    assert (await api.get("/audit/verification")).json["whole"] is True


async def test_everything_that_is_wrong_is_named_at_once_without_the_values(api: Api) -> None:
    answer = await api.post("/suppressions", {"values": [], "region": "secret-value", "color": "red"})

    assert answer.status == 422
    wheres = [one["where"] for one in answer.json["errors"]]
    assert wheres == ["body.values", "body.region", "body.color"]
    assert b"secret-value" not in answer.body


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/audit?limit=0", "query.limit"),
        ("/audit?limit=many", "query.limit"),
        ("/audit?after=%21", "query.after"),
        ("/audit?after=WzEsMl0", "query.after"),
        ("/audit?after=WzE4NDQ2NzQ0MDczNzA5NTUxNjE1XQ", "query.after"),
        ("/audit?limit=1&limit=2", "query.limit"),
        ("/letters?since=2026", "query.since"),
        ("/letters?since=1773511200.5", "query.since"),
        ("/audit?colour=red", "query.colour"),
        ("/overview?colour=red", "query.colour"),
    ],
)
async def test_a_query_that_is_not_understood_names_the_parameter(api: Api, path: str, where: str) -> None:
    answer = await api.get(path)

    assert (answer.status, answer.json["errors"][0]["where"]) == (422, where)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_json_is_told_so(api: Api, body: bytes) -> None:
    answer = await api.call("POST", "/suppressions", body)

    assert (answer.status, answer.json["detail"]) == (422, "the body is not JSON")


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
async def test_a_place_with_a_name_of_its_own_is_not_taken_for_an_id(api: Api, method: str) -> None:
    answer = await api.call(method, "/letters/retry")

    assert (answer.status, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("odd", ["%00", "%ff", "%ed%a0%80", "%e2%80%ae", "%25", "'", "\\"])
async def test_odd_characters_are_looked_for_like_any_others(api: Api, odd: str) -> None:
    found = [
        await api.get(f"/{place}{odd}")
        for place in ("letters?person=", "letters?text=", "enrollments?email=", "people?who=", "sources/")
    ]

    assert {one.status for one in found} <= {200, 404, 422}


async def test_a_place_that_is_not_there_and_a_method_that_is_not_taken_are_problems_too(api: Api) -> None:
    missing, wrong = await api.get("/nothing"), await api.post("/audit")

    assert (missing.status, wrong.status) == (404, 405)
    assert wrong.headers["allow"] == "GET"
    assert missing.json["hint"] == "/api/v1/ tells what there is"


async def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    answer = await api.call("POST", "/suppressions", b"x" * (LARGEST + 1))

    assert answer.status == 413


async def test_a_fault_of_the_ledger_is_503_and_one_of_the_relay_500_without_a_traceback(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> None:
        raise StoreFault("disk of ana@example.com is gone")

    async def broken() -> None:
        raise RuntimeError("ana@example.com")

    monkeypatch.setattr(api.store, "ledger", away)
    unusable = await api.get("/overview")
    monkeypatch.setattr(api.store, "ledger", broken)
    failed = await api.get("/overview")

    assert (unusable.status, failed.status) == (503, 500)
    assert b"ana@" not in unusable.body + failed.body


async def test_a_list_goes_on_where_the_page_before_ended(api: Api) -> None:
    for name in ("a", "b", "c", "d", "e"):
        await api.post("/suppressions", {"values": [f"{name}@example.com"]})
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await api.get("/suppressions", limit=2, **after)).json
        seen += (one["value"][0] for one in page["items"])
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert seen == ["a", "b", "c", "d", "e"]


async def test_answers_are_kept_by_nobody(api: Api) -> None:
    assert (await api.get("/overview")).headers["cache-control"] == "no-store"
