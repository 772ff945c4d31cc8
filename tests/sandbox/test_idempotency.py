"""Item 21, and the switch that makes the destination kinder than its documents."""

from __future__ import annotations

import pytest

from relay.sandbox.first import KEY, ONBOARDING, OTHER_KEY, OTHERS_SEQUENCE
from tests.sandbox.asking import Api, people

ONCE = {"Idempotency-Key": "batch-1"}


async def test_the_same_request_twice_enrolls_twice_whatever_its_key(api: Api) -> None:
    await api.execute(people("ana"), headers=ONCE)
    await api.execute(people("ana"), headers=ONCE)

    assert api.reached() == ["ana@example.com", "ana@example.com"]
    assert [times for _, _, times in api.sandbox.doubles()] == [2]


async def test_switched_on_the_stored_answer_is_repeated_and_nothing_made_anew(api: Api) -> None:
    api.sandbox.switch(idempotency=True)

    one = await api.execute(people("ana"), headers=ONCE)
    two = await api.execute(people("ana"), headers=ONCE)
    without = await api.execute(people("ana"))

    assert one.body == two.body
    assert (two.status, without.status) == (200, 200)
    assert len(api.reached()) == 2
    assert [entry.repeated for entry in api.sandbox.requests()] == [False, True, False]


@pytest.mark.parametrize("status", [409, 422])
async def test_a_key_used_for_another_request_is_refused(api: Api, status: int) -> None:
    api.sandbox.switch(idempotency=True, idempotency_mismatch_status=status)
    await api.execute(people("ana"), headers=ONCE)

    other_body = await api.execute(people("ana", "ben"), headers=ONCE)
    other_path = await api.execute(people("ana"), ONBOARDING, headers=ONCE)

    assert (other_body.status, other_path.status) == (status, status)
    assert other_body.code == "IDEMPOTENCY_KEY_REUSED"
    assert api.reached() == ["ana@example.com"]


async def test_keys_of_two_organizations_do_not_meet(api: Api) -> None:
    api.sandbox.switch(idempotency=True)

    await api.execute(people("ana"), headers=ONCE)
    other = await api.execute(people("ana"), OTHERS_SEQUENCE, key=OTHER_KEY, headers=ONCE)

    assert other.status == 200
    assert len(api.reached()) == 2


async def test_a_key_is_forgotten_after_its_time(api: Api) -> None:
    api.sandbox.switch(idempotency=True, idempotency_seconds=60)
    await api.execute(people("ana"), headers=ONCE)
    api.clock.now += 60

    await api.execute(people("ana"), headers=ONCE)

    assert len(api.reached()) == 2


async def test_a_refused_call_may_be_tried_again_under_its_key(api: Api) -> None:
    api.sandbox.switch(idempotency=True)
    sequence = api.sandbox.world.sequences[ONBOARDING]
    sequence.status = "paused"
    refused = await api.execute(people("ana"), ONBOARDING, headers=ONCE)
    sequence.status = "active"
    passed = await api.execute(people("ana"), ONBOARDING, headers=ONCE)

    assert (refused.status, passed.status) == (400, 200)


async def test_an_answer_lost_on_the_way_is_repeated_whole(api: Api) -> None:
    api.sandbox.switch(idempotency=True)
    api.sandbox.fail_next("500-after")

    lost = await api.execute(people("ana"), headers=ONCE)
    repeated = await api.execute(people("ana"), headers=ONCE)

    assert (lost.status, repeated.status) == (500, 200)
    assert repeated.data["sendingsCreated"] == 1
    assert api.reached() == ["ana@example.com"]


async def test_the_keys_remembered_are_bounded(api: Api) -> None:
    api.sandbox.switch(idempotency=True)
    api.sandbox.world.repeats.kept = 1

    for name in ("first", "second", "first"):
        await api.execute(people("ana"), key=KEY, headers={"Idempotency-Key": name})

    assert len(api.reached()) == 3
