"""`relay dead show`: the whole story of one dead letter."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from relay.cli.asking import asking
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import console, print_json, show_moment, table
from relay.cli.telling import panel, show_attempts, show_corrections, show_received
from relay.desk.letters import LetterStory, show_letter

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a dead letter.")]


def show(id_: IdArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Tell the whole story of one dead letter: the request, what was read, every attempt.

    Example: [bold]relay dead show dead-12[/]
    """
    story = run(lambda: _story(config, id_))
    if json:
        print_json(story.model_dump(mode="json"))
    else:
        _tell(story)


async def _story(config: ConfigOption, letter: str) -> LetterStory:
    async with asking(config) as ask:
        return await ask(show_letter, letter_id=letter)


def _tell(story: LetterStory) -> None:
    letter, request = story.letter, story.request
    facts = [
        ("cause", letter.cause),
        ("meaning", story.meaning),
        ("what to do", story.remedy),
        ("reason", letter.reason),
        ("code", letter.code),
        ("where", letter.path),
        ("source", letter.source),
        ("event", " ".join(part for part in (letter.event_type, letter.business_key) if part)),
        ("route", letter.route),
        ("sequence", letter.sequence),
        ("note", story.note),
        ("received", f"{show_moment(request.received_at)} UTC, {request.method}, request {letter.request}"),
    ]
    console.print(table(letter.id, ("", ""), [(name, value) for name, value in facts if value]))
    if story.contact:
        panel("Contact", story.contact.model_dump_json(exclude_none=True))
    if story.event is not None:
        panel("Event as read", orjson.dumps(story.event).decode())
    show_received(request)
    show_corrections(story.corrections)
    show_attempts(story.attempts)
