"""Every page of the console, a module for each family."""

from __future__ import annotations

from relay.web.console.page import Page
from relay.web.console.pages import dead, jobs, ledger, overview, repair, setup, watch

PAGES: tuple[Page, ...] = tuple(
    one
    for family in (overview, dead, repair, jobs, ledger, setup, watch)
    for one in vars(family).values()
    if isinstance(one, Page)
)
