"""The app's own execute endpoint, as the help centre describes it beside the public one."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from relay.sandbox.first import (
    AFTER_VISIT,
    DOWNTOWN,
    OTHER_ORGANIZATION,
    OTHERS_SEQUENCE,
    PAUSED,
    SPLIT,
    VARIANT,
)
from tests.sandbox.asking import Api, Reply, crowd


async def signed_in(api: Api, organization_id: str | None = None) -> dict[str, str]:
    body = {"organization_id": organization_id} if organization_id else {}
    reply = await api.call("POST", "/sandbox/sessions", body)
    return {"Cookie": reply.json["cookie"]}


async def known(api: Api, count: int) -> list[str]:
    ids: list[str] = []
    for first in range(0, count, 100):
        reply = await api.execute(crowd(count)[first : first + 100], SPLIT)
        ids += [each["contactId"] for each in reply.data["results"]]
    return ids


async def execute(
    api: Api,
    contact_ids: object,
    headers: Mapping[str, str],
    sequence: str = AFTER_VISIT,
    **members: object,
) -> Reply:
    body = {"contactIds": contact_ids, **members}
    path = f"/api/sequences/{sequence}/execute"
    return await api.call("POST", path, body, key=None, headers=headers)


async def test_five_hundred_existing_contacts_pass_and_one_more_is_refused(api: Api) -> None:
    ids = await known(api, 501)
    cookie = await signed_in(api)

    passed = await execute(api, ids[:500], cookie, locationId=DOWNTOWN)
    refused = await execute(api, ids, cookie)

    assert passed.data["sendingsCreated"] == 500
    assert passed.data["results"][0]["contactId"] == ids[0]
    assert api.sandbox.sendings()[-1].location_id == DOWNTOWN
    assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")


async def test_an_api_key_opens_nothing_there(api: Api) -> None:
    ids = await known(api, 1)

    reply = await api.call("POST", f"/api/sequences/{AFTER_VISIT}/execute", {"contactIds": ids})
    forged = await execute(api, ids, {"Cookie": "sandbox_session=guess; theme=dark"})

    assert (reply.status, forged.status) == (401, 401)


@pytest.mark.parametrize("contact_ids", [None, [], "all", {}])
async def test_contact_ids_are_an_array_of_at_least_one(api: Api, contact_ids: object) -> None:
    reply = await execute(api, contact_ids, await signed_in(api))

    assert reply.code == "VALIDATION_ERROR"


async def test_contacts_that_do_not_exist_are_skipped_and_alone_refused(api: Api) -> None:
    ids = await known(api, 1)
    cookie = await signed_in(api)

    some = await execute(api, [*ids, "unknown"], cookie)
    none = await execute(api, ["unknown"], cookie)

    assert some.data["sendingsCreated"] == 1
    assert none.status == 400


async def test_contacts_and_sequences_of_others_are_out_of_reach(api: Api) -> None:
    ids = await known(api, 1)

    reply = await execute(api, ids, await signed_in(api, OTHER_ORGANIZATION))

    contact = await execute(api, ids, await signed_in(api, OTHER_ORGANIZATION), OTHERS_SEQUENCE)

    assert (reply.status, reply.code) == (404, "NOT_FOUND")
    assert (contact.status, len(api.reached())) == (400, 1)


async def test_the_same_blocking_rules_hold(api: Api) -> None:
    ids = await known(api, 1)
    cookie = await signed_in(api)
    api.sandbox.world.sequences[VARIANT].status = "paused"

    paused = await execute(api, ids, cookie, PAUSED)
    variant = await execute(api, ids, cookie, SPLIT)
    api.contact("guest0@example.com").unsubscribed = True
    unsubscribed = await execute(api, ids, cookie)

    assert [each.status for each in (paused, variant, unsubscribed)] == [400, 400, 400]


async def test_the_split_draws_there_as_well(api: Api) -> None:
    ids = await known(api, 100)
    made = len(api.sandbox.sendings())

    await execute(api, ids, await signed_in(api), SPLIT)

    drawn = [each.runs_id for each in api.sandbox.sendings()[made:]]
    assert 15 <= drawn.count(VARIANT) <= 45


async def test_signing_in_to_an_organization_that_does_not_exist_is_refused(api: Api) -> None:
    reply = await api.call("POST", "/sandbox/sessions", {"organization_id": "nobody"})

    assert reply.status == 404
    assert "nobody" in reply.json["error"]["message"]
