"""Repair of one dead letter, and of all that have the same trouble: look first, then do it."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from relay.core.repair import How
from relay.desk.jobs import NewJob, create_job
from relay.desk.letters import Discard, LetterFilterModel, LetterStory, discard_letters, show_letter
from relay.desk.model import one_line
from relay.desk.problems import Conflict, Invalid
from relay.desk.repairs import (
    FieldsModel,
    MarkDelivered,
    PreviewRequest,
    Repair,
    mark_letters_delivered,
    preview_letter,
    send_letter,
)
from relay.web.console.navigation import ROOT
from relay.web.console.page import At, faults_of, go, page, read_into
from relay.web.console.rendering import Crumb

HERE = f"{ROOT}/dead"
_LETTER = "{letter:(?:parked|dead)-[0-9]{1,18}}"
_FIELDS = ("email", "first_name", "last_name", "phone")


def _crumbs(letter: str, what: str) -> tuple[Crumb, ...]:
    return Crumb("Dead letters", HERE), Crumb(letter, f"{HERE}/{letter}"), Crumb(what)


@page("GET", f"/dead/{_LETTER}/retry")
async def offer_retry(at: At) -> web.Response:
    """What would happen, field by field, before anything does."""
    how = How(at.call.query["how"]) if at.call.query.get("how") in set(How) else How.AS_IT_WAS
    found = await preview_letter(at.desk, at.place("letter"), PreviewRequest(how=how))
    return at.show(
        "retry.html", "dead", *_crumbs(found.letter, "Retry"), preview=found, here=f"{HERE}/{found.letter}"
    )


@page("POST", f"/dead/{_LETTER}/retry")
async def retry(at: At) -> web.Response:
    letter = at.place("letter")
    how = How.READ_AGAIN if at.said("how") == How.READ_AGAIN else How.AS_IT_WAS
    try:
        await send_letter(at.desk, letter, Repair(how=how, why="sent again from the console"))
    except Conflict as problem:
        return go(f"{HERE}/{letter}", f"{letter} was not sent: {problem.detail}", "bad")
    return go(HERE, f"{letter} is on its way again.")


@page("GET", f"/dead/{_LETTER}/edit")
async def offer_edit(at: At) -> web.Response:
    story = await show_letter(at.desk, at.place("letter"))
    return _edit(at, story, _as_it_is(story))


def _as_it_is(story: LetterStory) -> dict[str, str]:
    if story.contact is None:
        raise Conflict("an event that could not be read has no contact", "read it again instead")
    return {name: getattr(story.contact, name) or "" for name in _FIELDS}


def _edit(
    at: At,
    story: LetterStory,
    values: dict[str, str],
    faults: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> web.Response:
    return at.show(
        "edit.html",
        "dead",
        *_crumbs(story.letter.id, "Correct"),
        status=status,
        story=story,
        values=values,
        why=at.said("why"),
        faults=faults,
        errors=dict(faults),
        here=f"{HERE}/{story.letter.id}",
    )


@page("POST", f"/dead/{_LETTER}/edit")
async def edit(at: At) -> web.Response:
    """First the preview, then the same again with `sure`."""
    story = await show_letter(at.desk, at.place("letter"))
    values = {name: at.said(name) for name in _FIELDS}
    try:
        why = one_line(at.said("why"))
    except ValueError:
        return _edit(at, story, values, [("why", "Say why: it is kept with the correction")], 422)
    before = _as_it_is(story)
    changed = {name: value for name, value in values.items() if value != before[name]}
    try:
        fields = read_into(FieldsModel, {name: [value] for name, value in changed.items()}, "body")
        if not at.said("sure"):
            found = await preview_letter(at.desk, story.letter.id, PreviewRequest(fields=fields))
            return at.show(
                "edit_preview.html",
                "dead",
                *_crumbs(story.letter.id, "Correct"),
                preview=found,
                values=values,
                why=why,
                here=f"{HERE}/{story.letter.id}",
            )
        await send_letter(at.desk, story.letter.id, Repair(fields=fields, why=why))
    except Invalid as problem:
        return _edit(at, story, values, faults_of(problem), 422)
    except Conflict as problem:
        return go(f"{HERE}/{story.letter.id}", f"It was not sent: {problem.detail}", "bad")
    return go(HERE, f"{story.letter.id} was corrected and is on its way again.")


@page("GET", f"/dead/{_LETTER}/discard")
async def offer_discard(at: At) -> web.Response:
    await show_letter(at.desk, at.place("letter"))
    return _give_up(at, "discard.html")


@page("POST", f"/dead/{_LETTER}/discard")
async def discard(at: At) -> web.Response:
    letter = at.place("letter")
    try:
        body = read_into(Discard, {"letters": [letter], "reason": [at.said("reason")]}, "body")
    except Invalid as problem:
        return _give_up(at, "discard.html", faults_of(problem))
    done = await discard_letters(at.desk, body)
    if done.left:
        return go(HERE, f"{letter}: {done.left[letter]}", "bad")
    return go(HERE, f"{letter} was discarded.")


@page("GET", f"/dead/{_LETTER}/delivered")
async def offer_delivered(at: At) -> web.Response:
    await show_letter(at.desk, at.place("letter"))
    return _give_up(at, "delivered.html")


@page("POST", f"/dead/{_LETTER}/delivered")
async def delivered(at: At) -> web.Response:
    letter = at.place("letter")
    try:
        body = read_into(MarkDelivered, {"letters": [letter], "reason": [at.said("reason")]}, "body")
    except Invalid as problem:
        return _give_up(at, "delivered.html", faults_of(problem))
    done = await mark_letters_delivered(at.desk, body)
    if done.left:
        return go(f"{HERE}/{letter}", f"{letter}: {done.left[letter]}", "bad")
    return go(HERE, f"{letter} is marked as delivered.")


def _give_up(at: At, template: str, faults: Sequence[tuple[str, str]] = ()) -> web.Response:
    letter = at.place("letter")
    return at.show(
        template,
        "dead",
        *_crumbs(letter, "Discard" if template == "discard.html" else "Mark as delivered"),
        status=422 if faults else 200,
        letter=letter,
        reason=at.said("reason"),
        faults=faults,
        errors=dict(faults),
        here=f"{HERE}/{letter}",
    )


@page("POST", "/dead/many")
async def many(at: At) -> web.Response:
    """One repair for those that are ticked, or for all that match: a job, to be looked at first."""
    kinds = {
        "retry": {"kind": "retry"},
        "read_again": {"kind": "retry", "how": How.READ_AGAIN},
        "discard": {"kind": "discard"},
        "mark_delivered": {"kind": "mark_delivered"},
        "correct": {"kind": "correct"},
    }
    what = kinds.get(at.said("what"))
    if what is None:
        return go(HERE, "Choose what to do.", "bad")
    ticked = tuple(at.form.get("letter", ()))
    pairs = {name: at.form[name] for name in LetterFilterModel.model_fields if any(at.form.get(name, ()))}
    whole = None if ticked else read_into(LetterFilterModel, pairs, "filter")
    given = {name: [at.said(f"new_{name}")] for name in _FIELDS if at.said(f"new_{name}")}
    try:
        order = NewJob(
            **what,
            letters=ticked,
            filter=whole,
            fields=read_into(FieldsModel, given, "fields"),
            reason=at.said("reason"),
        )
        job = await create_job(at.desk, order)
    except (Invalid, Conflict) as problem:
        return go(HERE, f"{problem.detail}: {problem.hint}" if problem.hint else problem.detail, "bad")
    return go(f"{ROOT}/jobs/{job.id}")
