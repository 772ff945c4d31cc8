"""A connector is anybody's code: whatever it does wrong parks its own event, and holds nobody else up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.work.house import Builder, purchase
from tests.work.provider import Provider, Said

BROKEN = '''"""A sender whose connector is broken in several ways."""

from datetime import datetime, UTC

from relay.kit import (
    BatchRead, Connector, Kind, OptionalKeys, Person, Reading, Secrets, SharedToken, field_text, get
)


class Keys(Secrets):
    url_token: OptionalKeys = ()


def says_nothing(event, source):
    yield get("https://api.example.com/person")


def gives_no_time_zone(event, source):
    yield get("https://api.example.com/person")
    return Reading(kind=Kind.PURCHASE_COMPLETED, key="P-1", occurred_at=datetime(2026, 3, 14), people=PEOPLE)


def asks_for_what_is_no_json(event, source):
    yield BatchRead("https://api.example.com/read", "1", body=lambda ids: {object()})


def asks_for_what_is_no_question(event, source):
    yield "https://api.example.com/person"


def ends_beyond_time(event, source):
    end = datetime.max.replace(tzinfo=UTC)
    return Reading(kind=Kind.APPOINTMENT_BOOKED, key="P-1", ends_at=end, people=PEOPLE)


def names_it_in_no_text(event, source):
    return Reading(kind=Kind.PURCHASE_COMPLETED, key="P-\\udcff", people=PEOPLE)


def sale(event, source):
    return Reading(kind=Kind.PURCHASE_COMPLETED, key="P-2", people=PEOPLE)


PEOPLE = (Person(email="ana@example.com"),)
HANDLERS = (
    says_nothing, gives_no_time_zone, asks_for_what_is_no_json, asks_for_what_is_no_question,
    ends_beyond_time, names_it_in_no_text, sale,
)

CONNECTOR = Connector(
    name="broken",
    label="Broken",
    group="generic",
    docs="https://example.com",
    confidence="best effort",
    verify=SharedToken(),
    event_type=field_text("type"),
    handlers={handler.__name__: handler for handler in HANDLERS},
    kinds=frozenset({Kind.PURCHASE_COMPLETED, Kind.APPOINTMENT_BOOKED}),
    split=lambda root: root["events"].each(),
    secrets=Keys,
)
'''
WAYS = (
    "says_nothing",
    "gives_no_time_zone",
    "asks_for_what_is_no_json",
    "asks_for_what_is_no_question",
    "ends_beyond_time",
    "names_it_in_no_text",
)

Changes = Callable[[Provider], dict[str, Any]]


@pytest.fixture(name="broken")
def _broken(tmp_path: Path) -> Changes:
    folder = tmp_path / "connectors"
    folder.mkdir()
    (folder / "broken.py").write_text(BROKEN)
    section = {"connector": "broken", "secrets": {"url_token": "token-of-the-broken"}}
    route = {
        "name": "all",
        "sources": ["broken"],
        "delay": "1d",
        "sequence": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    }
    return lambda provider: {
        "connector_folders": [str(folder)],
        "sources.broken": section,
        "routes": [route | {"events": ["purchase.completed", "appointment.booked"]}],
        "lookups.origins": {"https://api.example.com": provider.url},
    }


@pytest.mark.parametrize("way", WAYS)
async def test_an_event_that_breaks_its_connector_is_parked_and_its_neighbour_is_read(
    build: Builder, broken: Changes, provider: Provider, way: str
) -> None:
    provider.answers = [Said(body={})]
    async with build(broken(provider)) as house:
        await house.receive({"events": [{"type": way}, {"type": "sale"}]}, source="broken")
        await house.translate()
        fates = await house.fates()
        assert fates.pop("parked") == 1
        assert (await house.letter()).reason.startswith("the connector failed, which is a bug in it: ")
        assert fates == {"read": 1}


@pytest.mark.parametrize("way", WAYS)
async def test_a_request_that_breaks_its_connector_holds_no_other_request_up(
    build: Builder, broken: Changes, provider: Provider, way: str
) -> None:
    provider.answers = [Said(body={})]
    async with build(broken(provider)) as house:
        await house.receive({"events": [{"type": way}]}, source="broken")
        await house.receive(purchase())
        await house.translate()
        assert await house.fates() == {"parked": 1, "read": 1}
