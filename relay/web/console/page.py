"""What a page is made with: one call of somebody who is logged in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, ValidationError

from relay.core.access import Role
from relay.desk.desk import Desk
from relay.desk.problems import Invalid
from relay.web.access import Entry
from relay.web.api.calls import is_list, told
from relay.web.console.flashes import giving
from relay.web.console.rendering import Crumb, Flash, Frame, Pages

M = TypeVar("M", bound=BaseModel)

Method = Literal["GET", "POST"]


@dataclass(frozen=True, slots=True)
class At:
    """Who is where: `desk` is theirs, `form` what they sent; `counts` stand beside sections."""

    call: web.Request
    desk: Desk
    entry: Entry
    pages: Pages
    flashes: tuple[Flash, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def may_repair(self) -> bool:
        return self.desk.caller.role.allows(Role.OPERATOR)

    @property
    def may_let_in(self) -> bool:
        return self.desk.caller.role.allows(Role.ADMIN)

    def place(self, name: str) -> str:
        """A part of the path."""
        return self.call.match_info[name]

    def number(self, name: str) -> int:
        """A number in the path, which the route has checked."""
        return int(self.call.match_info[name])

    def query(self, model: type[M]) -> M:
        """What the address asks for; blank fields of a form do not matter. Raises `Invalid`."""
        pairs = {name: [text for text in self.call.query.getall(name) if text] for name in self.call.query}
        return read_into(model, pairs, "query")

    def said(self, name: str, default: str = "") -> str:
        """The value of a field of the form."""
        values = self.form.get(name)
        return values[0].strip() if values else default

    def frame(self, section: str, *crumbs: Crumb) -> Frame:
        return Frame(
            section=section,
            now=self.desk.now(),
            who=self.desk.caller.name,
            role=self.desk.caller.role,
            form_token=self.entry.form_token,
            crumbs=crumbs,
            flashes=self.flashes,
            counts=self.counts,
        )

    def show(
        self, template: str, section: str, *crumbs: Crumb, status: int = 200, **values: Any
    ) -> web.Response:
        """The page itself; `at` is known to every template."""
        return self.pages.respond(template, self.frame(section, *crumbs), status, at=self, **values)


Work = Callable[[At], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page, or what a form of it does."""

    method: Method
    path: str
    work: Work


def page(method: Method, path: str) -> Callable[[Work], Page]:
    """Makes a page of a function; `path` is below the console's root."""
    return lambda work: Page(method, path, work)


def go(url: str, text: str = "", tone: Literal["good", "warn", "bad"] = "good") -> web.Response:
    """To another page, which says what became of it."""
    answer = web.Response(status=303, headers={"location": url, "cache-control": "no-store"})
    if text:
        answer.headers["set-cookie"] = giving(Flash(tone, text))
    return answer


def read_into(model: type[M], pairs: Mapping[str, Sequence[str]], where: str) -> M:
    """Fields of a form or an address as a model takes them. Raises `Invalid`."""
    lists = {name for name, one in model.model_fields.items() if is_list(one.annotation)}
    values = {name: list(given) if name in lists else given[0] for name, given in pairs.items() if given}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Invalid("that is not understood", "", told(where, error)) from None


def faults_of(problem: Invalid) -> list[tuple[str, str]]:
    """What is wrong, by the name of the field."""
    return [(one["where"].rpartition(".")[2], one["message"]) for one in problem.errors]


def path_of(text: str) -> str:
    """A text as a part of an address."""
    return quote(text, safe="")
