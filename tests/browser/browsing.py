"""A visitor: one page in a fresh profile of a real browser, and what must never happen on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response, Route

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = (
    "there is no Chromium: `make test` installs it where it runs as root on Debian; elsewhere install it, "
    "or name one in the variable CHROMIUM"
)
# Chromium would look up its maker's hosts at every start, and small containers have little shared memory.
QUIETLY = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE = 15_000
"""How long a page may take to show what is expected, in milliseconds: test machines are slow at times."""


def chromium() -> str | None:
    """The path of the browser that is installed."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


@dataclass
class Visitor:
    """`expected` are parts of console messages that a test provokes, such as of a page that is not there."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    async def go(self, path: str) -> Response:
        answer = await self.page.goto(self.url + path)
        assert answer is not None
        return answer

    def check(self) -> None:
        """Fails where the page had an error or asked another host for anything."""
        assert [one for one in self.faults if not any(part in one for part in self.expected)] == []

    async def flaws(self, within: str | None = None, rule: str | None = None) -> list[str]:
        """What axe-core finds wrong for people who see, hear or move otherwise; by one rule, or by all."""
        await self.page.evaluate(AXE)
        only = {"runOnly": {"type": "rule", "values": [rule]}} if rule else {}
        run = "([where, options]) => axe.run(where ?? document, options)"
        found = await self.page.evaluate(run, [within, {"resultTypes": ["violations"]} | only])
        return [line for violation in found["violations"] for line in _told(violation)]

    async def hangs_over(self) -> int:
        """How many pixels the page is wider than its window."""
        root = "document.documentElement"
        return int(await self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))


AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def _told(violation: dict[str, Any]) -> Iterator[str]:
    for node in violation["nodes"]:
        yield f"{violation['id']}: {node['html'][:200]}: {node['failureSummary']}"


@asynccontextmanager
async def visiting(browser: Browser, url: str, **options: Any) -> AsyncIterator[Visitor]:
    """A visitor of the server at `url`; `options` as of a browser context. Ends with the check."""
    context = await browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    visitor = Visitor(page, url)
    _watch(visitor)
    await context.route(lambda asked: not _ours(asked, url), _refuse)
    try:
        yield visitor
    finally:
        await context.close()
    visitor.check()


def _watch(visitor: Visitor) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visitor.faults.append(f"{message.type}: {message.text} at {message.location.get('url')}")

    def on_request(request: Request) -> None:
        if not _ours(request.url, visitor.url):
            visitor.faults.append(f"asked another host: {request.url}")

    visitor.page.on("console", on_console)
    visitor.page.on("pageerror", lambda error: visitor.faults.append(f"script: {error}"))
    visitor.page.on("request", on_request)


def _ours(asked: str, url: str) -> bool:
    return urlsplit(asked).netloc == urlsplit(url).netloc


async def _refuse(route: Route) -> None:
    await route.abort()


DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LOOKS: Sequence[tuple[str, dict[str, Any]]] = (
    ("light", DESK | {"color_scheme": "light"}),
    ("dark", DESK | {"color_scheme": "dark"}),
    ("phone", PHONE | {"color_scheme": "light"}),
    ("dark phone", PHONE | {"color_scheme": "dark"}),
)
