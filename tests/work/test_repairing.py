"""Repair of one dead letter: what a preview shows is what happens, and nothing happens before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relay.core.audit import Change, change
from relay.core.contact import Contact
from relay.core.correction import Incorrect
from relay.core.repair import READ_AGAIN_WHY, How, Preview
from relay.sandbox import Running
from relay.store.base import Story
from tests.factories import NOW_MS, FakeClock
from tests.installing import AFTER_PURCHASE
from tests.store.looking import look
from tests.work.house import Builder, House, purchase, reached
from tests.work.provider import Provider, Said
from tests.work.test_lookups import CUSTOMER, changes, sell

SHOP = "sources.shop.settings"
MOBILE = {f"{SHOP}.phone": "mobile"}
"""Today's mapping of the shop finds a number that yesterday's did not."""


def by(action: str = "dead.retry") -> Change:
    return change("ops", NOW_MS, action)


async def refused(house: House, sandbox: Running, email: str = "ana@example.com", **more: Any) -> None:
    """Somebody who paid and whom the destination refused, until it takes everybody again."""
    sandbox.switch(poison={email})
    await house.carry(purchase(1, email, **more))
    sandbox.switch(poison=set())
    assert await house.counts() == {"dead": 1}


async def seen(house: House, how: How, letter: str = "dead-1", **fields: str | None) -> Preview:
    shown = await house.repairing.preview(letter, how, fields)  # type: ignore[arg-type]  # as typed by people
    assert shown is not None
    return shown


async def told(house: House) -> Story:
    story = await house.store.story("dead-1")
    assert story is not None
    return story


async def test_a_preview_changes_nothing(build: Builder, house: House, sandbox: Running) -> None:
    await refused(house, sandbox, mobile="+12025550148")
    before = await told(house)
    shown = await seen(house, How.AS_IT_WAS, phone="+12025550199")
    assert shown.after == Contact(email="ana@example.com", phone="+12025550199")
    await seen(house, How.READ_AGAIN)
    assert await told(house) == before
    assert await house.counts() == {"dead": 1}
    assert await house.store.audit_newest(9) == []


async def test_a_corrected_contact_is_sent_as_the_preview_showed(house: House, sandbox: Running) -> None:
    await refused(house, sandbox)
    shown = await seen(house, How.AS_IT_WAS, email=" Ana@Example.org", phone="+1 202 555 0148")
    done = await house.repairing.send_again(
        "dead-1",
        How.AS_IT_WAS,
        by(),
        {"email": " Ana@Example.org", "phone": "+1 202 555 0148"},
        "asked on the phone",
    )
    assert done == shown
    await house.deliver()
    assert await house.counts() == {"delivered": 1}
    assert reached(sandbox) == ["ana@example.org"]
    (contact,) = sandbox.world.contacts.values()
    assert contact.phone == "+12025550148"


async def test_who_corrected_is_kept_and_the_audit_log_names_the_fields_alone(
    house: House, sandbox: Running
) -> None:
    await refused(house, sandbox)
    await house.repairing.send_again("dead-1", How.AS_IT_WAS, by(), {"phone": "+12025550148"}, "asked")
    sandbox.switch(poison={"ana@example.com"})
    await house.deliver()
    (made,) = (await told(house)).corrections
    assert (made.who, made.why, made.before.phone, made.after.phone) == ("ops", "asked", None, "+12025550148")
    retried, corrected = await house.store.audit_newest(9)
    assert (retried.change.action, corrected.change.action) == ("dead.retry", "dead.correct")
    assert corrected.change.detail == b'{"fields":["phone"],"letter":"dead-1","why":"asked"}'


async def test_numbers_without_a_country_code_are_of_the_sources_region(
    build: Builder, sandbox: Running
) -> None:
    async with build({f"{SHOP}.default_region": "US"}) as house:
        await refused(house, sandbox)
        assert (await seen(house, How.AS_IT_WAS, phone="202-555-0148")).after == Contact(
            email="ana@example.com", phone="+12025550148"
        )
    async with build() as house:
        with pytest.raises(Incorrect, match="write it with"):
            await seen(house, How.AS_IT_WAS, phone="202-555-0148")


async def test_what_todays_connector_reads_is_compared_field_by_field_and_sent(
    build: Builder, sandbox: Running
) -> None:
    async with build({f"{SHOP}.phone": "landline"}) as house:
        await refused(house, sandbox, mobile="+12025550148", first_name="Ana")
    async with build(MOBILE) as house:
        shown = await seen(house, How.READ_AGAIN)
        changed = [(one.field, one.before, one.after) for one in shown.fields if one.changes]
        assert changed == [("phone", None, "+12025550148")]
        await house.repairing.send_again("dead-1", How.READ_AGAIN, by())
        sandbox.switch(poison={"ana@example.com"})
        await house.deliver()
        (made,) = (await told(house)).corrections
    assert made.why == READ_AGAIN_WHY
    assert b"+12025550148" in (sandbox.executions()[-1].body or b"")


async def test_what_is_not_read_today_is_not_sent(build: Builder, house: House, sandbox: Running) -> None:
    await refused(house, sandbox)
    await house.store.close()
    async with build({f"{SHOP}.kind": {"paid": "form.submitted"}, "routes": [AFTER_PURCHASE]}) as today:
        done = await today.repairing.send_again("dead-1", How.READ_AGAIN, by())
        assert done is not None
        assert done.why_not is not None
        assert done.why_not.startswith("no route takes form.submitted of this source")
        assert await today.counts() == {"dead": 1}
        assert await today.store.audit_newest(9) == []


async def test_a_source_that_is_gone_is_not_read_and_can_still_be_sent_as_it_was(
    build: Builder, sandbox: Running
) -> None:
    async with build() as house:
        await refused(house, sandbox)
    async with build({"sources": {}, "routes": [AFTER_PURCHASE]}) as house:
        assert ((await seen(house, How.READ_AGAIN)).why_not or "").startswith("it can no longer be read")
        assert (await seen(house, How.AS_IT_WAS)).possible


async def test_the_provider_is_asked_anew_for_each_preview(
    build: Builder, provider: Provider, sandbox: Running, clock: FakeClock
) -> None:
    provider.answers = [CUSTOMER]
    async with build(changes(provider)) as house:
        sandbox.switch(poison={"maria.okafor@example.com"})
        await sell(house)
        await house.deliver()
        assert await house.counts() == {"dead": 1}
        clock.move(1)
        provider.answers = [Said(503)]
        away = await seen(house, How.READ_AGAIN)
        assert away.why_not == "it cannot be read just now: look-up: the provider answered 503"
        clock.move(1)
        provider.answers = [CUSTOMER]
        assert (await seen(house, How.READ_AGAIN)).possible
    assert len(provider.asked) == 3


async def test_an_event_that_could_not_be_read_shows_whom_it_would_enrol_today(
    build: Builder, sandbox: Running
) -> None:
    async with build() as house:
        await house.carry(purchase(1, event="sold"))
        (letter,) = await house.store.dead_letters(9)
        again = await seen(house, How.READ_AGAIN, letter.id)
        assert again.why_not == "it still cannot be read: unknown event type 'sold'"
    async with build({f"{SHOP}.kind.sold": "purchase.completed"}) as house:
        shown = await seen(house, How.AS_IT_WAS, letter.id)
        assert [one.email for row in shown.readings for one in row.enrollments] == ["guest1@example.com"]
        assert await house.fates() == {"parked": 1}
        await house.repairing.send_again(letter.id, How.READ_AGAIN, by())
        await house.translate()
        await house.deliver()
        assert await house.counts() == {"delivered": 1}


async def test_no_letter_has_no_preview(house: House) -> None:
    for letter in ("dead-1", "parked-1", "x"):
        assert await house.repairing.preview(letter, How.AS_IT_WAS) is None
        assert await house.repairing.send_again(letter, How.AS_IT_WAS, by()) is None


async def test_a_request_that_is_being_read_is_not_read_again_at_the_same_time(build: Builder) -> None:
    async with build() as house:
        await house.carry(purchase(1, event="sold"))
    async with build({f"{SHOP}.kind.sold": "purchase.completed"}) as house:
        await house.store.retry_dead(["parked-1"], NOW_MS)
        assert await house.repairing.send_again("parked-1", How.READ_AGAIN, by()) is None


async def test_what_waits_for_an_id_says_which(build: Builder) -> None:
    maps = {"destinations.main.locations": {"L1": AFTER_PURCHASE["sequence"]}}
    async with build(maps | {"destinations.main.unknown_location": "hold"}) as house:
        await house.carry(purchase(1, location_id="L9"))
        shown = await seen(house, How.AS_IT_WAS)
        assert shown.why_not == 'location "L9" of shop is not in destinations.main.locations'


async def test_who_marks_as_delivered_is_in_the_reason(
    build: Builder, sandbox: Running, tmp_path: Path
) -> None:
    async with build({"destinations.main.on_unknown_outcome": "hold"}) as house:
        sandbox.fail_next("500-after")
        await house.carry(purchase())
        await house.store.repairs.mark_delivered(["dead-1"], "is there", by())
        assert await house.counts() == {"delivered": 1}
        (found,) = await look(house.store)
        assert found.reason == "marked as delivered by ops: is there"
