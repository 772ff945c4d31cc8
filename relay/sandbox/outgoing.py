"""What the destination posts to others, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Post:
    """One POST of JSON, tried once; `timeout` in seconds."""

    url: str
    body: bytes
    timeout: float
    headers: Mapping[str, str] = field(default_factory=dict)


# Posts that go out one after the other; threads among themselves are not ordered.
Thread = list[Post]
