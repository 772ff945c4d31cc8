"""Every page can be used by everybody: in every look, with hard data and with none, by keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from relay.core.access import Role
from relay.sandbox import Running
from tests.browser.browsing import PHONE, Visitor
from tests.browser.hostile import hostile_office
from tests.browser.office import Office, purchase
from tests.browser.walking import KINDS, pages_of

EMPTY = {
    "",
    "/access",
    "/alerts",
    "/audit",
    "/audit/verification",
    "/connectors",
    "/connectors/{name}",
    "/dead",
    "/enrollments",
    "/jobs",
    "/people",
    "/quarantine",
    "/requests",
    "/routes",
    "/sources",
    "/sources/{name}",
    "/suppressions",
    "/tail",
}
"""What there is before the first webhook."""


async def can_be_used(visitor: Visitor, rule: str | None = None) -> set[str]:
    """Which kinds of pages there are, after a look at one of each; by one rule of axe-core, or by all."""
    flaws: dict[str, list[str]] = {}
    async for kind in pages_of(visitor, most=6):
        if kind not in flaws:
            flaws[kind] = await _flaws(visitor, rule)
    assert {kind: found for kind, found in flaws.items() if found} == {}
    return set(flaws)


async def _flaws(visitor: Visitor, rule: str | None) -> list[str]:
    over = await visitor.hangs_over()
    return [*await visitor.flaws(rule=rule), *([f"hangs over by {over} pixels"] if over else [])]


# In the dark only colours are different, and phones see the same colours.
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("options", "rule"),
    [({}, None), ({"color_scheme": "dark"}, "color-contrast"), (PHONE, None)],
    ids=["light", "dark", "phone"],
)
async def test_everybody_can_use_every_page_in_every_look(
    browser: Browser, tmp_path: Path, sandbox: Running, options: dict[str, Any], rule: str | None
) -> None:
    async with (
        hostile_office(browser, tmp_path, sandbox) as office,
        office.clerk(Role.ADMIN, **options) as visitor,
    ):
        assert await can_be_used(visitor, rule) == set(KINDS)


@pytest.mark.timeout(240)
async def test_everybody_can_use_the_pages_of_an_empty_ledger(office: Office) -> None:
    async with office.clerk(Role.ADMIN, **PHONE) as visitor:
        assert await can_be_used(visitor) == EMPTY


async def focused(page: Page) -> str:
    """The name of what has the focus, as far as it is text."""
    return str(await page.evaluate("document.activeElement.textContent.trim()"))


async def test_a_letter_is_discarded_by_keyboard_alone(office: Office) -> None:
    office.sandbox.switch(poison={"guest1@example.com", "guest2@example.com"})
    await office.receive(purchase(1))
    await office.receive(purchase(2))
    await office.dead(2)
    async with office.clerk() as visitor:
        page, keyboard = visitor.page, visitor.page.keyboard
        await keyboard.press("Tab")
        assert await focused(page) == "Skip to the content"
        await keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await keyboard.press("g")
        await keyboard.press("d")
        await page.wait_for_url(f"{visitor.url}/console/dead")  # with its script, which hears the keys
        for key in ("j", "j", "k", "j", "j"):
            await keyboard.press(key)
        await expect(page.get_by_role("link", name="guest1@example.com")).to_be_focused()
        await keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("guest1@example.com")
        await page.get_by_role("link", name="Discard…").focus()
        await keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Discard dead-1")
        await expect(dialog.get_by_label("Reason")).to_be_focused()
        await keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(page.get_by_role("link", name="Discard…")).to_be_focused()
        await keyboard.press("Enter")
        await expect(dialog.get_by_label("Reason")).to_be_focused()
        await keyboard.type("twice the same")
        await keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("dead-1 was discarded")
        await expect(page.get_by_role("link", name="guest1@example.com")).to_have_count(0)
