"""The console as an aiohttp application: who is there, what they ask for, and never a traceback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from relay.core.cross_site import FIELD
from relay.desk.desk import Desk
from relay.desk.problems import Forbidden, NotFound, Problem, TooMany
from relay.store.base import StoreFault
from relay.telemetry import place_of
from relay.web.access import Entry, Gate, Refusal, Visit
from relay.web.console import login
from relay.web.console.counts import Counts
from relay.web.console.flashes import TAKING, shown
from relay.web.console.navigation import ROOT
from relay.web.console.page import At, Page
from relay.web.console.pages import PAGES
from relay.web.console.rendering import Frame, Pages
from relay.web.console.static_files import StaticFiles, read_static

log = structlog.get_logger()

LARGEST: Final = 256 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_console(desk: Desk, gate: Gate) -> web.Application:
    """An application to be mounted at `ROOT`. Each call gets a desk like this one, of its caller."""
    static = StaticFiles(read_static())
    console = Console(desk, gate, Pages(static))
    app = web.Application(middlewares=[console.tell_problems])
    app.router.add_get("/static/{name}", static.serve)
    app.router.add_get("/login", console.offer_login)
    app.router.add_post("/login", console.log_in)
    app.router.add_post("/logout", console.log_out)
    for one in PAGES:
        app.router.add_route(one.method, one.path, console.handler(one))
    return app


class Console:
    """Lets people in and hands their calls to pages."""

    def __init__(self, desk: Desk, gate: Gate, pages: Pages) -> None:
        self._desk = desk
        self._gate = gate
        self._pages = pages
        self._counts = Counts(desk)

    def _visit(self, call: web.Request) -> Visit:
        return self._gate.visit(call.headers.items(), call.remote, self._desk.now())

    def handler(self, page: Page) -> Handler:
        async def handle(call: web.Request) -> web.StreamResponse:
            visit = self._visit(call)
            entry = await self._gate.session_of(visit)
            if isinstance(entry, Refusal):
                return login.refused(self._pages, entry, visit.at)
            return await self._answer(page, call, visit, entry)

        return handle

    async def _answer(self, page: Page, call: web.Request, visit: Visit, entry: Entry) -> web.StreamResponse:
        said: Mapping[str, Sequence[str]] = await _form(call) if page.method == "POST" else {}
        if page.method == "POST":
            refusal = self._gate.check_form(visit, entry, next(iter(said.get(FIELD, ())), ""))
            if refusal is not None:
                raise Forbidden(refusal.detail, refusal.hint)
        flashes = shown(call.cookies)
        at = At(
            call=call,
            desk=replace(self._desk, caller=entry.caller),
            entry=entry,
            pages=self._pages,
            flashes=flashes,
            counts=await self._counts.get(),
            form=said,
        )
        answer = await page.work(at)
        if flashes and answer.status == 200:
            answer.headers.add("set-cookie", TAKING)
        return answer

    async def offer_login(self, call: web.Request) -> web.Response:
        return login.offered(self._pages, call.query.get("link", ""), self._desk.now())

    async def log_in(self, call: web.Request) -> web.Response:
        visit = self._visit(call)
        form = await _form(call)
        done = await self._gate.log_in(visit, next(iter(form.get("link", ())), ""))
        if isinstance(done, Refusal):
            return login.refused(self._pages, done, visit.at)
        headers = {"location": ROOT, "set-cookie": done[1], "cache-control": "no-store"}
        return web.Response(status=303, headers=headers)

    async def log_out(self, call: web.Request) -> web.Response:
        visit = self._visit(call)
        entry = await self._gate.session_of(visit)
        if isinstance(entry, Refusal):
            return login.refused(self._pages, entry, visit.at)
        form = await _form(call)
        refusal = self._gate.check_form(visit, entry, next(iter(form.get(FIELD, ())), ""))
        if refusal is not None:
            raise Forbidden(refusal.detail, refusal.hint)
        cookie = await self._gate.log_out(visit, entry)
        return login.left(self._pages, cookie, visit.at)

    @property
    def tell_problems(self) -> Middleware:
        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            except Exception as error:  # noqa: BLE001  # a traceback helps nobody who looks, and may hold people
                return self._problem(_problem_of(error, request.path))

        return middleware

    def _problem(self, problem: Problem) -> web.Response:
        frame = Frame(section="", now=self._desk.now())
        answer = self._pages.respond("problem.html", frame, problem.status, problem=problem)
        if isinstance(problem, TooMany):
            answer.headers["retry-after"] = str(problem.retry_after)
        return answer


async def _form(call: web.Request) -> dict[str, list[str]]:
    """The fields of a form; files are none of ours."""
    # The limit of an application that is mounted in another one is not looked at.
    sent = await call.clone(client_max_size=LARGEST).post()
    return {name: [one for one in sent.getall(name) if isinstance(one, str)] for name in sent}


def _problem_of(error: Exception, path: str) -> Problem:
    match error:
        case Problem():
            return error
        case web.HTTPNotFound():
            return NotFound("there is no such page", "the navigation leads to all there are")
        case web.HTTPException():
            return Elsewhere(error.status, error.reason)
        case StoreFault():
            log.error("the ledger cannot be used", fault=str(error))
            return Elsewhere(503, "The ledger cannot be used now; the log of the relay says why.")
    log.error("a page failed", path=path, error=place_of(error))
    return Problem("the relay met a fault of its own", "its log names the place")


class Elsewhere(Problem):
    """What the library refused."""

    title = "That did not work"

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
