"""`relay requests` and `tail`: what came in, and what was read in it."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from relay.cli.asking import asking
from relay.cli.dead.choosing import BeforeOption, SinceOption, SourceOption, moment_before
from relay.cli.enrollments import show_enrollments
from relay.cli.lists import COLOURS, AfterOption, LimitOption, query_of, show_list, state_cell
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, console, data, fail, plain, print_json, show_moment, table
from relay.cli.telling import NOT_KEPT, show_received
from relay.desk.model import MOST
from relay.desk.requests import (
    EventModel,
    RequestsPage,
    RequestsQuery,
    RequestStory,
    list_requests,
    show_request,
)
from relay.desk.tail import TailQuery, tail

app = typer.Typer(help="See every verified webhook, as it was received.", no_args_is_help=True)

_WAIT = 20.0


@app.command("list")
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
    query = query_of(
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
    show_list("Requests", ("id", "received (UTC)", "source", "state", "events", "bytes"), rows, page.next)


async def _requests(config: ConfigOption, query: RequestsQuery) -> RequestsPage:
    async with asking(config) as ask:
        return await ask(list_requests, query=query)


@app.command("show")
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
        show_enrollments("Enrolled by it", each.enrollments)
    show_received(story.received)


async def _request(config: ConfigOption, number: int) -> RequestStory:
    async with asking(config) as ask:
        return await ask(show_request, request=number)


@app.command()
def body(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help="Id of a request.")],
    config: ConfigOption = None,
) -> None:
    """Print the body of a request as it was received, for another program to read.

    Example: [bold]relay requests body 12 > body.json[/]
    """
    story = run(lambda: _request(config, number))
    if not story.received.kept:
        raise fail(f"request {number}: {NOT_KEPT}", Exit.NO)
    sys.stdout.write(story.received.body)
    sys.stdout.flush()


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
        (one.fate, COLOURS.get(one.fate, "")),
        f" {plain(told)}",
        f", {one.enrollments} enrolled" if one.enrollments else "",
        f": {plain(where + one.reason)}" if one.reason else "",
    )
    console.print(line, soft_wrap=True)


def _clock(at: datetime) -> str:
    return show_moment(at)[11:]
