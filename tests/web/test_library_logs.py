"""What the libraries below log holds no token either."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from relay.telemetry import configure_logging
from tests.installing import TOKEN
from tests.web.front import Front


@pytest.fixture(name="logged")
def _logged() -> Iterator[io.StringIO]:
    """Everything that a relay would write to its log."""
    handlers, stream = list(logging.getLogger().handlers), io.StringIO()
    configure_logging("info", "json", stream)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers = handlers


async def test_a_call_that_is_not_http_is_told_without_what_it_said(
    front: Front, logged: io.StringIO
) -> None:
    answer = await front.raw(f"POST /hooks/shop/{TOKEN}?name=\xff HTTP/1.1\r\nHost: relay\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.0 400 ")
    assert '"library":"aiohttp.server"' in logged.getvalue()
    assert TOKEN not in logged.getvalue()
    assert len(logged.getvalue().splitlines()) == 1
