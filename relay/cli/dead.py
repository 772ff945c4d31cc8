"""`relay dead`: the ledger of dead letters."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Annotated, Any

import orjson
import typer
from rich.panel import Panel
from rich.text import Text

from relay.cli.options import ConfigOption, JsonOption, ledger_of, load_config, run
from relay.cli.output import Exit, console, errors, fail, plain, print_json, show_time, table
from relay.config.maps import resolve_maps
from relay.store import Store
from relay.store.base import AttemptRecord, DeadLetter, Story

app = typer.Typer(
    help="See, retry and discard what could not be read or delivered.",
    no_args_is_help=True,
    epilog="Ids: parked-N is an event that could not be read, dead-N an enrollment that was not delivered.",
)

_LACKING = frozenset({"held", "unmapped"})
"""Causes of dead letters that lack the destination's id of a location or employee."""

_NONE: Mapping[str, str] = MappingProxyType({})

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


@app.command()
def retry(
    ids: IdsArgument = None, every: AllOption = False, config: ConfigOption = None, json: JsonOption = False
) -> None:
    """Try dead letters again: enrollments are sent, parked events are read with today's connector.

    What lacks a location or employee goes out once the maps of its destination have it.

    Example: [bold]relay dead retry dead-12 parked-3[/]
    """
    done, wanted, lacking = run(lambda: _retry(config, ids or [], every))
    _report("retried", done, wanted, json, lacking)


@app.command()
def discard(
    ids: IdsArgument = None,
    reason: Annotated[str, typer.Option(help="Why, kept in the ledger.")] = "discarded by an operator",
    every: AllOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take dead letters off the list for good, with a reason."""
    done, wanted = run(lambda: _discard(config, ids or [], every, reason))
    _report("discarded", done, wanted, json)


async def _retry(
    config: ConfigOption, ids: list[str], every: bool
) -> tuple[list[str], list[str], dict[str, str]]:
    """What was retried, what was wanted, and what still lacks an id, with the reason."""
    maps = resolve_maps(load_config(config))
    async with ledger_of(config) as store:
        wanted = await _wanted(store, ids, every)
        done = await store.retry_dead(wanted, _now(), maps)
        left = [await store.story(letter) for letter in wanted if letter not in done]
    letters = [story.letter for story in left if story is not None]
    return done, wanted, {letter.id: letter.reason for letter in letters if letter.cause in _LACKING}


async def _discard(
    config: ConfigOption, ids: list[str], every: bool, reason: str
) -> tuple[list[str], list[str]]:
    async with ledger_of(config) as store:
        wanted = await _wanted(store, ids, every)
        return await store.discard_dead(wanted, reason, _now()), wanted


async def _wanted(store: Store, ids: list[str], every: bool) -> list[str]:
    return [letter.id for letter in await store.dead_letters(1000)] if every else ids


def _now() -> int:
    return int(time.time() * 1000)


def _report(
    what: str, done: list[str], wanted: list[str], json: bool, lacking: Mapping[str, str] = _NONE
) -> None:
    missed = [letter for letter in wanted if letter not in done and letter not in lacking]
    if json:
        print_json({what: done, "not_found": missed} | ({"lacking": lacking} if lacking else {}))
    else:
        console.print(f"{len(done)} {what}." if done else f"Nothing {what}.")
        if done and what == "retried":
            console.print(
                "A running relay takes them up within a few seconds; one that is stopped, when it starts."
            )
    for letter, reason in lacking.items():
        errors.print(Text(plain(f"{letter} stays: {reason}")))
    if lacking and not missed:
        hint = "add what is missing, or change what becomes of unknown ones, and retry"
        raise fail(f"{len(lacking)} of {len(wanted)} lack a location or employee", Exit.NO, hint)
    if missed:
        raise fail(f"no such dead letters: {', '.join(missed)}", Exit.NO, "relay dead list shows them")
    if not wanted and not json:
        console.print("Name ids, or give --all; [bold]relay dead list[/] shows them.")
