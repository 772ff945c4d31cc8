"""The API's description of itself."""

from __future__ import annotations

from html.parser import HTMLParser
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import relay.desk
from relay.desk.catalogue import OPERATIONS
from relay.desk.operation import Operation
from relay.web.api.openapi import describe
from tests.web.api.conftest import Api


async def test_every_operation_is_described_with_what_it_may_answer(api: Api) -> None:
    api.role = None
    document = (await api.get("/openapi.json")).json

    told = {one["operationId"] for methods in document["paths"].values() for one in methods.values()}

    assert document["openapi"] == "3.1.0"
    assert told == {one.name for one in OPERATIONS}
    for methods in document["paths"].values():
        for one in methods.values():
            assert {"401", "403", "503"} < one["responses"].keys()
            assert one["summary"]


def test_no_two_operations_share_a_name_or_a_place() -> None:
    names = [one.name for one in OPERATIONS]
    places = [(one.method, one.path) for one in OPERATIONS]

    assert len(set(names)) == len(names)
    assert len(set(places)) == len(places)


def test_every_operation_of_the_desk_is_in_the_catalogue() -> None:
    modules = [import_module(f"relay.desk.{one.name}") for one in iter_modules(relay.desk.__path__)]
    made = {
        value.name for module in modules for value in vars(module).values() if isinstance(value, Operation)
    }

    assert made == {one.name for one in OPERATIONS}


def test_shapes_have_plain_names_and_every_reference_leads_to_one() -> None:
    document = describe(OPERATIONS, "/api/v1")
    shapes = document["components"]["schemas"]

    assert all(name.isidentifier() and "__" not in name for name in shapes)
    for reference in _references(document):
        assert reference.removeprefix("#/components/schemas/") in shapes


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for one in value.values() for found in _references(one)]
    if isinstance(value, list):
        return [found for one in value for found in _references(one)]
    return []


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.anchors: set[str] = set()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if found := given.get("id"):
            self.ids.add(found)
        place = given.get("href") or given.get("src") or ""
        if place.startswith("#"):
            self.anchors.add(place[1:])
        elif "://" in place:
            self.foreign.append(place)


async def test_the_reference_page_shows_every_operation_and_all_its_links_lead_somewhere(api: Api) -> None:
    answer = await api.get("/")
    reader = _Reader()
    reader.feed(answer.body.decode())

    assert {one.name for one in OPERATIONS} < reader.ids
    assert reader.anchors <= reader.ids
    assert reader.foreign == []
    assert "script-src" not in answer.headers["content-security-policy"]
    assert (await api.get("/reference.css")).headers["content-type"] == "text/css"
