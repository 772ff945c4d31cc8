"""What narrows a list, and the way back from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from relay.web.console.rendering import with_query

_LABELS = {"source": "source", "cause": "cause", "person": "person", "text": "text", "symptom": "trouble"}


def chips(place: str, chosen: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each condition in words, with the address of the list without it."""
    return list(_chips(place, chosen))


def _chips(place: str, chosen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in chosen.items():
        label = _LABELS.get(name, name)
        for one in value if isinstance(value, tuple) else (value,):
            left = tuple(other for other in value if other != one) if isinstance(value, tuple) else None
            yield f"{label}: {one}", with_query(place, {**chosen, name: left})
