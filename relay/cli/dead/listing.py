"""`relay dead list` and `groups`: what could not be read or delivered, and what it has in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from relay.cli.dead.choosing import (
    BeforeOption,
    CauseOption,
    CodeOption,
    PersonOption,
    RouteOption,
    SequenceOption,
    SinceOption,
    SourceOption,
    SymptomOption,
    TextOption,
    letter_filter,
)
from relay.cli.options import ConfigOption, JsonOption, ledger_of, run
from relay.cli.output import console, plain, print_json, show_time, table
from relay.core.letters import EVERY_LETTER, MEANINGS, LetterFilter
from relay.store.base import DeadLetter, LetterGroup

_WIDTH = 20


def list_(
    source: SourceOption = None,
    cause: CauseOption = None,
    code: CodeOption = None,
    sequence: SequenceOption = None,
    route: RouteOption = None,
    symptom: SymptomOption = None,
    person: PersonOption = None,
    text: TextOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show, newest first.")] = 50,
    json: JsonOption = False,
) -> None:
    """List dead letters, newest first.

    Example: [bold]relay dead list --cause refused --since 2d[/]
    """
    wanted = letter_filter(source, cause, code, sequence, route, symptom, person, text, since, before)
    letters = run(lambda: _letters(config, wanted, limit))
    if json:
        print_json([asdict(letter) for letter in letters])
    elif not letters:
        _tell_of_none(wanted)
    else:
        columns = ("id", "since (UTC)", "source", "cause", "who", "reason")
        console.print(table("Dead letters", columns, map(_row, letters)))
        console.print(
            "\n[bold]relay dead show ID[/] tells the whole story, [bold]relay dead retry ID[/] tries again, "
            "[bold]relay dead groups[/] shows what they have in common."
        )


def groups(
    source: SourceOption = None,
    cause: CauseOption = None,
    code: CodeOption = None,
    sequence: SequenceOption = None,
    route: RouteOption = None,
    person: PersonOption = None,
    text: TextOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show, the largest first.")] = 20,
    json: JsonOption = False,
) -> None:
    """Show dead letters by what they have in common, and what can be done.

    Example: [bold]relay dead groups --source square-main[/]
    """
    wanted = letter_filter(source, cause, code, sequence, route, None, person, text, since, before)
    found = run(lambda: _groups(config, wanted, limit))
    if json:
        print_json([asdict(group) | asdict(MEANINGS[group.cause]) for group in found])
    elif not found:
        _tell_of_none(wanted)
    else:
        most = max(group.count for group in found)
        columns = ("", "", "cause", "source", "symptom", "last (UTC)")
        console.print(table("Dead letters by symptom", columns, (_group_row(one, most) for one in found)))
        for name in dict.fromkeys(group.cause for group in found):
            meaning = MEANINGS[name]
            console.print(Text.assemble((f"\n{name}: ", "bold"), f"{meaning.what} {meaning.remedy}"))


def _tell_of_none(wanted: LetterFilter) -> None:
    if wanted == EVERY_LETTER:
        console.print("[green]No dead letters.[/] Everything accepted was read, delivered or is waiting.")
    else:
        console.print("No dead letter is like that. [bold]relay dead list[/] without options shows all.")


def _row(letter: DeadLetter) -> tuple[object, ...]:
    return letter.id, show_time(letter.at), letter.source, letter.cause, letter.email, why(letter)


def _group_row(group: LetterGroup, most: int) -> tuple[object, ...]:
    bar = Text("█" * max(1, round(_WIDTH * group.count / most)), style="red")
    return Text(f"{group.count:>6}"), bar, group.cause, group.source, group.symptom, show_time(group.last_at)


def why(letter: DeadLetter) -> str:
    """The reason, after the place in the payload where there is one."""
    return plain(letter.reason if letter.path in (None, "$") else f"{letter.path} {letter.reason}")


async def _letters(config: ConfigOption, wanted: LetterFilter, limit: int) -> Sequence[DeadLetter]:
    async with ledger_of(config) as store:
        return await store.dead_letters(limit, wanted)


async def _groups(config: ConfigOption, wanted: LetterFilter, limit: int) -> Sequence[LetterGroup]:
    async with ledger_of(config) as store:
        return await store.letter_groups(wanted, limit)
