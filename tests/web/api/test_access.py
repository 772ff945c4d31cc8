"""Letting people and programs in through the API: for admins alone, and secrets are told once."""

from __future__ import annotations

import pytest

from relay.core.access import LINK_LASTS
from relay.core.credential import Kind, read
from tests.factories import HOUR, NOW, later
from tests.web.api.conftest import Api

PLACES = [
    ("GET", "/tokens"),
    ("POST", "/tokens"),
    ("DELETE", "/tokens/x"),
    ("POST", "/login-links"),
    ("GET", "/sessions"),
    ("DELETE", "/sessions/x"),
]


@pytest.mark.parametrize(("method", "path"), PLACES)
@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_only_admins_let_others_in(api: Api, role: str, method: str, path: str) -> None:
    api.role = role
    body = {"name": "report"} if method == "POST" else None
    assert (await api.call(method, path, body)).status == 403


async def test_a_token_is_told_once_and_its_holder_is_known(api: Api) -> None:
    made = (await api.post("/tokens", {"name": " nightly  report ", "role": "operator"})).json
    shown = read(Kind.TOKEN, made["token"])
    assert shown is not None
    found = await api.store.access.find_token(shown.id)
    assert found is not None
    assert shown.proves(found[1])
    listed = await api.get("/tokens")
    assert listed.json == {"items": [made["entry"]], "next": None}
    assert made["entry"]["name"] == "nightly report"
    assert made["entry"]["created_by"] == "ana"
    assert made["token"].encode() not in listed.body


async def test_a_second_token_of_that_name_is_a_conflict(api: Api) -> None:
    await api.post("/tokens", {"name": "report"})
    refused = await api.post("/tokens", {"name": "report"})
    assert (refused.status, refused.json["detail"]) == (409, "there is a token report already")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body.name"),
        ({"name": ""}, "body.name"),
        ({"name": "  "}, "body.name"),
        ({"name": "a\x00"}, "body.name"),
        ({"name": "a", "role": "boss"}, "body.role"),
        ({"name": "a", "expires_at": "soon"}, "body.expires_at"),
        ({"name": "a", "expires_at": NOW.isoformat()}, "body.expires_at"),
        ({"name": "a", "secret": "b"}, "body.secret"),
    ],
)
async def test_what_is_wrong_with_a_token_is_told_and_none_is_made(
    api: Api, body: object, where: str
) -> None:
    refused = await api.post("/tokens", body)
    assert (refused.status, [one["where"] for one in refused.json["errors"]]) == (422, [where])
    assert (await api.get("/tokens", all="true")).json["items"] == []


async def test_a_revoked_token_is_listed_among_all(api: Api) -> None:
    its_id = (await api.post("/tokens", {"name": "report"})).json["entry"]["id"]
    assert (await api.call("DELETE", f"/tokens/{its_id}")).status == 204
    assert (await api.call("DELETE", f"/tokens/{its_id}")).status == 404
    assert (await api.get("/tokens")).json["items"] == []
    (listed,) = (await api.get("/tokens", all="true")).json["items"]
    assert listed["ended"] == "was revoked"
    entries = await api.store.audit_page(0, 9)
    assert [entry.change.action for entry in entries] == ["token.create", "token.revoke"]
    assert entries[1].change.detail == b'{"name":"report","token":"%s"}' % its_id.encode()


async def test_a_token_ends_when_it_should(api: Api) -> None:
    ends = later(3600).isoformat()
    made = (await api.post("/tokens", {"name": "report", "expires_at": ends})).json["entry"]
    assert made["expires_at"] == "2026-03-14T19:00:00.000Z"
    api.clock.move(HOUR / 1000)
    assert (await api.get("/tokens")).json["items"] == []
    assert (await api.get("/tokens", all="true")).json["items"][0]["ended"] == "has expired"


async def test_long_lists_go_on_where_the_last_page_ended(api: Api) -> None:
    for number in range(5):
        await api.post("/tokens", {"name": f"report-{number}"})
    names, after = list[str](), dict[str, str]()
    while True:
        page = (await api.get("/tokens", limit=2, **after)).json
        names += [one["name"] for one in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert sorted(names) == [f"report-{number}" for number in range(5)]
    assert (await api.get("/tokens", after="nonsense")).status == 422


async def test_a_link_is_told_once_with_its_end(api: Api) -> None:
    made = (await api.post("/login-links", {"name": "Ana", "role": "operator"})).json
    place, _, text = made["url"].partition("?link=")
    assert place == "https://relay.example.com/console/login"
    shown = read(Kind.LINK, text)
    assert shown is not None
    link, digest = await api.store.access.find_link(shown.id) or (None, b"")
    assert link is not None
    assert shown.proves(digest)
    assert (link.name, link.role, link.expires_at) == (
        "Ana",
        "operator",
        int(NOW.timestamp()) * 1000 + LINK_LASTS,
    )


async def test_a_session_that_is_not_there_cannot_be_ended(api: Api) -> None:
    assert (await api.get("/sessions")).json == {"items": [], "next": None}
    assert (await api.call("DELETE", "/sessions/0QDKdZNU8")).status == 404
