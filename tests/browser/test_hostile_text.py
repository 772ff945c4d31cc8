"""What senders, destinations and colleagues write is shown as text, on every page and in every dialog."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser

from relay.core.access import Role
from relay.sandbox import Running
from tests.browser.browsing import Visitor
from tests.browser.hostile import MARKUP, hostile_office
from tests.browser.walking import KINDS, pages_of

ELEMENTS = "main :is(img, script, iframe, object, [onerror], [onload]), a[href^='javascript:']"
INVISIBLE = r"/[\u0000-\u0008\u200b-\u200f\u202a-\u202e\u2066-\u2069]/"
UNSHOWN = f"[document.title, document.body.innerText].filter(text => {INVISIBLE}.test(text))"


async def is_text(visitor: Visitor) -> None:
    """Nothing of it became an element, ran, or can hide."""
    assert await visitor.page.locator(ELEMENTS).count() == 0
    assert await visitor.page.evaluate("typeof window.ran") == "undefined"
    assert await visitor.page.evaluate(UNSHOWN) == []


async def dialogs_of(visitor: Visitor) -> int:
    """Opens each dialog of a page and closes it; how many there are."""
    links = visitor.page.locator("main a[data-dialog]")
    count = await links.count()
    for number in range(count):
        await links.nth(number).click()
        await visitor.page.get_by_role("dialog").wait_for()
        await is_text(visitor)
        assert await visitor.flaws("dialog") == []
        await visitor.page.keyboard.press("Escape")
        await visitor.page.get_by_role("dialog").wait_for(state="detached")
    return count


async def test_nothing_that_others_wrote_becomes_a_part_of_a_page(
    browser: Browser, tmp_path: Path, sandbox: Running
) -> None:
    async with hostile_office(browser, tmp_path, sandbox) as office:
        seen, dialogs, told = set(), 0, False
        async with office.clerk(Role.ADMIN, MARKUP[:60]) as visitor:
            async for kind in pages_of(visitor, most=6):
                seen.add(kind)
                await is_text(visitor)
                dialogs += await dialogs_of(visitor)
                told = told or "window.ran=1" in await visitor.page.inner_text("main")
    assert seen == set(KINDS)
    assert dialogs
    assert told
