"""Who may do what at the console, as a browser shows it and as the relay holds it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from relay.core.access import Role
from relay.core.cross_site import FIELD
from tests.browser.browsing import Visitor
from tests.browser.office import Office, purchase
from tests.browser.walking import pages_of

FORMS = "main :is(form[method=post], a[data-dialog], a[href$='/edit'])"
LETTER = "/console/dead/dead-1"


async def refused(office: Office) -> None:
    """One dead letter."""
    office.sandbox.switch(poison={"guest1@example.com"})
    await office.receive(purchase(1))
    await office.dead(1)


async def forge(visitor: Visitor, path: str, **fields: Any) -> int:
    """What a POST gets that no form of the page made, with the cookies of whoever is there."""
    answer = await visitor.page.request.post(visitor.url + path, form=fields, max_redirects=0)
    return answer.status


async def form_token(visitor: Visitor) -> str:
    return await visitor.page.locator(f"input[name={FIELD}]").first.input_value()


async def test_a_viewer_sees_nothing_to_press_and_a_forged_form_is_refused(office: Office) -> None:
    await refused(office)
    async with office.clerk(Role.VIEWER) as visitor:
        forms = {}
        async for kind in pages_of(visitor):
            forms[kind] = await visitor.page.locator(FORMS).count()
        assert {kind for kind, count in forms.items() if count} == set()
        token = await form_token(visitor)
        discard = {FIELD: token, "reason": "because"}
        assert await forge(visitor, f"{LETTER}/discard", **discard) == 403
        assert await forge(visitor, f"{LETTER}/retry", **{FIELD: token}) == 403
        assert await forge(visitor, "/console/dead/many", what="retry", **{FIELD: token}) == 403
    await office.dead(1)
    assert office.sandbox.sendings() == []


@pytest.mark.parametrize("token", ["", "0" * 48, "é"])
async def test_a_form_without_the_token_of_its_session_is_refused(office: Office, token: str) -> None:
    await refused(office)
    async with office.clerk(Role.ADMIN) as visitor:
        assert await forge(visitor, f"{LETTER}/discard", reason="because", **{FIELD: token}) == 403
        assert await forge(visitor, "/console/logout", **{FIELD: token}) == 403
        assert (await visitor.go("/console")).status == 200
    await office.dead(1)


async def test_a_form_of_another_session_is_refused(office: Office) -> None:
    await refused(office)
    async with office.clerk(Role.ADMIN) as first, office.clerk(Role.ADMIN, "Bo") as second:
        foreign = {FIELD: await form_token(first), "reason": "because"}
        assert await forge(second, f"{LETTER}/discard", **foreign) == 403
        assert await forge(first, f"{LETTER}/discard", **foreign) == 303
    await office.dead(0)


async def test_who_is_not_signed_in_is_told_how_to_get_in(office: Office) -> None:
    async with office.stranger() as visitor:
        visitor.expected.append("Unauthorized")
        answer = await visitor.go("/console/dead")
        assert answer.status == 401
        await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("You are not signed in")
        await expect(visitor.page.locator("main")).to_contain_text("relay login")
        assert await visitor.flaws() == []


async def test_whose_session_was_ended_has_to_sign_in_again(office: Office) -> None:
    async with office.clerk(Role.ADMIN, "Ana") as admin, office.clerk(Role.OPERATOR, "Bo") as ended:
        ended.expected.append("Unauthorized")
        await admin.go("/console/access")
        await admin.page.get_by_role("button", name="End the session of Bo").click()
        await expect(admin.page.get_by_role("status")).to_contain_text("The session has ended")
        await ended.page.get_by_role("link", name="Jobs").click()
        await expect(ended.page.get_by_role("heading", level=1)).to_have_text("You are not signed in")


async def test_who_signs_out_is_out(office: Office) -> None:
    async with office.clerk() as visitor:
        visitor.expected.append("Unauthorized")
        await visitor.page.get_by_role("button", name="Sign out").click()
        await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("You are signed out")
        assert await visitor.flaws() == []
        assert (await visitor.go("/console")).status == 401


async def test_a_link_lets_in_once(office: Office) -> None:
    link = await office.link("Ana", Role.OPERATOR)
    async with office.stranger() as first, office.stranger() as second:
        second.expected.append("Unauthorized")
        for visitor, heading in ((first, "Overview"), (second, "You are not signed in")):
            await visitor.go(link)
            await visitor.page.get_by_role("button", name="Sign in").click()
            await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(heading)


async def test_a_token_is_made_shown_once_and_revoked(office: Office) -> None:
    async with office.clerk(Role.ADMIN) as visitor:
        page = visitor.page
        await visitor.go("/console/access")
        await page.get_by_label("What it is for").fill("nightly report")
        await page.get_by_role("button", name="Make").click()
        shown = await page.locator(".notice .command code").inner_text()
        assert shown.startswith("rly_")
        await visitor.go("/console/access")
        await expect(page.locator("body")).not_to_contain_text(shown)
        await page.get_by_role("button", name="Revoke nightly report").click()
        await expect(page.get_by_role("status")).to_contain_text("lets nobody in any more")
