"""The repair of one dead letter at the console, from the link in the terminal to the destination."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.browsing import Visitor
from tests.browser.office import Office, purchase

ANNA = "anna@example.com"


async def trouble(office: Office) -> None:
    """Anna was refused and would be taken by now; two others have troubles of their own."""
    office.sandbox.switch(poison={ANNA, "bo@example.com"})
    await office.receive(purchase(1842, ANNA, first_name="Anna", last_name="Lindqvist"))
    await office.receive(purchase(2, "bo@example.com"))
    await office.receive({"event": "torn", "id": "P-3"})
    await office.dead(3)
    office.sandbox.switch(poison=set())


async def find(page: Page, person: str) -> None:
    """From the overview to the story of the one dead letter of somebody."""
    await page.get_by_role("navigation", name="Console").get_by_role("link", name="Dead letters").click()
    await page.get_by_label("Person", exact=True).fill(person)
    await page.get_by_role("button", name="Show").click()
    rows = page.get_by_role("table", name="Dead letters, newest first").locator("tbody tr")
    await expect(rows).to_have_count(1)
    await rows.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(person)


async def correct(page: Page, phone: str) -> None:
    """As far as the preview."""
    await page.get_by_role("link", name="Correct…").click()
    await page.get_by_label("Phone").fill(phone)
    await page.get_by_label("Why").fill("she called")
    await page.get_by_role("button", name="Preview").click()


async def see_it_delivered(visitor: Visitor, office: Office) -> None:
    """At the destination itself, and at the console."""
    page = visitor.page
    await office.dead(2)
    (sending,) = office.sandbox.sendings()
    there = office.sandbox.world.contacts[sending.contact_id]
    assert (there.email, there.phone) == (ANNA, "+46701234567")
    await visitor.go(f"/console/people?who={ANNA}")
    row = page.get_by_role("table", name="Enrollments of this person, newest first").locator("tbody tr")
    await expect(row).to_contain_text("delivered")
    await row.get_by_role("link", name=ANNA).click()
    story = page.get_by_role("list", name="What happened")
    await expect(story).to_contain_text("Corrected by Mira")
    await expect(story).to_contain_text("she called")
    await expect(page.get_by_role("figure").filter(has_text="P-1842").first).not_to_contain_text("701234567")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
async def test_a_phone_is_corrected_and_the_letter_arrives(office: Office, *, script: bool) -> None:
    await trouble(office)
    async with office.clerk(java_script_enabled=script) as visitor:
        visitor.expected.append("Unprocessable Entity")
        await find(visitor.page, ANNA)
        await correct(visitor.page, "12")
        fault = visitor.page.get_by_role("alert")
        await expect(fault).to_contain_text("phone")
        await expect(visitor.page.get_by_label("Why")).to_have_value("she called")
        await visitor.page.get_by_label("Phone").fill("+46 70 123 45 67")
        await visitor.page.get_by_role("button", name="Preview").click()
        phone = visitor.page.get_by_role("row", name=re.compile("phone"))
        await expect(phone).to_contain_text("+46701234567")
        assert office.sandbox.sendings() == []
        await visitor.page.get_by_role("button", name="Correct and send").click()
        await expect(visitor.page.get_by_role("status")).to_contain_text("is on its way again")
        await see_it_delivered(visitor, office)
