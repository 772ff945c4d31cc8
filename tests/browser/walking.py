"""A walk through the console by its own links: every page once, and a few of each kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from relay.web.console.navigation import ROOT
from relay.web.console.pages import PAGES
from tests.browser.browsing import Visitor

KINDS = tuple(one.path for one in PAGES if one.method == "GET")


def kind_of(path: str) -> str | None:
    """Which page of `PAGES` a path leads to."""
    return next((kind for kind in KINDS if re.fullmatch(ROOT + _pattern(kind), path)), None)


def _pattern(kind: str) -> str:
    """`{name}` and `{name:pattern}`, as the router understands them."""
    named = re.sub(r"\{\w+\}", "[^/]+", kind)
    return re.sub(r"\{\w+:((?:[^{}]|\{[^{}]*\})+)\}", r"(?:\1)", named)


async def pages_of(visitor: Visitor, most: int = 1) -> AsyncIterator[str]:
    """Opens `most` pages of each kind that links lead to, and gives the kind of each while it is open."""
    ahead, known, seen = [ROOT], {ROOT}, Counter[str]()
    while ahead:
        path = ahead.pop(0)
        kind = kind_of(urlsplit(path).path)
        assert kind is not None, f"a link leads to {path}, which is no page"
        if seen[kind] >= most:
            continue
        seen[kind] += 1
        answer = await visitor.go(path)
        assert answer.status == 200, path
        links = await visitor.page.eval_on_selector_all("a[href]", _LINKS)
        ahead += [link for link in links if link not in known and link.startswith(ROOT)]
        known |= set(links)
        yield kind


_LINKS = """all => all.map(link => new URL(link.href))
    .filter(url => url.host === location.host)
    .map(url => url.pathname + url.search)"""
