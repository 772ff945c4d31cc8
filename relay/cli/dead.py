"""`relay dead`: the ledger of dead letters."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer
from rich.panel import Panel
from rich.text import Text

from relay.cli.options import ConfigOption, JsonOption, ledger_of, run
from relay.cli.output import Exit, console, fail, plain, print_json, show_time, table
from relay.store.base import AttemptRecord, DeadLetter, Story

app = typer.Typer(
    help="See, retry and discard what could not be read or delivered.",
    no_args_is_help=True,
    epilog="Ids: parked-N is an event that could not be read, dead-N an enrollment that was not delivered.",
)

IdsArgument = Annotated[list[str] | None, typer.Argument(help="Ids of dead letters.", show_default=False)]
AllOption = Annotated[bool, typer.Option("--all", help="All dead letters, up to 1000 at a time.")]


@app.command("list")
def list_(
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show, newest first.")] = 50,
    json: JsonOption = False,
) -> None:
    """List dead letters, newest first."""
    letters = run(lambda: _list(config, limit))
    if json:
        print_json([asdict(letter) for letter in letters])
    elif not letters:
        console.print("[green]No dead letters.[/] Everything accepted was read, delivered or is waiting.")
    else:
        console.print(
            table("Dead letters", ("id", "since (UTC)", "source", "cause", "who", "reason"), _rows(letters))
        )
        console.print(
            "\n[bold]relay dead show ID[/] tells the whole story, [bold]relay dead retry ID[/] tries again."
        )


def _rows(letters: list[DeadLetter]) -> list[tuple[object, ...]]:
    return [
        (letter.id, show_time(letter.at), letter.source, letter.cause, letter.email, why(letter))
        for letter in letters
    ]


def why(letter: DeadLetter) -> str:
    """The reason, after the place in the payload where there is one."""
    return letter.reason if letter.path in (None, "$") else f"{letter.path} {letter.reason}"


async def _list(config: ConfigOption, limit: int) -> list[DeadLetter]:
    async with ledger_of(config) as store:
        return await store.dead_letters(limit)


@app.command()
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
        ("reason", letter.reason),
        ("where", letter.path),
        ("source", letter.source),
        ("event", " ".join(part for part in (letter.event_type, letter.business_key) if part)),
        ("route", letter.route),
        ("sequence", letter.sequence),
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


@app.command()
def retry(
    ids: IdsArgument = None, every: AllOption = False, config: ConfigOption = None, json: JsonOption = False
) -> None:
    """Try dead letters again: enrollments are sent, parked events are read with today's connector.

    Example: [bold]relay dead retry dead-12 parked-3[/]
    """
    done, wanted = run(lambda: _change(config, ids or [], every, None))
    _report("retried", done, wanted, json)


@app.command()
def discard(
    ids: IdsArgument = None,
    reason: Annotated[str, typer.Option(help="Why, kept in the ledger.")] = "discarded by an operator",
    every: AllOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take dead letters off the list for good, with a reason."""
    done, wanted = run(lambda: _change(config, ids or [], every, reason))
    _report("discarded", done, wanted, json)


async def _change(
    config: ConfigOption, ids: list[str], every: bool, discard_for: str | None
) -> tuple[list[str], list[str]]:
    async with ledger_of(config) as store:
        wanted = [letter.id for letter in await store.dead_letters(1000)] if every else ids
        now = int(time.time() * 1000)
        if discard_for is None:
            return await store.retry_dead(wanted, now), wanted
        return await store.discard_dead(wanted, discard_for, now), wanted


def _report(what: str, done: list[str], wanted: list[str], json: bool) -> None:
    missed = [letter for letter in wanted if letter not in done]
    if json:
        print_json({what: done, "not_found": missed})
    else:
        console.print(f"{len(done)} {what}." if done else f"Nothing {what}.")
        if done and what == "retried":
            console.print(
                "A running relay takes them up within a few seconds; one that is stopped, when it starts."
            )
    if missed:
        raise fail(f"no such dead letters: {', '.join(missed)}", Exit.NO, "relay dead list shows them")
    if not wanted and not json:
        console.print("Name ids, or give --all; [bold]relay dead list[/] shows them.")
