"""Items 14 to 21 and 23: calls that are blocked, and calls that work for some."""

from __future__ import annotations

import pytest

from relay.sandbox.first import (
    AFTER_VISIT,
    ARCHIVED,
    DRAFT,
    ORGANIZATION,
    PAUSED,
    SPLIT,
    VARIANT,
    WITHOUT_STEPS,
    first_world,
)
from relay.sandbox.records import Split
from tests.sandbox.asking import Api, crowd, people


def unsubscribe(api: Api, *names: str) -> None:
    for person in people(*names):
        world, now = api.sandbox.world, api.clock.now
        world.add_contact(ORGANIZATION, person["email"], now, unsubscribed=True)


@pytest.mark.parametrize("sequence", [DRAFT, PAUSED, ARCHIVED])
async def test_a_sequence_that_is_not_active_is_refused_after_the_upsert(api: Api, sequence: str) -> None:
    reply = await api.execute(people("ana"), sequence)

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert api.reached() == []
    assert api.contact("ana@example.com").first_name == "Ana"


async def test_a_blocked_call_touches_no_contact_when_switched_off(api: Api) -> None:
    api.sandbox.switch(blocked_upserts=False)

    await api.execute(people("ana"), PAUSED)

    assert api.sandbox.world.contacts == {}


async def test_status_and_code_of_every_blocked_case_are_switches(api: Api) -> None:
    api.sandbox.switch(
        inactive_status=409,
        inactive_code="SEQUENCE_NOT_ACTIVE",
        no_steps_status=422,
        no_steps_code="NO_STEPS",
        no_contacts_status=403,
        no_contacts_code="NO_CONTACTS",
        variant_status=412,
        variant_code="VARIANT",
    )
    unsubscribe(api, "ana")
    api.sandbox.world.sequences[VARIANT].status = "paused"

    replies = [
        await api.execute(people("ben"), PAUSED),
        await api.execute(people("ben"), WITHOUT_STEPS),
        await api.execute(people("ana")),
        await api.execute(people("ben"), SPLIT),
    ]

    assert [(each.status, each.code) for each in replies] == [
        (409, "SEQUENCE_NOT_ACTIVE"),
        (422, "NO_STEPS"),
        (403, "NO_CONTACTS"),
        (412, "VARIANT"),
    ]


async def test_an_active_sequence_without_steps_is_refused(api: Api) -> None:
    reply = await api.execute(people("ana"), WITHOUT_STEPS)

    assert (reply.status, api.reached()) == (400, [])


async def test_other_triggers_than_api_are_blocked_only_when_switched_on(api: Api) -> None:
    api.sandbox.world.sequences[AFTER_VISIT].trigger = "manual"
    passed = await api.execute(people("ana"))
    api.sandbox.switch(api_trigger_only=True)
    blocked = await api.execute(people("ana"))

    assert (passed.status, blocked.status) == (200, 400)


async def test_a_call_is_refused_when_nobody_in_it_may_be_written_to(api: Api) -> None:
    unsubscribe(api, "ana")
    api.sandbox.switch(malformed_email="skip")

    reply = await api.execute([*people("ana"), {"email": "ben(at)example"}])

    assert (reply.status, api.reached()) == (400, [])


async def test_an_unsubscribed_contact_is_left_out_of_sendings_and_results(api: Api) -> None:
    unsubscribe(api, "ana")

    reply = await api.execute(people("ana", "ben"))

    assert reply.data["sendingsCreated"] == 1
    assert [each["email"] for each in reply.data["results"]] == ["ben@example.com"]


async def test_a_skipped_contact_can_be_listed_with_a_status_of_its_own(api: Api) -> None:
    unsubscribe(api, "ana")
    api.sandbox.switch(skipped="listed", skipped_status="unsubscribed")

    reply = await api.execute(people("ana", "ben"))

    assert [each["status"] for each in reply.data["results"]] == ["unsubscribed", "queued"]
    assert reply.data["sendingsCreated"] == 1


@pytest.mark.parametrize(
    "email", ["ana", "ana@", "@example.com", "ana@example", "a na@example.com", "ana@ex..com", " "]
)
async def test_one_malformed_address_refuses_all_or_is_skipped_as_switched(api: Api, email: str) -> None:
    contacts = [{"email": email}, *people("ben")]
    refused = await api.execute(contacts)
    made = api.reached()
    api.sandbox.switch(malformed_email="skip")
    skipped = await api.execute(contacts)

    assert (refused.status, refused.code, made) == (400, "VALIDATION_ERROR", [])
    assert skipped.data["sendingsCreated"] == skipped.data["contactsProcessed"] == 1
    assert api.reached() == ["ben@example.com"]


async def test_outer_spaces_are_part_of_an_address_unless_folded(api: Api) -> None:
    refused = await api.execute([{"email": " ana@example.com "}])
    api.sandbox.switch(email_match="fold")
    passed = await api.execute([{"email": " ana@example.com "}])

    assert (refused.status, passed.status) == (400, 200)
    assert api.contact("ana@example.com").id == passed.data["results"][0]["contactId"]


async def test_a_poisoned_address_refuses_the_request_that_has_it(api: Api) -> None:
    api.sandbox.switch(poison=["Ben@example.com"])

    refused = await api.execute(people("ana", "ben"))
    passed = await api.execute(people("ana"))

    assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")
    assert passed.status == 200


@pytest.mark.parametrize(("duplicates", "sendings"), [("two", 2), ("one", 1)])
async def test_one_address_twice_makes_two_sendings_or_one(api: Api, duplicates: str, sendings: int) -> None:
    api.sandbox.switch(duplicates=duplicates)

    reply = await api.execute(people("ana", "ana"))

    assert reply.data["sendingsCreated"] == len(api.reached()) == sendings
    assert len(reply.data["results"]) == sendings
    assert len(api.sandbox.world.contacts) == 1


async def test_results_can_come_back_in_another_order(api: Api) -> None:
    names = [f"guest{number}" for number in range(20)]
    sent = [person["email"] for person in people(*names)]

    async def order() -> list[str]:
        reply = await api.execute(people(*names))
        return [each["email"] for each in reply.data["results"]]

    as_sent = await order()
    api.sandbox.switch(results_order="reversed")
    backwards = await order()
    api.sandbox.switch(results_order="shuffled")
    shuffled = await order()

    assert (as_sent, backwards) == (sent, sent[::-1])
    assert shuffled not in (sent, sent[::-1])
    assert sorted(shuffled) == sorted(sent)


async def test_results_can_show_the_address_as_it_is_stored(api: Api) -> None:
    await api.execute(people("ana"))
    api.sandbox.switch(email_match="fold", result_email="stored")

    reply = await api.execute([{"email": "ANA@EXAMPLE.COM"}])

    assert reply.data["results"][0]["email"] == "ana@example.com"


async def test_every_result_can_have_another_status_and_some_can_be_missing(api: Api) -> None:
    api.sandbox.switch(result_status="scheduled", results_missing=1)

    reply = await api.execute(people("ana", "ben"))

    assert [each["status"] for each in reply.data["results"]] == ["scheduled"]
    assert reply.data["sendingsCreated"] == 2


@pytest.mark.parametrize(("processed", "count"), [("upserted", 2), ("submitted", 3), ("queued", 1)])
async def test_what_contacts_processed_counts_is_a_switch(api: Api, processed: str, count: int) -> None:
    unsubscribe(api, "ana")
    api.sandbox.switch(malformed_email="skip", processed=processed)

    reply = await api.execute([*people("ana", "ben"), {"email": "cleo"}])

    assert reply.data["contactsProcessed"] == count


async def test_a_variant_gets_about_its_share_and_the_same_seed_draws_the_same(api: Api) -> None:
    await api.execute(crowd(100), SPLIT)
    drawn = [each.runs_id for each in api.sandbox.sendings()]
    api.sandbox.reset()
    await api.execute(crowd(100), SPLIT)
    again = [each.runs_id for each in api.sandbox.sendings()]

    assert drawn == again
    assert 20 <= drawn.count(VARIANT) <= 40
    assert {each.sequence_id for each in api.sandbox.sendings()} == {SPLIT}


def test_another_seed_draws_otherwise() -> None:
    one, two = first_world(seed=1), first_world(seed=2)

    assert [one.random.random() for _ in range(9)] != [two.random.random() for _ in range(9)]


@pytest.mark.parametrize(("named", "expected"), [("primary", SPLIT), ("drawn", VARIANT)])
async def test_which_sequence_the_answer_names_under_a_test_is_a_switch(
    api: Api, named: str, expected: str
) -> None:
    api.sandbox.world.sequences[SPLIT].split = Split(VARIANT, 100)
    api.sandbox.switch(variant_named=named)

    reply = await api.execute(people("ana"), SPLIT)

    assert reply.data["sequenceId"] == expected
    assert reply.data["sequenceName"] == api.sandbox.world.sequences[expected].name


async def test_a_variant_that_is_paused_or_empty_blocks_the_whole_call(api: Api) -> None:
    variant = api.sandbox.world.sequences[VARIANT]
    variant.status = "draft"
    paused = await api.execute(people("ana"), SPLIT)
    variant.status, variant.steps = "active", []
    empty = await api.execute(people("ana"), SPLIT)

    assert (paused.status, empty.status, api.reached()) == (400, 400, [])
