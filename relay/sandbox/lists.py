"""Pages of a list. Source: https://demeterrr.mintlify.app/pagination"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from relay.sandbox.answers import Answer, answer_json, invalid

Item = TypeVar("Item")

DEFAULT_LIMIT = 50
MOST = 100


def page_of(
    items: Sequence[Item], query: Mapping[str, str], show: Callable[[Item], Mapping[str, Any]]
) -> Answer:
    """`{"data": […], "meta": {page, perPage, total, totalPages}}`; limits are capped at 100."""
    page = _number(query, "page", 1)
    limit = min(_number(query, "limit", DEFAULT_LIMIT), MOST)
    first = (page - 1) * limit
    meta = {
        "page": page,
        "perPage": limit,
        "total": len(items),
        "totalPages": -(-len(items) // limit),
    }
    shown = [show(item) for item in items[first : first + limit]]
    return answer_json(200, {"data": shown, "meta": meta})


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and int(text[:12]) > 0):
        raise invalid("Invalid query parameters", f"{name}: a whole number from 1 is required")
    return int(text[:12])
