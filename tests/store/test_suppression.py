"""The suppression list in the ledger: heeded when somebody is enrolled, and before sending."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from relay.core.batching import contact_fragment
from relay.core.contact import Contact
from relay.core.suppression import Kind, Suppression, kind_of
from relay.store import Store
from relay.store.base import StoreFault
from tests.factories import DAY, MINUTE, NOW_MS, failure, new_enrollment, read_event
from tests.store.conftest import Engine
from tests.store.desk import Desk, emails
from tests.store.looking import look, look_at_one


def entry(value: str, reason: str = "", expires_at: int | None = None) -> Suppression:
    return Suppression(kind_of(value), value, reason, "ops", NOW_MS, expires_at)


async def listed(store: Store, now: int = NOW_MS) -> list[str]:
    return [one.value for one in await store.suppressions(None, "", 1000, now)]


async def test_the_list_keeps_what_it_was_given_in_the_order_of_values(store: Store) -> None:
    given = [entry("example.net", "a rival"), entry("ana@example.com", expires_at=NOW_MS + DAY)]
    assert await store.suppress(given, NOW_MS) == 2
    assert await store.suppressions(None, "", 10, NOW_MS) == [given[1], given[0]]


async def test_the_list_is_read_by_kind_and_page_by_page(store: Store) -> None:
    await store.suppress([entry(f"guest{n}@example.com") for n in range(5)] + [entry("a.example")], NOW_MS)
    first = await store.suppressions("email", "", 3, NOW_MS)
    rest = await store.suppressions("email", first[-1].value, 3, NOW_MS)
    assert [one.value for one in first + rest] == [f"guest{n}@example.com" for n in range(5)]


async def test_a_value_stands_on_the_list_once_with_what_was_said_last(store: Store) -> None:
    await store.suppress([entry("ana@example.com", "for a while", NOW_MS + DAY)], NOW_MS)
    assert await store.suppress([entry("ana@example.com", "for good"), entry("ben@example.com")], NOW_MS) == 1
    (ana, _) = await store.suppressions(None, "", 10, NOW_MS)
    assert (ana.reason, ana.expires_at) == ("for good", None)


async def test_an_entry_that_has_expired_is_gone(store: Store) -> None:
    await store.suppress([entry("ana@example.com", expires_at=NOW_MS + DAY)], NOW_MS)
    assert await listed(store, NOW_MS + DAY - 1) == ["ana@example.com"]
    assert await listed(store, NOW_MS + DAY) == []
    assert await store.suppress([entry("ana@example.com")], NOW_MS + DAY) == 1


async def test_what_is_taken_off_the_list_is_told(store: Store) -> None:
    await store.suppress([entry("ana@example.com"), entry("ben@example.com")], NOW_MS)
    assert await store.unsuppress(["ana@example.com", "eve@example.com"]) == ["ana@example.com"]
    assert await listed(store) == ["ben@example.com"]


async def test_who_is_on_the_list_is_not_enrolled_whatever_the_case_of_the_address(
    engine: Engine, store: Store, desk: Desk
) -> None:
    await store.suppress([entry("ana@example.com", "asked us")], NOW_MS)
    await desk.enrol("Ana@Example.com")
    assert await desk.counts() == {"suppressed": 1}
    assert (await look_at_one(desk.store)).reason == "on the suppression list (email): asked us"
    assert await desk.nothing_due()


async def test_a_domain_stands_for_all_below_it(store: Store, desk: Desk) -> None:
    await store.suppress([entry("example.com")], NOW_MS)
    await desk.enrol("ana@example.com", "ben@mail.example.com", "eve@myexample.com")
    assert await desk.counts() == {"suppressed": 2, "waiting": 1}


async def test_a_phone_number_means_whoever_has_it(store: Store, desk: Desk) -> None:
    await store.suppress([entry("+12025550101")], NOW_MS)
    for number, phone in enumerate(("+12025550101", "+12025550102", None)):
        person = contact_fragment(Contact(email=f"guest{number}@example.com", phone=phone))
        one = new_enrollment(f"guest{number}@example.com", fragment=person, key=f"P-{number}")
        await desk.report(read_event(key=f"P-{number}", enrollments=(one,)))
    assert emails(await desk.freeze()) == ["guest1@example.com", "guest2@example.com"]


async def test_who_is_put_on_the_list_while_waiting_is_not_sent(
    engine: Engine, store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com", "ben@example.com")
    await store.suppress([entry("ana@example.com", "asked us")], desk.now)
    assert emails(await desk.freeze()) == ["ben@example.com"]
    assert await desk.counts() == {"suppressed": 1, "sending": 1}
    assert (await look(desk.store))[0].reason == "on the suppression list (email): asked us"


async def test_where_everybody_is_on_the_list_nothing_goes_out_and_the_next_are_looked_at(
    store: Store, desk: Desk
) -> None:
    await desk.enrol(*(f"guest{number}@example.net" for number in range(150)), key="P-1")
    desk.move(MINUTE)
    await desk.enrol("ana@example.com", key="P-2")
    await store.suppress([entry("example.net")], desk.now)
    assert emails(await desk.freeze()) == ["ana@example.com"]
    assert await desk.counts() == {"suppressed": 150, "sending": 1}


async def test_a_dead_letter_of_somebody_on_the_list_is_not_sent_again(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), failure())
    await store.suppress([entry("ana@example.com")], desk.now)
    await store.retry_dead(["dead-1"], desk.now)
    assert await desk.nothing_due()
    assert await desk.counts() == {"suppressed": 1}


async def test_after_its_end_an_entry_stops_nobody_and_a_later_report_enrols(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com")
    await store.suppress([entry("ana@example.com", expires_at=desk.now + DAY)], desk.now)
    assert await desk.nothing_due()
    desk.move(DAY)
    await desk.enrol("ana@example.com")
    assert emails(await desk.freeze()) == ["ana@example.com"]


async def test_a_change_by_another_process_counts_at_once(engine: Engine, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    async with engine.open(exclusive=False) as beside:
        await beside.suppress([entry("ana@example.com")], desk.now)
    assert await desk.nothing_due()
    assert await desk.counts() == {"suppressed": 1}


async def test_a_list_goes_in_whole_or_not_at_all(store: Store) -> None:
    impossible = replace(entry("eve@example.com"), kind=cast("Kind", "nonsense"))
    with pytest.raises(StoreFault, match="cannot be written"):
        await store.suppress([entry("ana@example.com"), impossible, entry("zoe@example.com")], NOW_MS)
    assert await listed(store) == []
