"""What answers say of the limits of an organization.

`X-RateLimit-Limit`, `-Remaining` and `-Reset` (Unix seconds) are on every answer and may describe either
window; the body of a 429 names its window (https://demeterrr.mintlify.app/guides/rate-limits).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from relay.core.budget import HOUR, MINUTE, SLACK, Limits
from relay.core.outcome import Answer, error_in

_WINDOW = re.compile(r"\s*(\d{1,6})?\s*(second|minute|hour)s?\s*", re.IGNORECASE)
_SECONDS = {"second": 1, "minute": MINUTE, "hour": HOUR}
_MOST = 10**9


def limits_in(answer: Answer, now: datetime) -> Limits:
    """What this answer says; nothing that cannot be true is believed."""
    per_minute = per_hour = None
    if answer.status == 429:
        per_minute, per_hour = _named(error_in(answer.body).details)
    allowed = _count(answer.headers.get("x-ratelimit-limit", ""))
    remaining = _count(answer.headers.get("x-ratelimit-remaining", ""))
    wait = _until_reset(answer.headers, now)
    if remaining is None or wait is None or (allowed is not None and remaining > allowed):
        return Limits(per_minute=per_minute, per_hour=per_hour)
    if wait > MINUTE + SLACK:
        # No minute lasts so long, so it is the hour that is described.
        per_hour = allowed or per_hour
    resets_at = round((now.timestamp() + wait) * 1000)
    return Limits(
        per_minute=per_minute, per_hour=per_hour, allowed=allowed, remaining=remaining, resets_at=resets_at
    )


def _named(details: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Limits per minute and per hour, of which a refusal names one."""
    limit, window = details.get("limit"), _WINDOW.fullmatch(str(details.get("window")))
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit < _MOST or window is None:
        return None, None
    length = int(window[1] or 1) * _SECONDS[window[2].lower()]
    return (limit if length == MINUTE else None), (limit if length == HOUR else None)


def _count(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(_MOST)) else None


def _until_reset(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the limit resets, by the API's own clock where it tells it; None: not to be believed."""
    reset = headers.get("x-ratelimit-reset", "").strip()
    if not (reset.isascii() and reset.isdigit() and len(reset) < 12):
        return None
    wait = int(reset) - its_time(headers, now).timestamp()
    return wait if 0 < wait <= HOUR + SLACK else None


def its_time(headers: Mapping[str, str], now: datetime) -> datetime:
    """The moment by the clock of whoever answered; our own where the answer does not tell."""
    try:
        told = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        return now
    return told if told.tzinfo else now


def merged(known: Limits, said: Limits, others_under_way: int) -> Limits:
    """What is known after an answer. Other calls under way may not be counted in it yet."""
    told = said.remaining is not None
    return Limits(
        per_minute=said.per_minute or known.per_minute,
        per_hour=said.per_hour or known.per_hour,
        allowed=said.allowed if told else known.allowed,
        remaining=max(0, (said.remaining or 0) - others_under_way) if told else known.remaining,
        resets_at=said.resets_at if told else known.resets_at,
        rests_until=max(known.rests_until, said.rests_until),
    )
