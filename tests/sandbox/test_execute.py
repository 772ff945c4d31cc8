"""Items 7 to 13, 22 and 24: an execute call that works, and one that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from relay.sandbox.first import (
    AFTER_VISIT,
    DOWNTOWN,
    FORMER_EMPLOYEE,
    MORGAN,
    ORGANIZATION,
    OTHERS_LOCATION,
    OTHERS_SEQUENCE,
    RILEY,
)
from tests.sandbox.asking import Api, crowd, people

STRANGER = "99999999-9999-4999-8999-999999999999"


async def test_two_contacts_are_queued_and_the_sequence_is_named(api: Api) -> None:
    reply = await api.execute(people("ana", "ben"))

    assert reply.status == 200
    assert reply.data == {
        "sequenceId": AFTER_VISIT,
        "sequenceName": "After-visit survey",
        "contactsProcessed": 2,
        "sendingsCreated": 2,
        "results": [
            {"email": mail, "contactId": api.contact(mail).id, "status": "queued"}
            for mail in ("ana@example.com", "ben@example.com")
        ],
    }
    assert api.reached() == ["ana@example.com", "ben@example.com"]


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_the_status_of_success_is_a_switch(api: Api, status: int) -> None:
    api.sandbox.switch(success_status=status)

    assert (await api.execute(people("ana"))).status == status


@pytest.mark.parametrize("contacts", [None, {}, "ana@example.com", [], crowd(101)])
async def test_no_array_or_one_out_of_bounds_queues_nothing(api: Api, contacts: object) -> None:
    reply = await api.execute(contacts)

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert api.reached() == []


@pytest.mark.parametrize("count", [1, 100])
async def test_one_and_a_hundred_contacts_pass(api: Api, count: int) -> None:
    reply = await api.execute(crowd(count))

    assert reply.data["sendingsCreated"] == count
    assert len(reply.data["results"]) == count


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"email=ana"])
async def test_a_body_that_is_no_json_object_is_400_in_the_envelope(api: Api, raw: bytes) -> None:
    reply = await api.call("POST", f"sequences/{AFTER_VISIT}/execute", raw=raw)

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert isinstance(reply.json["error"]["message"], str)


async def test_a_body_labelled_otherwise_is_refused_unless_switched_off(api: Api) -> None:
    plain = {"Content-Type": "text/plain"}
    refused = await api.execute(people("ana"), headers=plain)
    api.sandbox.switch(content_type_checked=False)
    passed = await api.execute(people("ana"), headers=plain)

    assert (refused.status, passed.status) == (400, 200)


async def test_a_body_beyond_four_megabytes_is_413_in_the_envelope(api: Api) -> None:
    reply = await api.call("POST", f"sequences/{AFTER_VISIT}/execute", raw=b" " * 5_000_000)

    assert (reply.status, reply.code) == (413, "PAYLOAD_TOO_LARGE")


async def test_an_address_alone_is_enough_unless_switched_otherwise(api: Api) -> None:
    alone = await api.execute([{"email": "ana@example.com"}])
    api.sandbox.switch(first_name_required=True)
    refused = await api.execute([{"email": "ana@example.com"}])

    assert (alone.status, refused.status) == (200, 400)


@pytest.mark.parametrize(
    "contact",
    [
        "ana@example.com",
        {},
        {"email": None},
        {"email": 7},
        {"email": "ana@example.com", "firstName": 7},
        {"email": "ana@example.com", "phone": ["+12025550100"]},
    ],
)
async def test_a_contact_of_the_wrong_shape_refuses_the_whole_request(api: Api, contact: object) -> None:
    api.sandbox.switch(malformed_email="refuse")

    reply = await api.execute([*people("ben"), contact])

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert api.reached() == []


async def test_a_known_address_keeps_its_id_and_its_unsent_fields(api: Api) -> None:
    first = {"email": "ana@example.com", "firstName": "Ana", "phone": "+12025550100"}
    one = await api.execute([first])
    api.clock.now += 60
    two = await api.execute([{"email": "ana@example.com", "firstName": "Anna"}])

    contact = api.contact("ana@example.com")
    assert one.data["results"][0]["contactId"] == two.data["results"][0]["contactId"]
    assert (contact.first_name, contact.phone) == ("Anna", "+12025550100")
    assert (contact.updated_at, contact.created_at) == (api.clock.now, api.clock.now - 60)


@pytest.mark.parametrize(("match", "contacts"), [("exact", 2), ("fold", 1)])
async def test_matching_whatever_the_case_is_a_switch(api: Api, match: str, contacts: int) -> None:
    api.sandbox.switch(email_match=match)

    await api.execute([{"email": "ana@example.com"}])
    reply = await api.execute([{"email": "Ana@Example.com"}])

    assert reply.data["results"][0]["email"] == "Ana@Example.com"
    assert len(api.sandbox.world.contacts) == contacts


@pytest.mark.parametrize(
    ("how", "status", "phone"),
    [("clear", 200, None), ("keep", 200, "+12025550100"), ("refuse", 400, "+12025550100")],
)
@pytest.mark.parametrize("empty", ["", None])
async def test_what_an_empty_field_does_is_a_switch(
    api: Api, how: str, status: int, phone: str | None, empty: str | None
) -> None:
    api.sandbox.switch(empty_fields=how)
    await api.execute([{"email": "ana@example.com", "phone": "+12025550100"}])

    reply = await api.execute([{"email": "ana@example.com", "phone": empty}])

    assert reply.status == status
    assert api.contact("ana@example.com").phone == phone


@pytest.mark.parametrize(
    ("how", "status", "title"), [("refuse", 400, None), ("ignore", 200, None), ("store", 200, "Dr")]
)
async def test_what_an_unlisted_member_does_is_a_switch(
    api: Api, how: str, status: int, title: str | None
) -> None:
    await api.execute(people("ana"))
    api.sandbox.switch(unknown_members=how)

    reply = await api.execute([{"email": "ana@example.com", "title": "Dr"}])
    beside = await api.execute(people("ana"), reference="order-7")

    assert (reply.status, beside.status) == (status, status)
    assert api.contact("ana@example.com").title == title


async def test_location_and_employee_are_on_every_sending_of_the_call(api: Api) -> None:
    await api.execute(people("ana", "ben"), locationId=DOWNTOWN, employeeId=MORGAN)
    await api.execute(people("cleo"), employeeId=RILEY)

    assert [(each.location_id, each.employee_id) for each in api.sandbox.sendings()] == [
        (DOWNTOWN, MORGAN),
        (DOWNTOWN, MORGAN),
        (None, RILEY),
    ]
    assert api.contact("ana@example.com").location_id is None


async def test_the_location_moves_the_contact_only_when_switched_on(api: Api) -> None:
    api.sandbox.switch(location_on_contact=True)

    await api.execute(people("ana"), locationId=DOWNTOWN)

    assert api.contact("ana@example.com").location_id == DOWNTOWN


@pytest.mark.parametrize(
    "member",
    [
        {"locationId": STRANGER},
        {"locationId": OTHERS_LOCATION},
        {"employeeId": STRANGER},
        {"employeeId": DOWNTOWN},
    ],
)
async def test_unknown_places_are_refused_or_accepted_as_switched(api: Api, member: dict[str, Any]) -> None:
    refused = await api.execute(people("ana"), **member)
    api.sandbox.switch(unknown_place_status=404)
    missing = await api.execute(people("ana"), **member)
    api.sandbox.switch(unknown_place="accept")
    accepted = await api.execute(people("ana"), **member)

    assert [refused.code, missing.code] == ["VALIDATION_ERROR", "NOT_FOUND"]
    assert [each.status for each in (refused, missing, accepted)] == [400, 404, 200]


async def test_an_inactive_employee_is_refused_or_accepted_as_switched(api: Api) -> None:
    refused = await api.execute(people("ana"), employeeId=FORMER_EMPLOYEE)
    api.sandbox.switch(inactive_employee="accept")
    accepted = await api.execute(people("ana"), employeeId=FORMER_EMPLOYEE)

    assert (refused.status, accepted.status) == (400, 200)


@pytest.mark.parametrize("value", [7, "downtown", ""])
async def test_a_place_that_is_no_uuid_is_always_refused(api: Api, value: object) -> None:
    api.sandbox.switch(unknown_place="accept")

    assert (await api.execute(people("ana"), locationId=value)).code == "VALIDATION_ERROR"


@pytest.mark.parametrize("sequence", [STRANGER, OTHERS_SEQUENCE, "not-a-uuid"])
async def test_a_sequence_that_is_not_of_the_organization_is_not_found(api: Api, sequence: str) -> None:
    reply = await api.execute(people("ana"), sequence)

    assert (reply.status, reply.code) == (404, "NOT_FOUND")
    assert api.reached() == []


async def test_executing_never_subscribes_anybody_again(api: Api) -> None:
    world = api.sandbox.world
    world.add_contact(ORGANIZATION, "ana@example.com", api.clock.now, unsubscribed=True)

    await api.execute(people("ana", "ben"))

    assert api.contact("ana@example.com").unsubscribed
    assert api.contact("ana@example.com").first_name == "Ana"
    assert api.reached() == ["ben@example.com"]


async def test_the_answer_comes_before_any_step_has_run(api: Api) -> None:
    reply = await api.execute(people("ana"))
    queued = [each["status"] for each in reply.data["results"]]

    await api.sandbox.settled()

    assert queued == ["queued"]
    assert [each.steps_done for each in api.sandbox.sendings()] == [1]
