"""Every page answers everybody who may see it, whatever is in the ledger, and nothing ends in a traceback."""

from __future__ import annotations

import re

import pytest

from relay.core.access import Role
from relay.core.cross_site import FIELD
from relay.store.base import StoreFault
from relay.web.console.pages import PAGES
from relay.web.console.rendering import SAFE_HEADERS
from tests.web.console.conftest import Console, Said

ALWAYS = {
    "": "",
    "/access": "/access",
    "/alerts": "/alerts",
    "/audit": "/audit",
    "/audit/verification": "/audit/verification",
    "/connectors": "/connectors?search=calendly",
    "/connectors/{name}": "/connectors/square",
    "/dead": "/dead?cause=refused&cause=unknown&person=ana",
    "/enrollments": "/enrollments?state=dead",
    "/jobs": "/jobs",
    "/people": "/people?who=ana%40example.com",
    "/quarantine": "/quarantine",
    "/requests": "/requests?source=shop&state=",
    "/routes": "/routes",
    "/sources": "/sources",
    "/sources/{name}": "/sources/shop",
    "/suppressions": "/suppressions",
    "/tail": "/tail",
}
_LETTER = "/dead/{letter:(?:parked|dead)-[0-9]{1,18}}"
STORIES = {
    "/enrollments/{number:[0-9]{1,15}}": "/enrollments/1",
    "/jobs/{job:[0-9]{1,15}}": "/jobs/1",
    "/quarantine/{entry:[0-9]{1,15}}": "/quarantine/1",
    "/requests/{request:[0-9]{1,15}}": "/requests/1",
    _LETTER: "/dead/dead-1",
    f"{_LETTER}/delivered": "/dead/dead-2/delivered",
    f"{_LETTER}/discard": "/dead/dead-1/discard",
    f"{_LETTER}/edit": "/dead/dead-1/edit",
    f"{_LETTER}/retry": "/dead/dead-1/retry?how=read_again",
}
"""Pages of one thing, and where there is such a thing in a full ledger."""

ONLY_OPERATORS = {"/quarantine/1"}
"""Nobody knows what strangers sent."""

FORMS = [re.sub(r"\{letter.*\}\}", "dead-1", one.path) for one in PAGES if one.method == "POST"]
FORMS = [re.sub(r"\{\w+(?::[^{}]*(?:\{[^{}]*\})?)?\}", "1", path) for path in FORMS]


def is_a_page(said: Said) -> None:
    """With everything that keeps it from loading or doing what it should not."""
    assert {name: said.headers.get(name) for name in SAFE_HEADERS} == SAFE_HEADERS
    assert said.headers["content-type"] == "text/html; charset=utf-8"
    assert "</html>" in said.text
    assert "Traceback" not in said.text


def test_every_page_is_known_here() -> None:
    assert ALWAYS.keys() | STORIES.keys() == {one.path for one in PAGES if one.method == "GET"}


@pytest.mark.parametrize("path", ALWAYS.values())
@pytest.mark.parametrize("role", Role)
async def test_a_page_answers_on_an_empty_ledger(console: Console, role: Role, path: str) -> None:
    console.role = role
    said = await console.get(path)
    is_a_page(said)
    assert said.status == 200


@pytest.mark.parametrize("role", Role)
async def test_every_page_answers_on_a_full_ledger(full: Console, role: Role) -> None:
    full.role = role
    for path in (*ALWAYS.values(), *STORIES.values()):
        said = await full.get(path)
        is_a_page(said)
        assert said.status == (403 if role is Role.VIEWER and path in ONLY_OPERATORS else 200), path


@pytest.mark.parametrize(
    "path", [*STORIES.values(), "/sources/none", "/connectors/none", "/nothing", "/dead/1"]
)
async def test_what_is_not_there_is_a_page_that_says_so(console: Console, path: str) -> None:
    said = await console.get(path)
    is_a_page(said)
    assert said.status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/dead?limit=0",
        "/dead?after=%21",
        "/dead?cause=bad-luck",
        "/dead?colour=red",
        "/dead?since=yesterday",
        "/requests?limit=many",
        "/enrollments?state=lost",
        "/jobs?after=WzEsMl0",
        "/audit?limit=201",
        f"/people?who={321 * 'x'}",
        "/suppressions?kind=shoe",
    ],
)
async def test_a_query_that_is_not_understood_is_a_page_that_says_so(full: Console, path: str) -> None:
    said = await full.get(path)
    is_a_page(said)
    assert said.status == 422


@pytest.mark.parametrize("path", ["", "/dead", "/nothing", "/dead/dead-1/edit"])
async def test_who_is_not_signed_in_sees_how_to_get_in_and_nothing_else(full: Console, path: str) -> None:
    full.role = None
    said = await full.get(path)
    is_a_page(said)
    assert said.status == (404 if path == "/nothing" else 401)
    assert "ana@example.com" not in said.text


async def test_a_number_beyond_all_bounds_is_not_there(full: Console) -> None:
    for path in ("/requests/999999999999999", "/dead/dead-999999999999999999", "/jobs/999999999999999"):
        assert (await full.get(path)).status == 404


async def holdings(full: Console) -> tuple[dict[str, int], int, int]:
    """Enrollments by state, jobs, and suppressions: what no refused form may change."""
    ledger = await full.store.ledger()
    jobs = await full.store.jobs.page(10)
    suppressed = await full.store.suppressions(None, "", 10, 0)
    return {state: n for state, n in ledger.enrollments.items() if n}, len(jobs), len(suppressed)


@pytest.mark.parametrize("path", FORMS)
async def test_no_form_is_taken_without_its_token_or_from_a_viewer(full: Console, path: str) -> None:
    fields = {"reason": "because", "who": "ana@example.com", "what": "retry", "why": "because", "name": "x"}
    bare = await full.call("POST", path, data=fields)
    forged = await full.call("POST", path, data=fields | {FIELD: "0" * 48})
    full.role = Role.VIEWER
    seen = await full.post(path, **fields, role="viewer", sure="yes", email="new@example.com")
    for said in (bare, forged, seen):
        is_a_page(said)
        assert said.status == 403
    assert await holdings(full) == ({"dead": 2}, 1, 0)


async def test_a_form_that_is_too_large_or_of_another_kind_is_a_page(full: Console) -> None:
    large = await full.post("/people/suppress", who="x" * 300_000)
    other = await full.call("POST", "/people/suppress", json={})
    put = await full.call("PUT", "/dead")
    for said in (large, other, put):
        is_a_page(said)
    assert (large.status, other.status, put.status) == (413, 403, 405)


async def test_a_fault_is_a_page_without_a_word_of_it(full: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise StoreFault("disk of ana@example.com is gone")

    async def broken(*_: object) -> None:
        raise RuntimeError("ana@example.com")

    for fault, status in ((away, 503), (broken, 500)):
        monkeypatch.setattr(full.store, "dead_letters", fault)
        said = await full.get("/dead")
        is_a_page(said)
        assert said.status == status
        assert "ana@" not in said.text


async def test_what_pages_load_says_what_it_is_and_may_be_kept(console: Console) -> None:
    told = (await console.get("")).text
    files = re.findall(r'(?:href|src)="/console(/static/[^"]+)"', told)
    assert len(files) >= 6
    for path in files:
        said = await console.get(path)
        assert said.status == 200
        assert said.headers["x-content-type-options"] == "nosniff"
