"""Times as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate


def iso(at: float) -> str:
    """ISO 8601 in UTC with milliseconds, as in the API's samples."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def http_date(at: float) -> str:
    """The date form that RFC 9110 allows in `Retry-After`."""
    return formatdate(at, usegmt=True)
