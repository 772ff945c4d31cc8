"""The ledger: requests, enrollments, people, and the tail."""

from __future__ import annotations

from aiohttp import web

from relay.desk.enrollments import EnrollmentsQuery, list_enrollments, show_enrollment
from relay.desk.people import PersonQuery, show_person
from relay.desk.problems import Invalid
from relay.desk.requests import RequestsQuery, list_requests, show_request
from relay.desk.suppressions import Suppress, Unsuppress, suppress, unsuppress
from relay.desk.tail import TailQuery, tail
from relay.web.console.filters import chips, narrowing
from relay.web.console.navigation import ROOT
from relay.web.console.page import At, faults_of, go, page, read_into
from relay.web.console.rendering import Crumb, with_query

REQUESTS, ENROLLMENTS, PEOPLE = f"{ROOT}/requests", f"{ROOT}/enrollments", f"{ROOT}/people"
_LONGEST = 320
_STATES = ("waiting", "sending", "delivered", "dead", "withdrawn", "suppressed", "merged", "discarded")


@page("GET", "/requests")
async def requests(at: At) -> web.Response:
    query = at.query(RequestsQuery)
    chosen = narrowing(query)
    found = await list_requests(at.desk, query)
    return at.show(
        "requests.html",
        "requests",
        Crumb("Requests"),
        query=query,
        chosen=chosen,
        chips=chips(REQUESTS, chosen),
        requests=found.items,
        sources=tuple(at.desk.config.sources),
        newest=with_query(REQUESTS, chosen) if query.after else "",
        older=with_query(REQUESTS, chosen | {"after": found.next}) if found.next else "",
    )


@page("GET", "/requests/{request:[0-9]{1,15}}")
async def request(at: At) -> web.Response:
    number = at.number("request")
    story = await show_request(at.desk, number)
    return at.show(
        "request.html", "requests", Crumb("Requests", REQUESTS), Crumb(f"Request {number}"), story=story
    )


@page("GET", "/enrollments")
async def enrollments(at: At) -> web.Response:
    query = at.query(EnrollmentsQuery)
    chosen = narrowing(query)
    found = await list_enrollments(at.desk, query)
    return at.show(
        "enrollments.html",
        "enrollments",
        Crumb("Enrollments"),
        query=query,
        chosen=chosen,
        chips=chips(ENROLLMENTS, chosen),
        enrollments=found.items,
        sources=tuple(at.desk.config.sources),
        states=_STATES,
        newest=with_query(ENROLLMENTS, chosen) if query.after else "",
        older=with_query(ENROLLMENTS, chosen | {"after": found.next}) if found.next else "",
    )


@page("GET", "/enrollments/{number:[0-9]{1,15}}")
async def enrollment(at: At) -> web.Response:
    number = at.number("number")
    story = await show_enrollment(at.desk, number)
    return at.show(
        "enrollment.html",
        "enrollments",
        Crumb("Enrollments", ENROLLMENTS),
        Crumb(f"Enrollment {number}"),
        story=story,
        one=story.enrollment,
        calls={each.batch: each for each in story.calls},
    )


@page("GET", "/people")
async def people(at: At) -> web.Response:
    """A search, and the whole history of who was found."""
    who = at.call.query.get("who", "").strip()
    if not who:
        return at.show("person.html", "people", Crumb("People"), who="", person=None, faults=())
    try:
        person = await show_person(at.desk, at.query(PersonQuery))
    except Invalid as problem:
        faults = faults_of(problem)
        return at.show(
            "person.html", "people", Crumb("People"), status=422, who=who, person=None, faults=faults
        )
    crumbs = (Crumb("People", PEOPLE), Crumb(who))
    return at.show("person.html", "people", *crumbs, who=who, person=person, faults=())


def _page_of(who: str) -> str:
    return with_query(PEOPLE, {"who": who[:_LONGEST]})


@page("POST", "/people/suppress")
async def suppress_person(at: At) -> web.Response:
    who = at.said("who")
    try:
        body = read_into(Suppress, {"values": [who], "reason": [at.said("reason")]}, "body")
        await suppress(at.desk, body)
    except Invalid as problem:
        said = "; ".join(message for _, message in faults_of(problem)) or problem.detail
        return go(_page_of(who), said, "bad")
    return go(_page_of(who), "Nothing more is sent to them, also not what waits already.")


@page("POST", "/people/unsuppress")
async def unsuppress_person(at: At) -> web.Response:
    who = at.said("who")
    await unsuppress(at.desk, read_into(Unsuppress, {"values": [who]}, "body"))
    return go(_page_of(at.said("back") or who), "They may be written to again.")


@page("GET", "/tail")
async def tail_page(at: At) -> web.Response:
    """The newest events, which the script keeps coming."""
    found = await tail(at.desk, TailQuery(limit=50))
    return at.show("tail.html", "tail", Crumb("Tail"), events=tuple(reversed(found.items)))
