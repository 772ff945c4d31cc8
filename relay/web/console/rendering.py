"""Pages from templates: the environment, what stands around every page, and the headers it goes out with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

import orjson
from aiohttp import web
from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

import relay
from relay.core.cross_site import FIELD
from relay.desk.stories import FieldDiff
from relay.web.console import charts, wording
from relay.web.console.navigation import NAVIGATION, ROOT
from relay.web.console.states import look
from relay.web.console.static_files import StaticFiles

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)
SAFE_HEADERS = MappingProxyType(
    {
        "content-security-policy": "; ".join(_POLICY),
        "cache-control": "no-store",
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }
)


class Crumb(NamedTuple):
    """A step of the way to a page; the page itself has no URL."""

    label: str
    url: str | None = None


class Flash(NamedTuple):
    """What became of the last thing the operator did."""

    tone: Literal["good", "warn", "bad"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around a page. `section` is its place in the navigation, `now` in milliseconds.

    `who` is empty where nobody is signed in; `counts` stand beside sections, such as dead letters.
    """

    section: str
    now: int
    who: str = ""
    role: str = ""
    form_token: str = ""
    crumbs: tuple[Crumb, ...] = ()
    flashes: tuple[Flash, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


class Pages:
    """Renders templates. `extra` finds templates that are not the console's own."""

    def __init__(self, static: StaticFiles, extra: BaseLoader | None = None) -> None:
        own = PackageLoader("relay.web.console")
        self._environment = Environment(
            loader=ChoiceLoader([own, *([extra] if extra else [])]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= _FILTERS
        self._environment.globals |= {
            "charts": charts,
            "form_field": FIELD,
            "look": look,
            "navigation": NAVIGATION,
            "root": ROOT,
            "static": static.url,
            "version": relay.__version__,
        }

    def html(self, template: str, frame: Frame, **values: Any) -> str:
        return self._environment.get_template(template).render(frame=frame, **values)

    def respond(self, template: str, frame: Frame, status: int = 200, **values: Any) -> web.Response:
        """A whole answer: the page, and headers that let it load nothing from elsewhere."""
        text = self.html(template, frame, **values)
        return web.Response(text=text, status=status, content_type="text/html", headers=SAFE_HEADERS)


@pass_context
def _ago(context: Context, at: int | datetime) -> Markup:
    """How far away, with the whole moment as its title; the script keeps it true."""
    told = wording.ago(wording.in_milliseconds(at), context["frame"].now)
    return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(
        wording.machine_time(at), wording.clock_time(at), told
    )


def _stamp(at: int | datetime) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(wording.machine_time(at), wording.clock_time(at))


def with_query(path: str, values: Mapping[str, object]) -> str:
    """An address with these parameters; what is None or empty is left out, lists are repeated."""
    told = {name: value for name, value in values.items() if value not in (None, "", ())}
    return f"{path}?{urlencode(told, doseq=True)}" if told else path


def _look_pair(state: str) -> tuple[str, str]:
    """A state as an option of a choice."""
    return state, look(state).label


def _twice(name: str) -> tuple[str, str]:
    return name, name


def _triple(change: FieldDiff) -> tuple[str, str | None, str | None]:
    return change.field.replace("_", " "), change.before, change.after


def _lines(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())


def _told(detail: Mapping[str, object]) -> str:
    """What an entry of the audit log is about, in one line."""
    return "; ".join(f"{name}: {_short(value)}" for name, value in detail.items())


def _short(value: object) -> str:
    if isinstance(value, list) and len(value) > 3:
        return f"{', '.join(map(str, value[:3]))} and {len(value) - 3} more"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _json_text(value: object) -> str:
    return orjson.dumps(value).decode()


_FILTERS: Mapping[str, Any] = {
    "ago": _ago,
    "json_text": _json_text,
    "lines": _lines,
    "look_pair": _look_pair,
    "machine_time": wording.machine_time,
    "number": wording.number,
    "percent": wording.percent,
    "plain": wording.plain,
    "plural": wording.plural,
    "pretty": wording.pretty,
    "size": wording.size,
    "span": wording.span,
    "stamp": _stamp,
    "told": _told,
    "triple": _triple,
    "twice": _twice,
    "visible": wording.visible,
    "with_query": with_query,
}
