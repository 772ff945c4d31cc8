"""One browser for all tests of a worker; they run on one event loop, since a browser lives on one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from relay.sandbox import Running, running
from tests.browser.browsing import MISSING, PATIENCE, QUIETLY, Visitor, chromium, visiting
from tests.browser.office import Office
from tests.web.console.gallery import make_gallery
from tests.web.front import listening

Visit = Callable[..., AbstractAsyncContextManager[Visitor]]

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session", name="browser")
async def _browser() -> AsyncIterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=QUIETLY)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session", name="gallery")
async def _gallery(browser: Browser) -> AsyncIterator[Visit]:
    """Visits the components, see `tests/web/console/gallery.py`."""
    async with listening(make_gallery()) as url:

        def visit(**options: Any) -> AbstractAsyncContextManager[Visitor]:
            return visiting(browser, url, **options)

        yield visit


@pytest_asyncio.fixture(loop_scope="session", name="sandbox")
async def _sandbox() -> AsyncIterator[Running]:
    async with running() as sandbox:
        sandbox.switch(rate_limits=False, idempotency=True)
        yield sandbox


@pytest_asyncio.fixture(loop_scope="session", name="office")
async def _office(browser: Browser, tmp_path: Path, sandbox: Running) -> AsyncIterator[Office]:
    async with Office(browser, tmp_path, sandbox) as office:
        yield office
