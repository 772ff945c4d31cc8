"""Items 34 to 37: the other endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from relay.sandbox.first import AFTER_VISIT, DOWNTOWN, OTHER_KEY, OTHERS_SEQUENCE, READ_KEY
from tests.sandbox.asking import Api, crowd, people

WHOLE = {
    "email": "sam@example.com",
    "firstName": "Sam",
    "lastName": "Reed",
    "phone": "+12025550100",
    "title": "Dr",
    "preferredLanguage": "fr",
    "locationId": DOWNTOWN,
    "contactOrganizationId": None,
    "customFields": {"membershipTier": "Gold"},
    "tags": ["vip"],
}


async def create(api: Api, **fields: Any) -> str:
    reply = await api.call("POST", "contacts", {**WHOLE, **fields})
    assert reply.status == 201
    return str(reply.data["id"])


async def test_a_created_contact_comes_back_whole(api: Api) -> None:
    reply = await api.call("POST", "contacts", WHOLE)

    moment = "2026-09-21T14:14:00.000Z"
    assert reply.status == 201
    assert reply.data == {
        **WHOLE,
        "id": api.contact("sam@example.com").id,
        "unsubscribed": False,
        "createdAt": moment,
        "updatedAt": moment,
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"email": None},
        {"firstName": None},
        {"email": "sam"},
        {"lastName": 7},
        {"locationId": 7},
        {"preferredLanguage": "de"},
        {"customFields": []},
        {"tags": "vip"},
    ],
)
async def test_a_faulty_contact_is_not_created(api: Api, fields: dict[str, Any]) -> None:
    reply = await api.call("POST", "contacts", {**WHOLE, **fields})

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert api.sandbox.world.contacts == {}


async def test_a_duplicate_contact_is_409_and_stays_as_it_was(api: Api) -> None:
    await create(api)
    reply = await api.call("POST", "contacts", {**WHOLE, "firstName": "Other"})
    api.sandbox.switch(conflict_code="DUPLICATE_EMAIL")
    renamed = await api.call("POST", "contacts", WHOLE)

    assert (reply.status, reply.code, renamed.code) == (409, "CONFLICT", "DUPLICATE_EMAIL")
    assert api.contact("sam@example.com").first_name == "Sam"


async def test_a_patch_merges_custom_fields_and_replaces_tags(api: Api) -> None:
    contact_id = await create(api)
    api.clock.now += 60

    reply = await api.call(
        "PATCH", f"contacts/{contact_id}", {"customFields": {"visits": 3}, "tags": ["new"]}
    )

    assert reply.data == {
        "id": contact_id,
        "email": "sam@example.com",
        "firstName": "Sam",
        "lastName": "Reed",
        "tags": ["new"],
        "updatedAt": "2026-09-21T14:15:00.000Z",
    }
    contact = api.contact("sam@example.com")
    assert contact.custom_fields == {"membershipTier": "Gold", "visits": 3}


async def test_a_patch_can_answer_with_the_whole_contact(api: Api) -> None:
    api.sandbox.switch(patch_answer="whole")

    reply = await api.call("PATCH", f"contacts/{await create(api)}", {"title": "Prof"})

    assert reply.data["title"] == "Prof"
    assert reply.data["unsubscribed"] is False


async def test_a_patch_moves_an_address_but_not_onto_another_contact(api: Api) -> None:
    contact_id = await create(api)
    await create(api, email="alex@example.com")

    taken = await api.call("PATCH", f"contacts/{contact_id}", {"email": "alex@example.com"})
    moved = await api.call("PATCH", f"contacts/{contact_id}", {"email": "sam@example.net"})
    reply = await api.execute([{"email": "sam@example.net"}])

    assert (taken.status, moved.status) == (409, 200)
    assert reply.data["results"][0]["contactId"] == contact_id


@pytest.mark.parametrize("email", [None, "", "sam"])
async def test_a_patch_cannot_take_the_address_away(api: Api, email: object) -> None:
    reply = await api.call("PATCH", f"contacts/{await create(api)}", {"email": email})

    assert reply.code == "VALIDATION_ERROR"


async def test_folded_addresses_are_stored_without_outer_spaces(api: Api) -> None:
    api.sandbox.switch(email_match="fold")

    path = f"contacts/{await create(api, email=' Sam@example.com ')}"
    moved = await api.call("PATCH", path, {"email": " sam@example.net "})
    respelt = await api.call("PATCH", path, {"email": "SAM@example.net"})

    assert moved.data["email"] == "sam@example.net"
    assert respelt.data["email"] == "SAM@example.net"


async def test_a_contact_can_be_read_and_deleted_by_its_own_organization_only(api: Api) -> None:
    path = f"contacts/{await create(api)}"

    stranger = await api.call("GET", path, key=OTHER_KEY)
    read = await api.call("GET", path, key=READ_KEY)
    forbidden = await api.call("DELETE", path, key=READ_KEY)
    deleted = await api.call("DELETE", path)
    gone = await api.call("GET", path)

    replies = (stranger, read, forbidden, deleted, gone)
    assert [reply.status for reply in replies] == [404, 200, 403, 200, 404]


async def test_contacts_are_listed_by_pages_of_at_most_a_hundred(api: Api) -> None:
    for part in range(3):
        await api.execute(crowd(120)[part * 40 : part * 40 + 40])

    first = await api.call("GET", "contacts")
    second = await api.call("GET", "contacts?page=2&limit=500")
    beyond = await api.call("GET", "contacts?page=9")

    assert first.json["meta"] == {"page": 1, "perPage": 50, "total": 120, "totalPages": 3}
    assert second.json["meta"] == {"page": 2, "perPage": 100, "total": 120, "totalPages": 2}
    assert [len(each.data) for each in (first, second, beyond)] == [50, 20, 0]


@pytest.mark.parametrize("query", ["page=0", "page=x", "limit=-1", "limit=1.5"])
async def test_a_page_that_is_no_number_from_one_is_refused(api: Api, query: str) -> None:
    assert (await api.call("GET", f"contacts?{query}")).code == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("email=sam@example.com", ["sam@example.com"]),
        ("email=Sam@example.com", []),
        ("phone=%2B12025550100", ["sam@example.com"]),
        (f"location_id={DOWNTOWN}", ["sam@example.com"]),
        ("search=REED", ["sam@example.com"]),
        ("search=example.org", ["alex@example.org"]),
        ("", ["sam@example.com", "alex@example.org"]),
    ],
)
async def test_contacts_are_found_by_each_filter(api: Api, query: str, found: list[str]) -> None:
    await create(api)
    await api.call("POST", "contacts", {"email": "alex@example.org", "firstName": "Alex"})

    reply = await api.call("GET", f"contacts?{query}", key=READ_KEY)

    assert [contact["email"] for contact in reply.data] == found


async def test_sequences_are_listed_with_id_name_and_status(api: Api) -> None:
    reply = await api.call("GET", "sequences?limit=2", key=READ_KEY)

    assert reply.json["meta"] == {"page": 1, "perPage": 2, "total": 9, "totalPages": 5}
    assert reply.data[0].items() >= {
        ("id", AFTER_VISIT),
        ("name", "After-visit survey"),
        ("status", "active"),
    }


async def test_a_sequence_can_be_read_by_its_own_organization_only(api: Api) -> None:
    own = await api.call("GET", f"sequences/{AFTER_VISIT}", key=READ_KEY)
    other = await api.call("GET", f"sequences/{OTHERS_SEQUENCE}", key=READ_KEY)

    assert (own.data["name"], other.code) == ("After-visit survey", "NOT_FOUND")


async def test_sequences_can_come_without_their_status(api: Api) -> None:
    api.sandbox.switch(sequence_status=False)

    listed = await api.call("GET", "sequences")
    single = await api.call("GET", f"sequences/{AFTER_VISIT}")

    assert all("status" not in each for each in (*listed.data, single.data))


async def test_reading_sequences_needs_its_scope(api: Api) -> None:
    api.sandbox.world.add_key(
        api.sandbox.world.sequences[AFTER_VISIT].organization_id,
        "dem_execute_only",
        scopes=["sequences:execute"],
    )

    reply = await api.call("GET", "sequences", key="dem_execute_only")

    assert reply.json["error"]["requiredScope"] == "sequences:read"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "surveys", 404), ("GET", "", 404), ("PUT", "contacts", 405), ("GET", "x/y/z", 404)],
)
async def test_what_the_sandbox_does_not_have_is_refused_in_the_envelope(
    api: Api, method: str, path: str, status: int
) -> None:
    reply = await api.call(method, path)

    assert reply.status == status
    assert reply.code in ("NOT_FOUND", "METHOD_NOT_ALLOWED")


async def test_an_upserted_contact_shows_in_the_list(api: Api) -> None:
    await api.execute(people("ana"))

    reply = await api.call("GET", "contacts?email=ana@example.com")

    assert reply.data[0]["firstName"] == "Ana"
