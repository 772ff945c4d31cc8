"""SQL lives in `.sql` files: each statement under a line `-- name: its_name`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def queries(package: str, file: str) -> Mapping[str, str]:
    """The statements of one file by name."""
    text = files(package).joinpath("queries", f"{file}.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    return dict(zip(parts[::2], (statement.strip() for statement in parts[1::2]), strict=True))
