"""`relay requests`, `enrollments`, `person` and `tail`: what came in, and what became of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import orjson
import typer
from pydantic import BaseModel, ValidationError
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
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, cell, console, data, fail, plain, print_json, show_moment, table
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
from relay.desk.requests import (
    EventModel,
    RequestsPage,
    RequestsQuery,
    RequestStory,
    list_requests,
    show_request,
)
from relay.desk.tail import TailQuery, tail

requests = typer.Typer(help="See every verified webhook, as it was received.", no_args_is_help=True)
enrollments = typer.Typer(help="See who was enrolled because of what.", no_args_is_help=True)

_COLOURS = {
    "delivered": "green",
    "read": "green",
    "translated": "green",
    "waiting": "yellow",
    "sending": "yellow",
    "dead": "red",
    "parked": "red",
}
_WAIT = 20.0

AfterOption = Annotated[
    str | None,
    typer.Option("--after", metavar="CURSOR", help="Go on where a list ended.", show_default=False),
]
LimitOption = Annotated[int, typer.Option(min=1, max=MOST, help="How many to show, newest first.")]


def state_cell(state: str) -> Text:
    return cell(state, _COLOURS.get(state, ""))


@requests.command("list")
def list_requests_(
    source: SourceOption = None,
    state: Annotated[
        str | None, typer.Option(help="Only in this state: waiting or translated.", show_default=False)
    ] = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    after: AfterOption = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List requests, newest first.

    Example: [bold]relay requests list --source shop --since 2h[/]
    """
    query = _query(
        RequestsQuery,
        source=source,
        state=[state] if state else None,
        since=moment_before(since),
        until=moment_before(before),
        after=after,
        limit=limit,
    )
    page = run(lambda: _requests(config, query))
    if json:
        print_json({"items": data(page.items), "next": page.next})
        return
    rows = [
        (
            one.id,
            show_moment(one.received_at),
            one.source,
            state_cell(one.state),
            ", ".join(f"{count} {fate}" for fate, count in one.fates.items()),
            one.size,
        )
        for one in page.items
    ]
    _list("Requests", ("id", "received (UTC)", "source", "state", "events", "bytes"), rows, page.next)


async def _requests(config: ConfigOption, query: RequestsQuery) -> RequestsPage:
    async with asking(config) as ask:
        return await ask(list_requests, query=query)


@requests.command("show")
def show_request_(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help="Id of a request.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show one request as received, what was read, and whom it enrolled."""
    story = run(lambda: _request(config, number))
    if json:
        print_json(story.model_dump(mode="json"))
        return
    one = story.request
    facts = [
        ("source", one.source),
        ("received", f"{show_moment(one.received_at)} UTC, {one.method}{story.received.query}"),
        ("state", one.state),
    ]
    console.print(table(f"Request {one.id}", ("", ""), facts))
    for each in story.events:
        event = each.event
        where = f"{event.path} " if event.path not in (None, "$") else ""
        rows = [
            ("fate", state_cell(event.fate)),
            ("why", f"{where}{event.reason}" if event.reason else None),
            ("kind", event.kind),
            ("business key", event.business_key),
            ("letter", f"parked-{event.id}" if event.fate == "parked" else None),
        ]
        told = [(name, value) for name, value in rows if value]
        console.print(table(event.event_type or "the request as a whole", ("", ""), told))
        _show_enrollments("Enrolled by it", each.enrollments)
    show_received(story.received)


async def _request(config: ConfigOption, number: int) -> RequestStory:
    async with asking(config) as ask:
        return await ask(show_request, request=number)


@requests.command()
def body(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help="Id of a request.")],
    config: ConfigOption = None,
) -> None:
    """Print the body of a request as it was received, for another program to read.

    Example: [bold]relay requests body 12 > body.json[/]
    """
    story = run(lambda: _request(config, number))
    sys.stdout.write(story.received.body)
    sys.stdout.flush()


@enrollments.command("list")
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
    query = _query(
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
    _list("Enrollments", _COLUMNS, map(_row, page.items), page.next)


async def _enrollments(config: ConfigOption, query: EnrollmentsQuery) -> EnrollmentsPage:
    async with asking(config) as ask:
        return await ask(list_enrollments, query=query)


@enrollments.command("show")
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
    query = _query(PersonQuery, who=who, limit=limit)
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
    _show_enrollments("Enrollments, newest first", found.enrollments)
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


def tail_(
    source: SourceOption = None,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, max=MOST, help="How many to begin with.")
    ] = 10,
    follow: Annotated[bool, typer.Option(help="Go on with what comes.")] = True,
    config: ConfigOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON document on each line.")] = False,
) -> None:
    """Show events as they are read, until Ctrl-C.

    Example: [bold]relay tail --source shop[/]
    """
    try:
        run(lambda: _tail(config, source or [], lines, follow=follow, json=json))
    except KeyboardInterrupt:
        raise typer.Exit(Exit.OK) from None


async def _tail(config: ConfigOption, sources: list[str], lines: int, *, follow: bool, json: bool) -> None:
    async with asking(config) as ask:
        page = await ask(tail, query=TailQuery(limit=max(1, lines)))
        items = page.items if lines else ()
        while True:
            for one in items:
                if not sources or one.source in sources:
                    _tell(one, json=json)
            if not follow:
                return
            page = await ask(tail, query=TailQuery(after=page.next, wait=_WAIT))
            items = page.items


def _tell(one: EventModel, *, json: bool) -> None:
    if json:
        sys.stdout.write(one.model_dump_json() + "\n")
        sys.stdout.flush()
        return
    where = f"{one.path} " if one.path not in (None, "$") else ""
    told = " ".join(filter(None, (one.event_type or "request", one.business_key)))
    line = Text.assemble(
        (_clock(one.created_at), "dim"),
        f" {plain(one.source)} ",
        (one.fate, _COLOURS.get(one.fate, "")),
        f" {plain(told)}",
        f", {one.enrollments} enrolled" if one.enrollments else "",
        f": {plain(where + one.reason)}" if one.reason else "",
    )
    console.print(line, soft_wrap=True)


def _clock(at: datetime) -> str:
    return show_moment(at)[11:]


M = TypeVar("M", bound=BaseModel)


def _query(model: type[M], **given: object) -> M:
    """What the options say. Exits where one is no such thing."""
    try:
        return model.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise fail(f"{first['loc'][0]}: {first['msg']}", Exit.USAGE) from None


def _list(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], following: str | None
) -> None:
    shown = list(rows)
    if shown:
        console.print(table(title, columns, shown))
    elif following is None:
        console.print("None is like that.")
    else:
        console.print("None of those that were looked at is like that; older ones may be.")
    if following is not None:
        console.print(f"\nOlder ones: [bold]--after {following}[/]")


_COLUMNS = ("id", "who", "because of", "route", "state", "why", "when (UTC)")


def _row(one: EnrollmentModel) -> tuple[object, ...]:
    when = one.settled_at or one.due_at
    about = f"{one.kind or ''} {one.source}".strip()
    return one.id, one.email, about, one.route, state_cell(one.state), one.reason, show_moment(when)


def _show_enrollments(title: str, those: tuple[EnrollmentModel, ...]) -> None:
    if those:
        console.print(table(title, _COLUMNS, map(_row, those)))
