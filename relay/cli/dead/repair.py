"""`relay dead retry` and `discard`: send or read again, or take off the list."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import typer
from rich.text import Text

from relay.cli.audit import by_me
from relay.cli.options import ConfigOption, JsonOption, ledger_of, load_config, run
from relay.cli.output import Exit, console, errors, fail, plain, print_json
from relay.config.maps import resolve_maps
from relay.store import Store

_LACKING = frozenset({"held", "unmapped"})
"""Causes of dead letters that lack the destination's id of a location or employee."""

_NONE: Mapping[str, str] = MappingProxyType({})

IdsArgument = Annotated[list[str] | None, typer.Argument(help="Ids of dead letters.", show_default=False)]
AllOption = Annotated[bool, typer.Option("--all", help="All dead letters, up to 1000 at a time.")]


def retry(
    ids: IdsArgument = None, every: AllOption = False, config: ConfigOption = None, json: JsonOption = False
) -> None:
    """Try dead letters again: enrollments are sent, parked events are read with today's connector.

    What lacks a location or employee goes out once the maps of its destination have it.

    Example: [bold]relay dead retry dead-12 parked-3[/]
    """
    done, wanted, lacking = run(lambda: _retry(config, ids or [], every))
    _report("retried", done, wanted, json, lacking)


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
        done = await store.retry_dead(wanted, _now(), maps, by_me("dead.retry", letters=wanted))
        left = [await store.story(letter) for letter in wanted if letter not in done]
    letters = [story.letter for story in left if story is not None]
    return done, wanted, {letter.id: letter.reason for letter in letters if letter.cause in _LACKING}


async def _discard(
    config: ConfigOption, ids: list[str], every: bool, reason: str
) -> tuple[list[str], list[str]]:
    async with ledger_of(config) as store:
        wanted = await _wanted(store, ids, every)
        made = by_me("dead.discard", letters=wanted, reason=reason)
        return await store.discard_dead(wanted, reason, _now(), made), wanted


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
