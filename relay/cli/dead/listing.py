"""`relay dead list` and `groups`: what could not be read or delivered, and what it has in common."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from relay.cli.asking import asking
from relay.cli.dead.choosing import (
    BeforeOption,
    CauseOption,
    CodeOption,
    ConnectorOption,
    PersonOption,
    RouteOption,
    SequenceOption,
    SinceOption,
    SourceOption,
    SymptomOption,
    TextOption,
    letter_filter,
)
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import console, data, plain, print_json, show_moment, table
from relay.core.letters import MEANINGS
from relay.desk.letters import (
    GroupModel,
    GroupsQuery,
    LetterFilterModel,
    LetterModel,
    LettersQuery,
    list_letter_groups,
    list_letters,
)
from relay.desk.model import MOST
from relay.store.rows import DeadLetter

_WIDTH = 20


def list_(
    source: SourceOption = None,
    connector: ConnectorOption = None,
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
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many to show, newest first.")] = 50,
    json: JsonOption = False,
) -> None:
    """List dead letters, newest first.

    Example: [bold]relay dead list --cause refused --since 2d[/]
    """
    wanted = letter_filter(
        source, cause, code, sequence, route, symptom, person, text, since, before, connector
    )
    letters = run(lambda: _letters(config, wanted, limit))
    if json:
        print_json(data(letters))
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
    connector: ConnectorOption = None,
    cause: CauseOption = None,
    code: CodeOption = None,
    sequence: SequenceOption = None,
    route: RouteOption = None,
    person: PersonOption = None,
    text: TextOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show, the largest first.")] = 20,
    json: JsonOption = False,
) -> None:
    """Show dead letters by what they have in common, and what can be done.

    Example: [bold]relay dead groups --source square-main[/]
    """
    wanted = letter_filter(source, cause, code, sequence, route, None, person, text, since, before, connector)
    found = run(lambda: _groups(config, wanted, limit))
    if json:
        print_json(data(found))
    elif not found:
        _tell_of_none(wanted)
    else:
        most = max(group.count for group in found)
        columns = ("", "", "cause", "source", "symptom", "last (UTC)")
        console.print(table("Dead letters by symptom", columns, (_group_row(one, most) for one in found)))
        for name in dict.fromkeys(group.cause for group in found):
            meaning = MEANINGS[name]
            console.print(Text.assemble((f"\n{name}: ", "bold"), f"{meaning.what} {meaning.remedy}"))


def _tell_of_none(wanted: LetterFilterModel) -> None:
    if wanted == LetterFilterModel():
        console.print("[green]No dead letters.[/] Everything accepted was read, delivered or is waiting.")
    else:
        console.print("No dead letter is like that. [bold]relay dead list[/] without options shows all.")


def _row(letter: LetterModel) -> tuple[object, ...]:
    return letter.id, show_moment(letter.at), letter.source, letter.cause, letter.email, why(letter)


def _group_row(group: GroupModel, most: int) -> tuple[object, ...]:
    bar = Text("█" * max(1, round(_WIDTH * group.count / most)), style="red")
    return (
        Text(f"{group.count:>6}"),
        bar,
        group.cause,
        group.source,
        group.symptom,
        show_moment(group.last_at),
    )


def why(letter: LetterModel | DeadLetter) -> str:
    """The reason, after the place in the payload where there is one."""
    return plain(letter.reason if letter.path in (None, "$") else f"{letter.path} {letter.reason}")


async def _letters(config: ConfigOption, wanted: LetterFilterModel, limit: int) -> list[LetterModel]:
    """Page by page."""
    found, after = list[LetterModel](), None
    async with asking(config) as ask:
        while len(found) < limit:
            query = LettersQuery(**dict(wanted), after=after, limit=min(MOST, limit - len(found)))
            page = await ask(list_letters, query=query)
            found += page.items
            after = page.next
            if after is None:
                break
    return found


async def _groups(config: ConfigOption, wanted: LetterFilterModel, limit: int) -> tuple[GroupModel, ...]:
    async with asking(config) as ask:
        return (await ask(list_letter_groups, query=GroupsQuery(**dict(wanted), limit=limit))).items
