"""Ten thousand dead letters at the console: looked at first, sent, cancelled, and sent on after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from relay.core.job import JobState, Outcome
from relay.store import open_store
from tests.browser.office import Office
from tests.e2e.polling import until_seen
from tests.factories import policy
from tests.store.desk import NO_ANSWER, Desk

LETTERS = 10_000
AT_ONCE = 2_500

SLOW = 2.0
"""Seconds that a call takes while somebody looks on: at four at a time, most of a minute to cancel in."""


async def ten_thousand_are_lost(path: Path) -> None:
    """Nobody knows what became of them: the calls that held them ended without an answer."""
    hold = policy(on_unknown_outcome="hold", open_after=LETTERS)
    async with open_store(path) as store:
        desk = Desk(store)
        for first in range(0, LETTERS, AT_ONCE):
            await desk.enrol(*map(guest, range(first, first + AT_ONCE)), key=f"P-{first}")
        while batches := (await desk.look({"main": 100})).batches:
            for batch in batches:
                await desk.end(batch, NO_ANSWER, hold)


def guest(number: int) -> str:
    return f"guest{number}@example.com"


async def order(page: Page, letters: int) -> int:
    """All of them in a job that is looked at before it is started; its number."""
    await page.get_by_role("link", name="Dead letters").first.click()
    await page.get_by_label("Send again as it was").check()
    await page.get_by_role("button", name="Look at it first…").click()
    start = page.get_by_role("button", name=f"Start: {letters:,} letters")
    await expect(start).to_be_visible()
    causes = page.get_by_role("table", name="Letters by cause")
    await expect(causes.get_by_role("row", name="outcome unknown")).to_contain_text(f"{letters:,}")
    number = int(page.url.rpartition("/")[2])
    await start.click()
    return number


async def see_it_move(page: Page) -> None:
    """By itself, and more than once."""
    bar = page.get_by_role("progressbar", name="Letters done")
    before = await bar.get_attribute("value") or ""
    for _ in range(2):
        await expect(bar).not_to_have_attribute("value", before)
        before = await bar.get_attribute("value") or ""


async def cancel(page: Page, office: Office, number: int) -> int:
    """How many letters were left as they are, once what was under way has come to its end."""
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("status").first).to_contain_text("Cancelled")
    office.sandbox.switch(latency_seconds=0)

    async def over() -> bool:
        job = await office.job(number)
        return job.state is JobState.CANCELLED and not job.open

    await until_seen(over, "the cancelled job does not come to its end")
    counts = (await office.job(number)).counts
    assert set(counts) == {Outcome.DELIVERED, Outcome.LEFT}
    assert sum(counts.values()) == LETTERS
    assert len(office.sandbox.sendings()) == counts[Outcome.DELIVERED]
    return counts[Outcome.LEFT]


@pytest.mark.timeout(240)
async def test_many_are_sent_with_progress_and_the_rest_of_a_cancelled_job_by_another(
    office: Office,
) -> None:
    await office.close()
    await ten_thousand_are_lost(office.path)
    await office.open()
    async with office.clerk() as visitor:
        page = visitor.page
        office.sandbox.switch(latency_seconds=SLOW)
        first = await order(page, LETTERS)
        await see_it_move(page)
        left = await cancel(page, office, first)

        office.sandbox.switch(latency_seconds=SLOW)
        second = await order(page, left)
        await see_it_move(page)
        visitor.expected.append("ERR_CONNECTION_REFUSED")
        await office.close()
        office.sandbox.switch(latency_seconds=0)
        await office.open()
        await expect(page.locator("#job")).to_contain_text("It has ended.", timeout=90_000)
        await expect(page.locator("#job")).to_contain_text(f"{left:,} of {left:,}")

    assert (await office.job(second)).counts == {Outcome.DELIVERED: left}
    assert len(office.sandbox.sendings()) == LETTERS
    assert office.sandbox.doubles() == []
    ledger = await office.relay.store.ledger()
    assert (ledger.faults(), ledger.enrollments["delivered"]) == ([], LETTERS)
