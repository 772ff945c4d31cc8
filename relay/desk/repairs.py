"""Repair of one dead letter: what it would do, field by field, and doing it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from relay.core.correction import FIELDS, Fields, Incorrect
from relay.core.record import EventRecord
from relay.core.repair import How, Preview
from relay.desk.desk import Desk
from relay.desk.letters import Done, LetterId, Named, done_of
from relay.desk.model import Model, Why
from relay.desk.operation import Conflict, Invalid, NotFound, Role, operation
from relay.desk.stories import ContactModel, FieldDiff, contact


class FieldsModel(Model):
    """New values of a contact: null or a blank text empties a field; one that is left out stays as it is."""

    email: Annotated[str, Field(max_length=320)] | None = None
    first_name: Annotated[str, Field(max_length=200)] | None = None
    last_name: Annotated[str, Field(max_length=200)] | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None

    def given(self) -> Fields:
        return {name: getattr(self, name) for name in FIELDS if name in self.model_fields_set}


class PreviewRequest(Model):
    """What is to be looked at before anything happens."""

    how: How = How.AS_IT_WAS
    """As it was, or read again with today's connector; a parked event is read again in any case."""
    fields: FieldsModel = FieldsModel()


class Repair(PreviewRequest):
    """What is to be done."""

    why: Why = "corrected by hand"
    """Kept with the correction, where anything is changed."""


class ReadEnrollment(Model):
    """An enrollment that a route would make."""

    route: str
    sequence: str
    contact: ContactModel
    suppressed: str | None
    """Why it would not go out."""


class ReadingModel(Model):
    """An event as it would be read now, and whom routes would enrol."""

    position: int
    event_type: str
    fate: str
    reason: str | None
    path: str | None
    kind: str | None
    business_key: str | None
    enrollments: tuple[ReadEnrollment, ...]


class PreviewModel(Model):
    """What a repair would do."""

    letter: str
    how: How
    possible: bool
    why_not: str | None
    fields: tuple[FieldDiff, ...]
    """Of an enrollment: every field of its contact."""
    readings: tuple[ReadingModel, ...]
    """Of an event that could not be read: what it is read as today."""
    warnings: tuple[str, ...]


class MarkDelivered(Named):
    """Which enrollments of unknown outcome were found at the destination, and how that is known."""

    reason: Why


@operation("POST", "/letters/{letter_id}/preview", role=Role.VIEWER, problems=(NotFound,))
async def preview_letter(desk: Desk, letter_id: LetterId, body: PreviewRequest) -> PreviewModel:
    """What sending or reading a dead letter again would do, field by field. Nothing is changed.

    Look-ups at the provider are made where the event needs them.
    """
    try:
        found = await desk.repairing.preview(letter_id, body.how, body.fields.given())
    except Incorrect as error:
        raise _incorrect(error) from None
    return _preview(_there(found, letter_id))


@operation("POST", "/letters/{letter_id}/send", role=Role.OPERATOR, problems=(NotFound, Conflict))
async def send_letter(desk: Desk, letter_id: LetterId, body: Repair) -> PreviewModel:
    """Do what the preview shows: correct the contact, and send or read the letter again.

    The request as received and the event as read stay as they are.
    """
    made = desk.by("dead.retry", letters=[letter_id])
    try:
        found = await desk.repairing.send_again(letter_id, body.how, made, body.fields.given(), body.why)
    except Incorrect as error:
        raise _incorrect(error) from None
    done = _there(found, letter_id)
    if not done.possible:
        raise Conflict(done.why_not or "it is not possible", "look at the preview")
    desk.wake("deliver")
    desk.wake("translate")
    return _preview(done)


@operation("POST", "/letters/mark-delivered", role=Role.OPERATOR)
async def mark_letters_delivered(desk: Desk, body: MarkDelivered) -> Done:
    """Note that enrollments of unknown outcome did arrive, as somebody saw at the destination."""
    made = desk.by("dead.mark_delivered", letters=body.letters, reason=body.reason)
    done = await desk.store.repairs.mark_delivered(body.letters, body.reason, made)
    return await done_of(desk, body.letters, done)


def _there(found: Preview | None, letter: str) -> Preview:
    if found is None:
        raise NotFound(f"there is no dead letter {letter} (any more)", "relay dead list shows them")
    return found


def _incorrect(error: Incorrect) -> Invalid:
    errors = [{"where": f"body.fields.{one.field}", "message": str(one)} for one in error.faults]
    return Invalid("the contact would not be valid", "see errors; nothing was changed", errors)


def _preview(found: Preview) -> PreviewModel:
    return PreviewModel(
        letter=found.letter,
        how=found.how,
        possible=found.possible,
        why_not=found.why_not,
        fields=tuple(FieldDiff(field=one.field, before=one.before, after=one.after) for one in found.fields),
        readings=tuple(_reading(one) for one in found.readings),
        warnings=found.warnings,
    )


def _reading(one: EventRecord) -> ReadingModel:
    return ReadingModel(
        position=one.position,
        event_type=one.event_type,
        fate=one.fate,
        reason=one.reason,
        path=one.path,
        kind=one.kind,
        business_key=one.business_key,
        enrollments=tuple(
            ReadEnrollment(
                route=each.route,
                sequence=each.lane.sequence,
                contact=contact(each.fragment),
                suppressed=each.suppressed,
            )
            for each in one.enrollments
        ),
    )
