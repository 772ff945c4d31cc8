"""The effective configuration, value by value, each with where it came from and no secret shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from relay.config.keys import Path, written
from relay.config.load import Draft
from relay.config.models import Config


@dataclass(frozen=True, slots=True)
class Setting:
    """`key` in TOML notation, `value` as JSON; `origin` is the file, a variable, or "default"."""

    key: str
    value: Any
    origin: str


def effective(config: Config, draft: Draft) -> list[Setting]:
    """Every value that is set, in the order of the models; `draft` is what it was read from."""
    return [
        Setting(written(path), value, draft.origin(path))
        for path, value in _leaves(config.model_dump(mode="json", exclude_none=True))
    ]


def _leaves(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(data, dict) and data and not data.keys() <= {"env", "file"}:
        for name, item in data.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(data, list) and any(isinstance(item, dict) for item in data):
        for number, item in enumerate(data):
            yield from _leaves(item, (*path, number))
    else:
        yield path, data
