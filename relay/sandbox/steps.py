"""Running the steps of sendings, and the callbacks that completed steps make.

Sources: https://demeterrr.app/help/sequences/sequence-webhooks,
https://demeterrr.app/help/sequences/step-types,
https://demeterrr.app/help/sequences/sequence-troubleshooting
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from relay.sandbox.api_webhooks import queue_event
from relay.sandbox.outgoing import Post, Thread
from relay.sandbox.times import iso

if TYPE_CHECKING:
    from relay.sandbox.records import Sending, Sequence, Step
    from relay.sandbox.schedule import Due
    from relay.sandbox.switches import Switches
    from relay.sandbox.world import World


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step of one sequence, at one time."""

    world: World
    switches: Switches
    sequence: Sequence
    index: int
    now: float

    @property
    def step(self) -> Step:
        """The step itself."""
        return self.sequence.steps[self.index]

    @property
    def last(self) -> bool:
        """Whether the sequence ends with it."""
        return self.index + 1 >= len(self.sequence.steps)


def run_step(world: World, switches: Switches, due: Due, now: float) -> list[Thread]:
    """Complete or skip one step for each sending; the callbacks that follow from it."""
    sequence = world.sequences[due.sendings[0].runs_id]
    run = StepRun(world, switches, sequence, due.index, now)
    threads = [_released(run, sending, _complete(run, sending)) for sending in due.sendings]
    return [thread for thread in threads if thread]


def plan_next(world: World, switches: Switches, due: Due, now: float) -> None:
    """Put the step after this one on the agenda, or announce that the sequence is through."""
    steps = world.sequences[due.sendings[0].runs_id].steps
    index = due.index + 1
    if index < len(steps):
        delay = steps[index].delay_hours * switches.hour_seconds
        world.agenda.add(now + delay, index, due.sendings)
        return
    for sending in due.sendings:
        data = {"sequenceId": sending.runs_id, "contactId": sending.contact_id}
        queue_event(world, switches, now, "sequence.completed", data)


def _complete(run: StepRun, sending: Sending) -> list[Post]:
    # The sequence may have lost steps since the sending was made.
    if run.index >= len(run.sequence.steps):
        return []
    if not _may_run(run, sending):
        sending.steps_skipped += 1
        return []
    sending.steps_done += 1
    if run.step.url is None:
        return []
    post = Post(run.step.url, _callback(run, sending), run.switches.callback_timeout_seconds)
    return [post] * run.switches.callback_copies


def _callback(run: StepRun, sending: Sending) -> bytes:
    """The nine documented fields."""
    switches = run.switches
    drawn = switches.callback_sequence == "variant"
    return orjson.dumps(
        {
            "event": "step.completed",
            "sequenceId": sending.runs_id if drawn else sending.sequence_id,
            "sequenceStepId": run.step.id,
            "stepIndex": run.index + switches.callback_index,
            "stepType": run.step.type,
            "contactId": sending.contact_id,
            "organizationId": run.sequence.organization_id,
            "sendingId": run.world.sending_id(sending),
            "timestamp": _timestamp(run),
        }
    )


def _timestamp(run: StepRun) -> str | int:
    return iso(run.now) if run.switches.callback_timestamp == "iso" else int(run.now * 1000)


def _may_run(run: StepRun, sending: Sending) -> bool:
    """Not to the unsubscribed, no SMS without a phone, nothing while the sequence is paused."""
    contact = run.world.contacts.get(sending.contact_id)
    if contact is None or contact.unsubscribed or run.sequence.status != "active":
        return False
    return run.step.type != "sms" or bool(contact.phone)


def _released(run: StepRun, sending: Sending, posts: list[Post]) -> Thread:
    """What goes out now: with the order reversed, nothing until the last step."""
    if run.switches.callback_order == "steps":
        return posts
    held = [*run.world.held.pop(sending.number, ()), *posts]
    if run.last:
        return held[::-1]
    run.world.held[sending.number] = held
    return []
