"""`relay enrollments` and `person`: who was enrolled because of what."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer
from rich.text import Text

from relay.cli.asking import asking
from relay.cli.dead.choosing import (
    BeforeOption,
    RouteOption,
    SequenceOption,
    SinceOption,
    SourceOption,
    moment_before,
)
from relay.cli.lists import AfterOption, LimitOption, query_of, show_list, state_cell
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, console, data, fail, plain, print_json, show_moment, table
from relay.cli.telling import panel, show_attempts, show_corrections, show_received
from relay.desk.enrollments import (
    EnrollmentModel,
    EnrollmentsPage,
    EnrollmentsQuery,
    EnrollmentStory,
    list_enrollments,
    show_enrollment,
)
from relay.desk.model import MOST
from relay.desk.people import Person, PersonQuery, show_person

app = typer.Typer(help="See who was enrolled because of what.", no_args_is_help=True)


@app.command("list")
def list_enrollments_(
    state: Annotated[
        list[str] | None, typer.Option(help="Only in this state; may be repeated.", show_default=False)
    ] = None,
    source: SourceOption = None,
    route: RouteOption = None,
    sequence: SequenceOption = None,
    email: Annotated[str | None, typer.Option(help="Only of this whole address.", show_default=False)] = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    after: AfterOption = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List enrollments, newest first.

    Example: [bold]relay enrollments list --state waiting[/]
    """
    query = query_of(
        EnrollmentsQuery,
        state=state,
        source=source,
        route=route,
        sequence=sequence,
        email=email,
        since=moment_before(since),
        until=moment_before(before),
        after=after,
        limit=limit,
    )
    page = run(lambda: _enrollments(config, query))
    if json:
        print_json({"items": data(page.items), "next": page.next})
        return
    show_list("Enrollments", _COLUMNS, map(_row, page.items), page.next)


async def _enrollments(config: ConfigOption, query: EnrollmentsQuery) -> EnrollmentsPage:
    async with asking(config) as ask:
        return await ask(list_enrollments, query=query)


@app.command("show")
def show_enrollment_(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help="Id of an enrollment.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show one enrollment with its whole way, from the webhook to the last answer of the destination."""
    story = run(lambda: _enrollment(config, number))
    if json:
        print_json(story.model_dump(mode="json"))
        return
    one = story.enrollment
    facts = [
        ("who", one.email),
        ("state", one.state),
        ("why", one.reason),
        ("dead letter", story.letter),
        ("because of", f"{one.kind or 'an event'} of {one.source} {one.business_key or ''}".strip()),
        ("route", one.route),
        ("sequence", f"{one.sequence} of {one.destination}"),
        ("due", f"{show_moment(one.due_at)} UTC" if one.state == "waiting" else None),
        ("note", one.note),
        ("there", one.contact_id),
        ("request", str(one.request)),
    ]
    told = [(name, value) for name, value in facts if value]
    console.print(table(f"Enrollment {one.id}", ("", ""), told))
    panel("Contact", story.contact.model_dump_json(exclude_none=True))
    if story.event is not None:
        panel("Event as read", orjson.dumps(story.event).decode())
    show_received(story.request)
    show_corrections(story.corrections)
    show_attempts(story.attempts)


async def _enrollment(config: ConfigOption, number: int) -> EnrollmentStory:
    async with asking(config) as ask:
        return await ask(show_enrollment, number=number)


def person(
    who: Annotated[str, typer.Argument(help="E-mail address, or phone number or its last digits.")],
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many enrollments.")] = 100,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell everything that the ledger knows of one person.

    Example: [bold]relay person ana@example.com[/]
    """
    query = query_of(PersonQuery, who=who, limit=limit)
    found = run(lambda: _person(config, query))
    if json:
        print_json(found.model_dump(mode="json"))
        return
    for one in found.suppressions:
        why = f": {one.reason}" if one.reason else ""
        console.print(Text(plain(f"{one.value} must not be written to{why} ({one.who})"), style="yellow"))
    if found.letters:
        rows = [(one.id, show_moment(one.at), one.cause, one.reason) for one in found.letters]
        console.print(table("Dead letters", ("id", "since (UTC)", "cause", "reason"), rows))
    show_enrollments("Enrollments, newest first", found.enrollments)
    if found.more:
        console.print("There are more: [bold]--limit[/], or relay enrollments list --email.")
    if not (found.enrollments or found.letters or found.suppressions):
        lately = f" since {show_moment(found.searched_since)} UTC" if found.searched_since else ""
        raise fail(
            f"nobody like that is known{lately}", Exit.NO, "an e-mail address is looked for as a whole"
        )


async def _person(config: ConfigOption, query: PersonQuery) -> Person:
    async with asking(config) as ask:
        return await ask(show_person, query=query)


_COLUMNS = ("id", "who", "because of", "route", "state", "why", "when (UTC)")


def _row(one: EnrollmentModel) -> tuple[object, ...]:
    when = one.settled_at or one.due_at
    about = f"{one.kind or ''} {one.source}".strip()
    return one.id, one.email, about, one.route, state_cell(one.state), one.reason, show_moment(when)


def show_enrollments(title: str, those: tuple[EnrollmentModel, ...]) -> None:
    if those:
        console.print(table(title, _COLUMNS, map(_row, those)))
