"""Ten thousand dead letters at the console: looked at first, sent, cancelled, and sent on after a restart."""

from __future__ import annotations

import re
import time
from contextlib import aclosing
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from relay.core.job import JobState
from relay.sandbox import Running
from relay.store import open_store
from tests.browser.browsing import Visitor
from tests.browser.office import Office
from tests.e2e.polling import until_seen
from tests.factories import read_event
from tests.store.desk import Desk

LETTERS = 10_000
PEOPLE = 2_500
"""So many at a time, each in a purchase of four."""

SLOW = 2.0
"""Seconds that a call takes while the test looks: four calls at a time leave most of a minute to cancel in."""


async def ten_thousand_are_lost(path: Path) -> None:
    """Nobody knows what became of them: the calls that held them ended without an answer."""
    async with open_store(path, exclusive=True) as store:
        desk = Desk(store)
        for first in range(0, LETTERS, PEOPLE):
            emails = [f"guest{number}@example.com" for number in range(first, first + PEOPLE)]
            await desk.report(*[read_event(*emails, key=f"P-{first}")])
        while batches := (await desk.look({"main": 100})).batches:
            for batch in batches:
                await desk.end_in_the_unknown(batch)
