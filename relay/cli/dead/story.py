"""`relay dead show`: the whole story of one dead letter."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer
from rich.panel import Panel
from rich.text import Text

from relay.cli.options import ConfigOption, JsonOption, ledger_of, run
from relay.cli.output import Exit, console, fail, plain, print_json, show_time, table
from relay.core.letters import MEANINGS
from relay.store.base import AttemptRecord, Story


def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of a dead letter.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell the whole story of one dead letter: the request, what was read, every attempt."""
    story = run(lambda: _story(config, id_))
    if story is None:
        raise fail(f"there is no dead letter {id_}", Exit.NO, "relay dead list shows them")
    if json:
        print_json(_as_data(story))
    else:
        _tell(story)


async def _story(config: ConfigOption, letter: str) -> Story | None:
    async with ledger_of(config) as store:
        return await store.story(letter)


def _as_data(story: Story) -> dict[str, Any]:
    return asdict(story) | {
        "request": story.request._asdict() | {"headers": orjson.loads(story.request.headers)},
        "event": orjson.loads(story.event) if story.event else None,
        "contact": orjson.loads(story.contact) if story.contact else None,
    }


def _tell(story: Story) -> None:
    letter, request = story.letter, story.request
    facts = [
        ("cause", letter.cause),
        ("meaning", MEANINGS[letter.cause].what),
        ("what to do", MEANINGS[letter.cause].remedy),
        ("reason", letter.reason),
        ("code", letter.code),
        ("where", letter.path),
        ("source", letter.source),
        ("event", " ".join(part for part in (letter.event_type, letter.business_key) if part)),
        ("route", letter.route),
        ("sequence", letter.sequence),
        ("note", story.note),
        ("received", f"{show_time(request.received_at)} UTC, {request.method}, request {letter.request_id}"),
    ]
    console.print(table(letter.id, ("", ""), [(name, value) for name, value in facts if value]))
    for title, content in (
        ("Contact", story.contact),
        ("Event as read", story.event),
        ("Headers", request.headers),
        ("Body as received", request.body),
    ):
        if content:
            console.print(Panel(Text(plain(_pretty(content))), title=title, title_align="left"))
    if story.attempts:
        console.print(
            table("Attempts", ("at (UTC)", "took", "status", "end", "answer"), map(_attempt, story.attempts))
        )


def _attempt(attempt: AttemptRecord) -> tuple[object, ...]:
    answer = (attempt.answer or b"")[:200].decode("utf-8", "replace")
    end = attempt.certainty or "answered"
    return show_time(attempt.started_at), f"{attempt.took} ms", attempt.status, end, attempt.error or answer


def _pretty(content: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(content), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return content.decode("utf-8", "replace")
