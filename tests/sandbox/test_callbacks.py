"""Items 24 and 38 to 40: what the destination does in the background and posts to others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from relay.sandbox.first import AFTER_VISIT, ORGANIZATION, SPLIT, VARIANT
from relay.sandbox.records import Split, Step, StepType
from tests.sandbox.asking import Api, people

if TYPE_CHECKING:
    from tests.sandbox.receiving import Receiver

NINE = {
    "event",
    "sequenceId",
    "sequenceStepId",
    "stepIndex",
    "stepType",
    "contactId",
    "organizationId",
    "sendingId",
    "timestamp",
}


def give_steps(api: Api, url: str, *kinds: StepType, sequence: str = AFTER_VISIT) -> None:
    steps = [Step(f"step-{place}", kind, 0, url) for place, kind in enumerate(kinds)]
    api.sandbox.world.sequences[sequence].steps = steps


async def test_each_completed_step_with_a_url_posts_the_nine_fields_once(
    api: Api, receiver: Receiver
) -> None:
    give_steps(api, receiver.url, "survey", "email")
    api.sandbox.world.sequences[AFTER_VISIT].steps.insert(1, Step("silent", "email"))

    await api.execute(people("ana"))
    await api.sandbox.settled()

    first, second = receiver.bodies
    assert set(first) == NINE
    assert first == {
        "event": "step.completed",
        "sequenceId": AFTER_VISIT,
        "sequenceStepId": "step-0",
        "stepIndex": 0,
        "stepType": "survey",
        "contactId": api.contact("ana@example.com").id,
        "organizationId": ORGANIZATION,
        "sendingId": api.sandbox.world.sending_id(api.sandbox.sendings()[0]),
        "timestamp": "2026-09-21T14:14:00.000Z",
    }
    assert (second["stepIndex"], second["stepType"]) == (2, "email")
    assert receiver.posts[0][0]["Content-Type"] == "application/json"
    assert not [name for name in receiver.posts[0][0] if "signature" in name.lower()]


async def test_a_failed_callback_is_not_tried_again_and_stops_nothing(api: Api, receiver: Receiver) -> None:
    receiver.status = 500
    give_steps(api, receiver.url, "survey", "email")

    await api.execute(people("ana"))
    await api.sandbox.settled()

    assert [body["stepIndex"] for body in receiver.bodies] == [0, 1]
    assert api.sandbox.sendings()[0].steps_done == 2


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/hook", "no url at all", "ftp://x.example/y"])
async def test_a_callback_that_reaches_nobody_stops_nothing(api: Api, url: str) -> None:
    give_steps(api, url, "survey", "email")

    await api.execute(people("ana"))
    await api.sandbox.settled()

    assert api.sandbox.sendings()[0].steps_done == 2


async def test_a_receiver_that_hangs_is_given_up_after_the_timeout(api: Api, receiver: Receiver) -> None:
    assert api.sandbox.switches.callback_timeout_seconds == 10
    api.sandbox.switch(callback_timeout_seconds=0.05)
    receiver.hang.clear()
    give_steps(api, receiver.url, "survey", "email")

    await api.execute(people("ana"))
    await api.sandbox.settled()

    assert [body["stepIndex"] for body in receiver.bodies] == [0, 1]


async def test_skipped_steps_post_nothing(api: Api, receiver: Receiver) -> None:
    give_steps(api, receiver.url, "sms", "email")

    await api.execute([{"email": "ana@example.com"}])
    await api.execute([{"email": "ben@example.com", "phone": "+12025550100"}])
    await api.sandbox.settled()

    kinds = sorted((body["contactId"], body["stepType"]) for body in receiver.bodies)
    ana, ben = (api.contact(f"{name}@example.com").id for name in ("ana", "ben"))
    assert kinds == [(ana, "email"), (ben, "email"), (ben, "sms")]
    assert [each.steps_skipped for each in api.sandbox.sendings()] == [1, 0]


async def test_whoever_unsubscribes_inside_a_sequence_has_the_rest_skipped(
    api: Api, receiver: Receiver
) -> None:
    give_steps(api, receiver.url, "email", "email")
    api.sandbox.world.sequences[AFTER_VISIT].steps[1].delay_hours = 1
    await api.execute(people("ana"))
    await api.sandbox.settled()
    api.contact("ana@example.com").unsubscribed = True
    api.clock.now += 3600
    await api.sandbox.settled()

    sending = api.sandbox.sendings()[0]
    assert (sending.steps_done, sending.steps_skipped, len(receiver.posts)) == (1, 1, 1)


async def test_a_sequence_paused_on_the_way_skips_its_steps(api: Api, receiver: Receiver) -> None:
    give_steps(api, receiver.url, "email")
    api.sandbox.world.sequences[AFTER_VISIT].steps[0].delay_hours = 1
    await api.execute(people("ana"))
    api.sandbox.world.sequences[AFTER_VISIT].status = "paused"
    api.clock.now += 3600
    await api.sandbox.settled()

    assert (api.sandbox.sendings()[0].steps_skipped, receiver.posts) == (1, [])


async def test_a_step_waits_its_hours_scaled_by_the_switch(api: Api, receiver: Receiver) -> None:
    api.sandbox.switch(hour_seconds=2)
    give_steps(api, receiver.url, "email")
    api.sandbox.world.sequences[AFTER_VISIT].steps[0].delay_hours = 3
    await api.execute(people("ana"))
    api.clock.now += 5.9
    await api.sandbox.settled()
    early = len(receiver.posts)
    api.clock.now += 0.1
    await api.sandbox.settled()

    assert (early, len(receiver.posts)) == (0, 1)


async def test_steps_removed_on_the_way_are_passed_over(api: Api, receiver: Receiver) -> None:
    give_steps(api, receiver.url, "email", "email")
    api.sandbox.world.sequences[AFTER_VISIT].steps[1].delay_hours = 1
    await api.execute(people("ana"))
    await api.sandbox.settled()
    api.sandbox.world.sequences[AFTER_VISIT].steps.pop()
    api.clock.now += 3600
    await api.sandbox.settled()

    assert len(receiver.posts) == 1


async def test_callbacks_can_come_twice(api: Api, receiver: Receiver) -> None:
    api.sandbox.switch(callback_copies=2)
    give_steps(api, receiver.url, "survey", "email")

    await api.execute(people("ana"))
    await api.sandbox.settled()

    keys = [(body["sendingId"], body["stepIndex"]) for body in receiver.bodies]
    assert [index for _, index in keys] == [0, 0, 1, 1]
    assert len(set(keys)) == 2


async def test_callbacks_can_come_out_of_order(api: Api, receiver: Receiver) -> None:
    api.sandbox.switch(callback_order="reversed")
    give_steps(api, receiver.url, "survey", "email", "email")

    await api.execute(people("ana"))
    await api.sandbox.settled()

    assert [body["stepIndex"] for body in receiver.bodies] == [2, 1, 0]
    assert api.sandbox.world.held == {}


async def test_index_and_timestamp_can_have_other_forms(api: Api, receiver: Receiver) -> None:
    api.sandbox.switch(callback_index=1, callback_timestamp="unix-ms")
    give_steps(api, receiver.url, "survey")

    await api.execute(people("ana"))
    await api.sandbox.settled()

    assert receiver.bodies[0]["stepIndex"] == 1
    assert receiver.bodies[0]["timestamp"] == int(api.clock.now * 1000)


@pytest.mark.parametrize(("named", "expected"), [("variant", VARIANT), ("primary", SPLIT)])
async def test_which_sequence_a_callback_names_under_a_test_is_a_switch(
    api: Api, receiver: Receiver, named: str, expected: str
) -> None:
    api.sandbox.switch(callback_sequence=named)
    api.sandbox.world.sequences[SPLIT].split = Split(VARIANT, 100)
    give_steps(api, receiver.url, "survey", sequence=VARIANT)

    await api.execute(people("ana"), SPLIT)
    await api.sandbox.settled()

    assert [body["sequenceId"] for body in receiver.bodies] == [expected]


async def test_the_answer_does_not_wait_for_callbacks(api: Api, receiver: Receiver) -> None:
    receiver.hang.clear()
    give_steps(api, receiver.url, "survey")

    reply = await api.execute(people("ana"))

    assert reply.status == 200
    receiver.hang.set()
    await api.sandbox.settled()
    assert len(receiver.posts) == 1


async def test_a_reset_forgets_the_steps_that_wait(api: Api, receiver: Receiver) -> None:
    give_steps(api, receiver.url, "survey")
    api.sandbox.world.sequences[AFTER_VISIT].steps[0].delay_hours = 1
    await api.execute(people("ana"))

    api.sandbox.reset()
    api.clock.now += 7200
    await api.sandbox.settled()

    assert receiver.posts == []


async def test_a_reset_in_the_middle_of_a_callback_does_not_stop_the_job(
    api: Api, receiver: Receiver
) -> None:
    receiver.hang.clear()
    late = api.sandbox.world.add_sequence(ORGANIZATION, "Added later")
    late.steps = [Step("one", "email", 0, receiver.url), Step("two", "email", 0, receiver.url)]
    await api.execute(people("ana"), late.id)
    api.sandbox.reset()
    receiver.hang.set()
    give_steps(api, receiver.url, "survey")

    await api.execute(people("ben"))
    await api.sandbox.settled()

    assert receiver.bodies[-1]["sequenceId"] == AFTER_VISIT


async def test_steps_removed_on_the_way_release_the_callbacks_held_back(api: Api, receiver: Receiver) -> None:
    api.sandbox.switch(callback_order="reversed")
    give_steps(api, receiver.url, "email", "email")
    api.sandbox.world.sequences[AFTER_VISIT].steps[1].delay_hours = 1
    await api.execute(people("ana"))
    await api.sandbox.settled()
    held = len(receiver.posts)
    api.sandbox.world.sequences[AFTER_VISIT].steps.pop()
    api.clock.now += 3600
    await api.sandbox.settled()

    assert (held, len(receiver.posts)) == (0, 1)


async def test_many_sendings_settle_in_one_go(api: Api, receiver: Receiver) -> None:
    give_steps(api, receiver.url, "survey")
    calls = [people(*(f"guest{part}x{each}" for each in range(20))) for part in range(5)]

    await asyncio.gather(*(api.execute(call) for call in calls))
    await api.sandbox.settled()

    assert len({body["sendingId"] for body in receiver.bodies}) == 100
