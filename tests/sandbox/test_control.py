"""Item 41: proof of what happened, and a hand on every switch, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from relay.sandbox.first import (
    AFTER_VISIT,
    DOWNTOWN,
    KEY,
    MORGAN,
    ORGANIZATION,
    SPLIT,
    VARIANT,
)
from relay.sandbox.records import Split
from tests.sandbox.asking import Api, crowd, people

SENDINGS, REQUESTS = "/sandbox/sendings", "/sandbox/requests"


async def look(api: Api, path: str) -> Any:
    reply = await api.call("GET", path, key=None)
    assert reply.status == 200
    return reply.json


async def tell(api: Api, method: str, path: str, body: object = None, status: int = 200) -> Any:
    reply = await api.call(method, path, body, key=None)
    assert reply.status == status, reply.body
    return reply.json


async def test_every_sending_is_listed_with_all_that_proves_it(api: Api) -> None:
    api.sandbox.world.sequences[SPLIT].split = Split(VARIANT, 100)
    await api.execute(people("ana"), SPLIT, locationId=DOWNTOWN, employeeId=MORGAN)

    listed = await look(api, SENDINGS)

    assert listed["total"] == 1
    assert listed["data"][0] | {"steps_done": 0} == {
        "number": 1,
        "id": api.sandbox.world.sending_id(api.sandbox.sendings()[0]),
        "contact_id": api.contact("ana@example.com").id,
        "email": "ana@example.com",
        "sequence_id": SPLIT,
        "variant": "B",
        "runs_id": VARIANT,
        "location_id": DOWNTOWN,
        "employee_id": MORGAN,
        "at": "2026-09-21T14:14:00.000Z",
        "request": 1,
        "steps_done": 0,
        "steps_skipped": 0,
    }


async def test_sendings_are_listed_newest_first_in_pages(api: Api) -> None:
    await api.execute(crowd(5))

    newest = await look(api, f"{SENDINGS}?limit=2")
    older = await look(api, f"{SENDINGS}?limit=2&before=4")

    assert [each["number"] for each in newest["data"]] == [5, 4]
    assert [each["number"] for each in older["data"]] == [3, 2]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("contact=ana@example.com", 2),
        (f"sequence={SPLIT}", 1),
        (f"contact=ana@example.com&sequence={SPLIT}", 0),
        ("contact=nobody@example.com", 0),
    ],
)
async def test_sendings_are_found_by_contact_and_sequence(api: Api, query: str, found: int) -> None:
    await api.execute(people("ana", "ana"))
    await api.execute(people("ben"), SPLIT)

    assert len((await look(api, f"{SENDINGS}?{query}"))["data"]) == found


async def test_doubles_list_only_those_enrolled_more_than_once(api: Api) -> None:
    await api.execute(people("ana", "ben"))
    await api.execute(people("ana"))
    await api.execute(people("ana"), SPLIT)

    assert await look(api, "/sandbox/doubles") == {
        "sendings": 4,
        "enrolled": 3,
        "total": 1,
        "doubles": [
            {
                "contact_id": api.contact("ana@example.com").id,
                "email": "ana@example.com",
                "sequence_id": AFTER_VISIT,
                "times": 2,
            }
        ],
    }


async def test_every_request_is_kept_with_its_headers_and_its_key_masked(api: Api) -> None:
    await api.execute(people("ana"), headers={"X-Request-Id": "r-1"})
    await api.execute(people("ana"), key=None, headers={"Authorization": f"Bearer {KEY}"})

    newest, oldest = (await look(api, REQUESTS))["data"]

    assert oldest["headers"]["x-request-id"] == "r-1"
    assert oldest["headers"]["x-api-key"] == "dem_sand…"
    assert newest["headers"]["authorization"] == "Bearer dem_sand…"
    assert oldest["path"] == f"/api/v1/sequences/{AFTER_VISIT}/execute"
    assert '"ana@example.com"' in oldest["body"]
    assert (oldest["status"], oldest["sendings"], oldest["fault"]) == (200, 1, None)


async def test_the_counts_tell_the_state_in_one_look(api: Api) -> None:
    await api.execute(people("ana", "ana"))
    await tell(api, "POST", "/sandbox/faults", {"name": "500-after", "count": 3}, 201)

    assert await look(api, "/sandbox") == {
        "requests": 1,
        "contacts": 1,
        "sendings": 2,
        "enrolled": 1,
        "doubles": 1,
        "steps_waiting": 1,
        "faults": [{"name": "500-after", "left": 3, "on": "execute"}],
        "outage": None,
    }


async def test_switches_are_read_and_changed_over_http(api: Api) -> None:
    before = await look(api, "/sandbox/switches")
    changed = await tell(api, "PATCH", "/sandbox/switches", {"success_status": 201, "poison": ["a@b.co"]})

    assert (before["success_status"], changed["success_status"]) == (200, 201)
    assert changed["poison"] == ["a@b.co"]
    assert (await api.execute(people("ana"))).status == 201


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("PATCH", "/sandbox/switches", {"sucess_status": 201}, "did you mean success_status?"),
        ("PATCH", "/sandbox/switches", {"success_status": 204}, "success_status"),
        ("PATCH", "/sandbox/switches", [], "JSON object"),
        ("POST", "/sandbox/faults", {"name": "500-sometimes"}, "500-after"),
        ("POST", "/sandbox/faults", {"name": "500-after", "count": 0}, "count"),
        ("POST", "/sandbox/outage", {"seconds": -1}, "seconds"),
        ("POST", "/sandbox/sequences", {"name": "x", "colour": "red"}, "colour"),
        ("POST", "/sandbox/sequences", {"name": "x", "organization_id": "?"}, "no organization"),
        ("PATCH", "/sandbox/keys/dem_unknown", {"active": False}, "no key"),
        ("GET", "/sandbox/sendings?limit=x", None, "limit"),
    ],
)
async def test_a_faulty_control_call_is_told_what_is_wrong(
    api: Api, method: str, path: str, body: object, said: str
) -> None:
    reply = await api.call(method, path, body, key=None)

    assert reply.status in (400, 404)
    assert said in reply.json["error"]["message"]


async def test_a_control_call_that_is_not_json_is_refused(api: Api) -> None:
    reply = await api.call("POST", "/sandbox/faults", raw=b"name=500-after")

    assert (reply.status, reply.code) == (400, "SANDBOX_CONTROL")


async def test_faults_and_outages_are_ordered_and_cleared_over_http(api: Api) -> None:
    await tell(api, "POST", "/sandbox/faults", {"name": "500-before", "on": "any"}, 201)
    failed = await api.call("GET", "sequences")
    outage = await tell(api, "POST", "/sandbox/outage", {"seconds": 60})
    down = await api.call("GET", "sequences")
    cleared = await tell(api, "DELETE", "/sandbox/faults")
    up = await api.call("GET", "sequences")

    assert [reply.status for reply in (failed, down, up)] == [500, 503, 200]
    assert (outage["outage"], cleared["outage"]) == ("503", None)


async def test_a_reset_brings_back_the_first_world_and_switches(api: Api) -> None:
    api.sandbox.switch(success_status=201)
    api.sandbox.fail_next("500-before", count=2)
    api.sandbox.world.sequences[AFTER_VISIT].status = "paused"
    await api.execute(people("ana"))

    counts = await tell(api, "POST", "/sandbox/reset")
    reply = await api.execute(people("ana"))

    assert (counts["requests"], counts["contacts"], counts["faults"]) == (0, 0, [])
    assert reply.status == 200


async def test_a_world_is_furnished_over_http(api: Api) -> None:
    shop = await tell(api, "POST", "/sandbox/organizations", {"name": "Shop"}, 201)
    own = {"organization_id": shop["id"]}
    await tell(api, "POST", "/sandbox/keys", {"secret": "dem_shop", **own}, 201)
    place = await tell(
        api, "POST", "/sandbox/places", {"kind": "location", "name": "Main Street", **own}, 201
    )
    steps = [{"type": "email", "delay_hours": 2}]
    variant = await tell(api, "POST", "/sandbox/sequences", {"name": "B", **own}, 201)
    split = {"variant_id": variant["id"], "percent": 50}
    sequence = await tell(
        api, "POST", "/sandbox/sequences", {"name": "A", "steps": steps, "split": split, **own}, 201
    )

    reply = await api.execute(crowd(20), sequence["id"], key="dem_shop", locationId=place["id"])

    assert reply.data["sequenceName"] == "A"
    assert {each.runs_id for each in api.sandbox.sendings()} == {sequence["id"], variant["id"]}
    world = await look(api, "/sandbox/world")
    assert shop in world["organizations"]
    assert place in world["locations"]


async def test_what_is_in_the_world_is_changed_over_http(api: Api) -> None:
    sequence = f"/sandbox/sequences/{AFTER_VISIT}"
    contact = await tell(api, "POST", "/sandbox/contacts", {"email": "ana@example.com"}, 201)

    async def status() -> int:
        return (await api.execute(people("ana"))).status

    await tell(api, "PATCH", sequence, {"status": "paused"})
    paused = await status()
    await tell(api, "PATCH", sequence, {"status": "active", "steps": []})
    empty = await status()
    await tell(api, "PATCH", sequence, {"steps": [{}], "name": "New", "split": None})
    passed = await status()
    await tell(api, "PATCH", f"/sandbox/contacts/{contact['id']}", {"unsubscribed": True})
    unsubscribed = await status()
    await tell(api, "PATCH", f"/sandbox/organizations/{ORGANIZATION}", {"api_access": False})
    closed = await status()
    await tell(api, "PATCH", f"/sandbox/keys/{KEY}", {"expires_at": 1})
    expired = await status()
    await tell(api, "PATCH", f"/sandbox/keys/{KEY}", {"expires_at": None, "scopes": []})
    await tell(api, "PATCH", f"/sandbox/organizations/{ORGANIZATION}", {"api_access": True})
    narrow = await status()

    seen = [paused, empty, passed, unsubscribed, closed, expired, narrow]
    assert seen == [400, 400, 200, 400, 403, 401, 403]


async def test_a_contact_can_be_there_and_unsubscribed_before_the_first_call(api: Api) -> None:
    ana, ben = ({"email": f"{name}@example.com", "unsubscribed": True} for name in ("ana", "ben"))
    await api.execute(people("ben"))
    for contact in (ana, ben):
        await tell(api, "POST", "/sandbox/contacts", contact, 201)

    reply = await api.execute(people("ana", "ben"))

    assert reply.status == 400
    assert len(api.sandbox.world.contacts) == 2


async def test_a_split_is_set_and_ended_over_http(api: Api) -> None:
    split = {"variant_id": VARIANT, "percent": 99}
    made = await tell(api, "PATCH", f"/sandbox/sequences/{AFTER_VISIT}", {"split": split})
    kept = await tell(api, "PATCH", f"/sandbox/sequences/{AFTER_VISIT}", {"name": "Other"})
    ended = await tell(api, "PATCH", f"/sandbox/sequences/{AFTER_VISIT}", {"split": None})

    assert made["split"] == kept["split"] == split
    assert ended["split"] is None


async def test_settling_answers_when_the_due_steps_have_run(api: Api) -> None:
    await api.execute(people("ana"))

    counts = await tell(api, "POST", "/sandbox/settle")

    assert counts["steps_waiting"] == 1
    assert api.sandbox.sendings()[0].steps_done == 1


async def test_the_root_tells_a_person_what_this_is(api: Api) -> None:
    api.sandbox.world.organizations[ORGANIZATION].name = "<b>Clinic</b>"
    await api.execute(people("ana"))

    reply = await api.call("GET", "/", key=None)

    page = reply.body.decode()
    assert reply.headers["Content-Type"].startswith("text/html")
    assert f"{api.sandbox.url}/api/v1/sequences/{AFTER_VISIT}/execute" in page
    assert KEY in page
    assert "&lt;b&gt;Clinic" in page
    assert "<td>sendings</td><td>1</td>" in page
