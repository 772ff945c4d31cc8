"""Takes the pictures of `docs/console.md` from what `relay demo` plays: `make screenshots`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Browser, Page, async_playwright, expect

from relay.cli.demo.command import playbook_of
from relay.cli.demo.player import Pace, Player, settled
from relay.cli.demo.scene import SCENE, Act, Scripted, Send, write_script
from relay.cli.demo.stage import Stage, on_stage
from relay.core.access import Role
from relay.telemetry import configure_logging
from relay.web.console.navigation import ROOT
from tests.browser.browsing import DESK, MISSING, PHONE, QUIETLY, Visitor, chromium
from tests.browser.office import sign_in
from tests.e2e.polling import until_seen

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
LARGEST = 200_000
HOUR = 3600.0

QUIET = SCENE[:5]
REFUSED = Act(
    "Whoever came today is refused.",
    (
        Send("square/payment_completed", 14, fate="refused"),
        Send("acuity/scheduled", 6, fate="refused"),
        Send("hubspot/contact_creation", 3, fate="refused"),
        Send("shopify/orders_paid_id_missing", 4, fate="nobody"),
    ),
)
DAY: Sequence[tuple[float, Sequence[Act]]] = (
    (21, QUIET[:1]),
    (16, QUIET[:2]),
    (14, QUIET),
    (12, (*QUIET, *QUIET[:1])),
    (9, QUIET[:3]),
    (7, (*QUIET, SCENE[5])),
    (5, QUIET),
    (3, QUIET[:2]),
    (2, QUIET[:4]),
    (1, QUIET[:1]),
    (0, (*SCENE[:6], REFUSED)),
)
"""A day of a busy agency: so many hours ago, what was played then."""


class Earlier:
    """A clock that is so many hours late."""

    def __init__(self, hours: float) -> None:
        self._seconds = hours * HOUR

    def now(self) -> float:
        return time.time() - self._seconds


def script(acts: Sequence[Act], seed: int, clock: Earlier) -> list[Scripted]:
    return write_script(acts, playbook_of(acts), seed, clock.now())


async def take(browser: Browser, folder: Path) -> None:
    """All pictures, with a ledger that was a day at work."""
    with tempfile.TemporaryDirectory() as place:
        for seed, (hours, acts) in enumerate(DAY, 1):
            clock = Earlier(hours)
            written = script(acts, seed, clock)
            async with on_stage(Path(place), written, 1, clock) as stage:
                player = Player(stage, written, Pace())
                await player.play(lambda _: None)
                assert player.unsettled == []
                if not hours:
                    await _pictures(Camera(browser, stage, folder))


class Camera(NamedTuple):
    browser: Browser
    stage: Stage
    folder: Path

    async def visitor(self, **look: Any) -> Visitor:
        context = await self.browser.new_context(**(DESK | look))
        visitor = Visitor(await context.new_page(), self.stage.relay.url)
        await sign_in(visitor, self.stage.relay, Role.ADMIN, "Mira")
        return visitor

    async def take(self, page: Page, name: str) -> None:
        path = self.folder / f"{name}.png"
        await page.screenshot(path=path, animations="disabled")
        assert path.stat().st_size < LARGEST, f"{path} has {path.stat().st_size} bytes"


async def _pictures(camera: Camera) -> None:
    for name, look in (("overview-dark", {"color_scheme": "dark"}), ("overview-phone", PHONE)):
        visitor = await camera.visitor(**look)
        await camera.take(visitor.page, name)
    visitor = await camera.visitor()
    page = visitor.page
    await camera.take(page, "overview")
    for name, path in (
        ("dead-letters", "/dead"),
        ("requests", "/requests"),
        ("sources", "/sources"),
        ("connector", "/connectors/calendly"),
    ):
        await visitor.go(ROOT + path)
        await camera.take(page, name)
    await _repair(camera, visitor)
    await _job(camera, visitor)


async def _repair(camera: Camera, visitor: Visitor) -> None:
    """One letter, its correction, and the person whom it was about."""
    page = visitor.page
    await visitor.go(f"{ROOT}/dead?cause=refused&source=square")
    link = page.locator("form tbody th a").first
    email = await link.inner_text()
    await link.click()
    await camera.take(page, "letter")
    await page.get_by_role("link", name="Correct…").click()
    await page.get_by_label("Phone").fill("+1 202 555 0147")
    await page.get_by_label("Why").fill("she called: this is her number now")
    await page.get_by_role("button", name="Preview").click()
    await camera.take(page, "correction")
    camera.stage.sandbox.switch(poison=[])
    await page.get_by_role("button", name="Correct and send").click()
    await _settle(camera.stage)
    await visitor.go(f"{ROOT}/people?who={email}")
    await camera.take(page, "person")


async def _settle(stage: Stage) -> None:
    async def at_rest() -> bool:
        return settled(await stage.relay.store.ledger(), stage.clock.now())

    await until_seen(at_rest, "the correction was not sent")


async def _job(camera: Camera, visitor: Visitor) -> None:
    """A job that is half done."""
    page = visitor.page
    await visitor.go(f"{ROOT}/dead")
    await page.get_by_role("button", name="Look at it first…").click()
    await page.get_by_role("button", name="Start:").wait_for()
    camera.stage.sandbox.switch(latency_seconds=5)
    await page.get_by_role("button", name="Start:").click()
    await expect(page.get_by_role("progressbar")).not_to_have_attribute("value", "0")
    await camera.take(page, "job")
    camera.stage.sandbox.switch(latency_seconds=0)


async def main(folder: Path) -> None:
    path = chromium()
    if path is None:
        sys.exit(MISSING)
    configure_logging("error", "auto")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=QUIETLY)
        await take(browser, folder)
        await browser.close()


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(FOLDER))
