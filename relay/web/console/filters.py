"""What narrows a list, and the way back from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from relay.desk.model import PageQuery
from relay.web.console.rendering import with_query

_LABELS = {
    "source": "source",
    "cause": "cause",
    "person": "person",
    "text": "text",
    "symptom": "trouble",
    "email": "person",
}


def chips(place: str, chosen: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each condition in words, with the address of the list without it."""
    return list(_chips(place, chosen))


def _chips(place: str, chosen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in chosen.items():
        label = _LABELS.get(name, name)
        for one in value if isinstance(value, tuple) else (value,):
            left = tuple(other for other in value if other != one) if isinstance(value, tuple) else None
            yield f"{label}: {one}", with_query(place, {**chosen, name: left})


def narrowing(query: PageQuery) -> dict[str, Any]:
    """What narrows a list, without the page."""
    told = query.model_dump(mode="json", exclude_defaults=True, exclude={"after", "limit"})
    return {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
