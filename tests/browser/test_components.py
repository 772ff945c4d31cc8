"""The components of the console in a real browser, with hostile text in them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.browsing import DESK, LOOKS, PHONE
from tests.browser.conftest import Visit
from tests.web.console.gallery import HOSTILE


@pytest.mark.parametrize("options", [one for _, one in LOOKS], ids=[name for name, _ in LOOKS])
async def test_everybody_can_use_it_in_every_look(gallery: Visit, options: dict[str, Any]) -> None:
    async with gallery(**options) as visitor:
        await visitor.go("/gallery")
        assert await visitor.flaws() == []
        assert await visitor.hangs_over() == 0


@pytest.mark.parametrize("path", ["/gallery/change", "/console/jobs"])
async def test_everybody_can_use_a_page_with_little_on_it(gallery: Visit, path: str) -> None:
    async with gallery() as visitor:
        await visitor.go(path)
        assert await visitor.flaws() == []


@pytest.mark.parametrize("wide", [320, 600, 900, 2200])
async def test_nothing_hangs_over_the_edge(gallery: Visit, wide: int) -> None:
    async with gallery(viewport={"width": wide, "height": 800}) as visitor:
        await visitor.go("/gallery")
        assert await visitor.hangs_over() == 0


async def test_text_from_outside_stays_text(gallery: Visit) -> None:
    async with gallery() as visitor:
        await visitor.go("/gallery")
        assert await visitor.page.locator("main img, main script").count() == 0
        assert await visitor.page.input_value("#field-last_name") == HOSTILE.replace("\r", "")
        sign = visitor.page.locator("tbody .hidden-character").first
        await expect(sign).to_have_attribute("title", "U+0007 control character")


async def test_it_works_without_script(gallery: Visit) -> None:
    async with gallery(java_script_enabled=False, **DESK) as visitor:
        await visitor.go("/gallery")
        await expect(visitor.page.get_by_role("button", name="Copy")).to_have_count(0)
        await visitor.page.get_by_role("link", name="Discard…").click()
        await visitor.page.get_by_label("Reason").fill("twice the same")
        await visitor.page.get_by_role("button", name="Discard").click()
        await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Dead letter dead-1842")


async def test_the_menu_of_a_phone_opens_without_script(gallery: Visit) -> None:
    async with gallery(java_script_enabled=False, **PHONE) as visitor:
        await visitor.go("/gallery")
        jobs = visitor.page.get_by_role("navigation", name="Console").get_by_role("link", name="Jobs")
        await expect(jobs).to_be_hidden()
        await visitor.page.get_by_role("button", name="Menu").click()
        await jobs.click()
        await expect(visitor.page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()


async def test_a_link_to_a_form_opens_it_as_a_dialog(gallery: Visit) -> None:
    async with gallery(**DESK) as visitor:
        await visitor.go("/gallery")
        await visitor.page.get_by_role("link", name="Discard…").click()
        dialog = visitor.page.get_by_role("dialog", name="Discard dead-1842?")
        await expect(dialog.get_by_label("Reason")).to_be_focused()
        assert await visitor.flaws("dialog") == []
        await dialog.get_by_role("link", name="Cancel").click()
        await expect(dialog).to_have_count(0)
        await expect(visitor.page).to_have_url(visitor.url + "/gallery")


async def test_a_live_part_follows_the_relay(gallery: Visit) -> None:
    async with gallery(**DESK) as visitor:
        await visitor.go("/gallery")
        await expect(visitor.page.locator("#live-job")).to_contain_text("250 of 10,000")
        await expect(visitor.page.locator("#live-job")).to_contain_text("500 of 10,000")


async def test_a_page_that_is_no_longer_up_to_date_says_so(gallery: Visit) -> None:
    async with gallery(**DESK) as visitor:
        visitor.expected.append("Failed to load resource")
        await visitor.go("/gallery")
        await visitor.page.clock.install()
        await visitor.go("/gallery")
        await visitor.page.route("**/gallery", lambda route: route.fulfill(status=503))
        await visitor.page.clock.run_for(1_500)
        await expect(visitor.page.locator("#stale")).to_have_count(0)
        async with visitor.page.expect_response("**/gallery"):
            await visitor.page.clock.run_for(2_000)
        async with visitor.page.expect_response("**/gallery"):
            await visitor.page.clock.run_for(4_000)
        await expect(visitor.page.get_by_text("no longer up to date")).to_be_visible()


async def test_times_go_on(gallery: Visit) -> None:
    async with gallery(**DESK) as visitor:
        await visitor.page.clock.install()
        await visitor.go("/gallery")
        first = visitor.page.locator("tbody time").first
        await expect(first).to_have_text("65 s ago")
        await visitor.page.clock.run_for(60_000)
        await expect(first).to_have_text("2 min ago")


async def test_single_keys_lead_through_the_console(gallery: Visit) -> None:
    async with gallery(**DESK) as visitor:
        await visitor.go("/gallery")
        keyboard = visitor.page.keyboard
        await keyboard.press("/")
        await expect(visitor.page.get_by_label("Person", exact=True)).to_be_focused()
        await visitor.page.get_by_label("Person", exact=True).blur()
        await keyboard.press("j")
        await keyboard.press("j")
        row = visitor.page.get_by_role("link", name="Bartholomew Featherstonehaugh-Cholmondeley")
        await expect(row).to_be_focused()
        await keyboard.press("k")
        await expect(visitor.page.get_by_role("link", name="Anna Lindqvist")).to_be_focused()
        await keyboard.press("g")
        await keyboard.press("j")
        await expect(visitor.page).to_have_url(visitor.url + "/console/jobs")


async def test_single_keys_can_be_turned_off(gallery: Visit) -> None:
    async with gallery(**DESK) as visitor:
        await visitor.go("/gallery")
        await visitor.page.keyboard.press("?")
        dialog = visitor.page.get_by_role("dialog", name="Keyboard")
        await expect(dialog).to_contain_text("Dead letters")
        assert await visitor.flaws("dialog") == []
        await dialog.get_by_label("Single keys do this").uncheck()
        await dialog.get_by_role("button", name="Close").click()
        await visitor.page.keyboard.press("?")
        await expect(dialog).to_have_count(0)


async def test_one_box_ticks_all_of_a_list(gallery: Visit) -> None:
    async with gallery(**DESK) as visitor:
        await visitor.go("/gallery")
        await visitor.page.get_by_label("Tick all on this page").check()
        await expect(visitor.page.locator("input[name=letter]:checked")).to_have_count(4)


async def test_what_was_received_is_copied_as_it_came(gallery: Visit) -> None:
    async with gallery(permissions=["clipboard-read", "clipboard-write"], **DESK) as visitor:
        await visitor.go("/gallery")
        panel = visitor.page.get_by_role("figure").filter(has_text="application/json")
        await panel.get_by_role("button", name="Copy").click()
        await expect(panel.get_by_role("button", name="Copied")).to_be_visible()
        copied = await visitor.page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith('{"event":"appointment.completed","data":{"id":1842,"total":10.50,')


async def test_the_keyboard_alone_reaches_the_content(gallery: Visit) -> None:
    async with gallery(**DESK) as visitor:
        await visitor.go("/gallery")
        await visitor.page.keyboard.press("Tab")
        skip = visitor.page.get_by_role("link", name="Skip to the content")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        await visitor.page.keyboard.press("Enter")
        await expect(visitor.page.locator("main")).to_be_focused()
