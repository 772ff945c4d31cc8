"""Requests to enrollments: every event has a fate of its own, and no request is ever without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.clock import milliseconds
from tests.factories import FakeClock
from tests.installing import SHOP
from tests.work.house import Builder, House, purchase

LIST_MAKER = '''"""A sender of lists, some of whose events its connector cannot stand."""

from relay.kit import (
    Connector, Kind, Node, OptionalKeys, Person, Reading, Secrets, SharedToken, Source, field_text
)


class Keys(Secrets):
    url_token: OptionalKeys = ()


def on_sale(event: Node, source: Source) -> Reading:
    if event["id"].text() == "ODD":
        return {}["there is no such key"]
    person = Person(email=event["email"].text())
    return Reading(kind=Kind.PURCHASE_COMPLETED, key=event["id"].text(), people=(person,))


CONNECTOR = Connector(
    name="lists",
    label="Lists",
    group="generic",
    docs="https://example.com",
    confidence="best effort",
    verify=SharedToken(),
    event_type=field_text("type"),
    handlers={"sale": on_sale},
    kinds=frozenset({Kind.PURCHASE_COMPLETED}),
    default_events=frozenset({Kind.PURCHASE_COMPLETED}),
    split=lambda root: root["sales"].each(),
    secrets=Keys,
)
'''


@pytest.fixture(name="lists")
def _lists(tmp_path: Path) -> dict[str, object]:
    """Changes to the configuration: a source with a connector from a folder of its own."""
    folder = tmp_path / "connectors"
    folder.mkdir()
    (folder / "lists.py").write_text(LIST_MAKER)
    section = {"connector": "lists", "secrets": {"url_token": "token-of-the-lists"}}
    return {"connector_folders": [str(folder)], "sources.lists": section}


ASKER = '''"""A sender of ids, whose connector trips while it writes its question."""

from relay.kit import (
    BatchRead, Connector, Kind, OptionalKeys, Reading, Secrets, SharedToken, field_text
)


class Keys(Secrets):
    url_token: OptionalKeys = ()


def question(ids):
    return {}["there is no such key"]


def on_sale(event, source):
    yield BatchRead("https://api.example.com/people", event["id"].text(), question)
    return Reading(kind=Kind.PURCHASE_COMPLETED, key="never")


CONNECTOR = Connector(
    name="asker",
    label="Asker",
    group="generic",
    docs="https://example.com",
    confidence="best effort",
    verify=SharedToken(),
    event_type=field_text("type"),
    handlers={"sale": on_sale},
    kinds=frozenset({Kind.PURCHASE_COMPLETED}),
    default_events=frozenset({Kind.PURCHASE_COMPLETED}),
    secrets=Keys,
)
'''


def sale(name: str, kind: str = "sale") -> dict[str, str]:
    return {"type": kind, "id": name, "email": f"{name.lower()}@example.com"}


async def test_a_webhook_becomes_an_enrollment_and_the_senders_loop_is_woken(house: House) -> None:
    await house.receive(purchase())
    assert await house.translate() is None
    assert await house.fates() == {"read": 1}
    assert await house.counts() == {"waiting": 1}
    assert house.woken["deliver"] == 1


async def test_what_enrols_nobody_wakes_nobody(house: House) -> None:
    await house.receive({"event": "ping"})
    await house.translate()
    assert await house.fates() == {"ignored": 1}
    assert house.woken["deliver"] == 0


async def test_more_requests_than_one_step_takes_are_all_read(house: House) -> None:
    for number in range(250):
        await house.receive(purchase(number))
    await house.translate()
    assert await house.counts() == {"waiting": 250}


async def test_a_body_that_cannot_be_read_parks_the_request_and_no_other(house: House) -> None:
    await house.receive(b'{"event": "paid", ')
    await house.receive(purchase())
    await house.translate()
    assert await house.fates() == {"parked": 1, "read": 1}
    assert (await house.letter()).reason.startswith("is not JSON")


async def test_an_unknown_event_type_is_parked_with_its_name(house: House) -> None:
    await house.receive({"event": "exploded", "id": "P-1"})
    await house.translate()
    assert (await house.letter()).reason == "unknown event type 'exploded'"


async def test_unknown_event_types_are_ignored_where_the_source_says_so(build: Builder) -> None:
    async with build({"sources.shop.settings.unknown_events": "ignore"}) as house:
        await house.receive({"event": "exploded", "id": "P-1"})
        await house.translate()
        assert await house.fates() == {"ignored": 1}


async def test_a_bug_in_a_connector_parks_its_event_and_hides_no_neighbour(
    build: Builder, lists: dict[str, object]
) -> None:
    async with build(lists) as house:
        await house.receive({"sales": [sale("ANA"), sale("ODD"), sale("BEN")]}, source="lists")
        await house.translate()
        assert await house.fates() == {"read": 2, "parked": 1}
        letter = await house.letter()
    assert letter.reason.startswith("the connector failed, which is a bug in it: KeyError at lists.py:")
    assert "there is no such key" not in letter.reason


async def test_a_bug_in_a_connectors_question_parks_the_request_and_stops_no_other(
    build: Builder, tmp_path: Path
) -> None:
    folder = tmp_path / "connectors"
    folder.mkdir()
    (folder / "asker.py").write_text(ASKER)
    section = {"connector": "asker", "secrets": {"url_token": "token-of-the-asker"}}
    async with build({"connector_folders": [str(folder)], "sources.asker": section}) as house:
        await house.receive(sale("ANA"), source="asker")
        await house.receive(purchase())
        await house.translate()
        assert await house.fates() == {"parked": 1, "read": 1}
        assert (await house.letter()).reason.startswith(
            "the connector failed, which is a bug in it: KeyError"
        )


async def test_a_corrected_connector_reads_what_was_parked_from_the_stored_bytes(
    build: Builder, lists: dict[str, object], tmp_path: Path, clock: FakeClock
) -> None:
    async with build(lists) as house:
        await house.receive({"sales": [sale("ANA"), sale("ODD")]}, source="lists")
        await house.translate()
    corrected = LIST_MAKER.replace('== "ODD"', '== "NEVER"')
    (tmp_path / "connectors" / "lists.py").write_text(corrected)
    async with build(lists) as house:
        letter = await house.letter()
        await house.store.retry_dead([letter.id], milliseconds(clock))
        await house.translate()
        assert await house.counts() == {"waiting": 2}


async def test_an_event_that_a_changed_connector_no_longer_finds_is_parked_and_not_lost(
    build: Builder, lists: dict[str, object], tmp_path: Path, clock: FakeClock
) -> None:
    async with build(lists) as house:
        await house.receive({"sales": [sale("ANA"), sale("ODD")]}, source="lists")
        await house.translate()
    shorter = LIST_MAKER.replace('root["sales"].each()', '(root["sales"][0],)')
    (tmp_path / "connectors" / "lists.py").write_text(shorter)
    async with build(lists) as house:
        letter = await house.letter()
        await house.store.retry_dead([letter.id], milliseconds(clock))
        await house.translate()
        assert await house.fates() == {"read": 1, "parked": 1}
        assert (await house.letter()).reason == "the connector no longer finds this event in the request"


async def test_requests_of_a_source_that_is_gone_wait_for_a_person(build: Builder, clock: FakeClock) -> None:
    async with build() as house:
        await house.receive(purchase(), source="kiosk")
        await house.translate()
        letter = await house.letter()
        assert letter.reason.startswith("this source is no longer configured")
    async with build({"sources.kiosk": SHOP}) as house:
        await house.store.retry_dead([letter.id], milliseconds(clock))
        await house.translate()
        assert await house.counts() == {"waiting": 1}


async def test_a_contact_without_a_usable_address_parks_its_event_without_repeating_the_address(
    house: House,
) -> None:
    await house.receive(purchase(email="ana@@example.com"))
    await house.translate()
    letter = await house.letter()
    assert letter.reason.startswith("the e-mail address is not valid")
    assert "ana@" not in letter.reason


async def test_a_booking_waits_for_its_end_and_a_cancellation_takes_it_back(house: House) -> None:
    booking = purchase() | {"event": "booked", "ends_at": "2026-03-15T10:00:00Z"}
    await house.receive(booking)
    await house.translate()
    assert await house.deliver() == 16 * 3600
    await house.receive({"event": "cancelled", "id": "P-1"})
    await house.translate()
    assert await house.counts() == {"withdrawn": 1}


async def test_a_refund_takes_no_appointment_back(house: House) -> None:
    await house.receive(purchase() | {"event": "booked", "ends_at": "2026-03-15T10:00:00Z"})
    await house.receive({"event": "refunded", "id": "P-1"})
    await house.translate()
    assert await house.counts() == {"waiting": 1}


async def test_reading_a_request_is_taken_up_again_after_a_crash(build: Builder) -> None:
    async with build() as house:
        await house.receive(purchase())
        await house.store.claim_requests(2**53, 2**53, 10)
        await house.translate()
        assert await house.fates() == {}
    async with build() as house:
        await house.store.rescue_requests(2**53)
        await house.translate()
        assert await house.counts() == {"waiting": 1}


async def test_counters_name_sources_and_fates_and_nobody(house: House) -> None:
    await house.receive(purchase())
    await house.translate()
    assert (
        house.metrics.registry.get_sample_value("relay_events_total", {"source": "shop", "fate": "read"})
        == 1.0
    )
