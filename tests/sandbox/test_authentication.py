"""Items 1 to 6: who may call."""

from __future__ import annotations

import pytest

from relay.sandbox.first import KEY, ORGANIZATION, OTHER_KEY, READ_KEY
from tests.sandbox.asking import Api, people


async def test_a_call_without_a_key_is_told_how_to_send_one(api: Api) -> None:
    reply = await api.execute(people("ana"), key=None)

    assert reply.status == 401
    assert reply.json == {
        "error": {
            "code": "MISSING_API_KEY",
            "message": "API key required. Provide via X-API-Key header or Authorization: Bearer <key>",
        }
    }


async def test_a_key_without_the_prefix_has_the_wrong_format(api: Api) -> None:
    reply = await api.execute(people("ana"), key="sk_live_123")

    assert reply.status == 401
    assert reply.json == {
        "error": {
            "code": "INVALID_API_KEY_FORMAT",
            "message": "Invalid API key format. Key must start with 'dem_'",
        }
    }


async def test_an_odd_length_is_no_format_error_unless_switched_on(api: Api) -> None:
    before = await api.execute(people("ana"), key="dem_short")
    api.sandbox.switch(key_length="47")
    after = await api.execute(people("ana"), key="dem_short")
    whole = await api.execute(people("ana"))

    assert (before.code, after.code) == ("INVALID_API_KEY", "INVALID_API_KEY_FORMAT")
    assert whole.status == 200


async def test_unknown_inactive_and_expired_keys_are_told_apart_as_documented(api: Api) -> None:
    world = api.sandbox.world
    world.add_key(ORGANIZATION, "dem_inactive", active=False)
    world.add_key(ORGANIZATION, "dem_expired", expires_at=api.clock.now)
    world.add_key(ORGANIZATION, "dem_not_yet", expires_at=api.clock.now + 1)

    replies = {
        key: await api.execute(people("ana"), key=key)
        for key in ("dem_unknown", "dem_inactive", "dem_expired", "dem_not_yet")
    }

    assert replies["dem_unknown"].json == replies["dem_inactive"].json
    assert replies["dem_inactive"].json["error"] == {
        "code": "INVALID_API_KEY",
        "message": "Invalid or inactive API key",
    }
    assert replies["dem_expired"].json["error"] == {
        "code": "EXPIRED_API_KEY",
        "message": "API key has expired",
    }
    assert [reply.status for reply in replies.values()] == [401, 401, 401, 200]


async def test_the_same_key_works_in_either_header(api: Api) -> None:
    plain = await api.execute(people("ana"))
    bearer = await api.execute(people("ana"), key=None, headers={"Authorization": f"Bearer {KEY}"})

    assert (plain.status, bearer.status) == (200, 200)


@pytest.mark.parametrize(("counts", "expected"), [("x-api-key", 200), ("bearer", 401)])
async def test_which_of_two_headers_counts_is_a_switch(api: Api, counts: str, expected: int) -> None:
    api.sandbox.switch(both_key_headers=counts)

    reply = await api.execute(people("ana"), headers={"Authorization": "Bearer dem_unknown"})

    assert reply.status == expected


async def test_a_missing_scope_is_named_beside_the_code(api: Api) -> None:
    reply = await api.execute(people("ana"), key=READ_KEY)

    assert reply.status == 403
    assert reply.json == {
        "error": {
            "code": "INSUFFICIENT_PERMISSIONS",
            "message": "This API key does not have the required scope: sequences:execute",
            "requiredScope": "sequences:execute",
        }
    }
    assert api.reached() == []


@pytest.mark.parametrize("scope", ["sequences:execute", "sequences:*"])
async def test_execute_needs_no_other_scope_than_its_own(api: Api, scope: str) -> None:
    api.sandbox.world.add_key(ORGANIZATION, "dem_narrow", scopes=[scope])

    assert (await api.execute(people("ana"), key="dem_narrow")).status == 200
    assert (await api.call("GET", "contacts", key="dem_narrow")).status == 403


async def test_an_organization_without_api_access_is_refused_as_switched(api: Api) -> None:
    api.sandbox.world.organizations[ORGANIZATION].api_access = False
    api.sandbox.switch(api_access_status=402, api_access_code="UPGRADE")

    refused = await api.execute(people("ana"))
    other = await api.call("GET", "sequences", key=OTHER_KEY)

    assert (refused.status, refused.code) == (402, "UPGRADE")
    assert other.status == 200
