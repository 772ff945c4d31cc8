"""What operations take and give: pydantic models, from which the API describes itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)
from pydantic.config import JsonDict

_NUMBER = re.compile(r"\s*[-+]?[\d_.]+(?:[eE][-+]?\d+)?\s*")

MOST = 200
"""The longest page."""


class Model(BaseModel):
    """A value that an operation takes or gives."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        # An answer always has all of its fields, and its description says so.
        json_schema_serialization_defaults_required=True,
        # What nobody asks for is never made: all of it together would take a quarter of the start.
        defer_build=True,
    )


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _no_number(value: object) -> object:
    """Without this `since=2026` would be half an hour after midnight in 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError("should be a moment such as 2026-03-14T18:00:00Z")
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_no_number),
    PlainSerializer(_written, when_used="json"),
    Field(json_schema_extra={"format": "date-time"}),
]
"""A moment in UTC, to the millisecond: `2026-03-14T18:00:00.000Z`."""


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def maybe(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else moment(milliseconds)


def to_milliseconds(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)


def shown(raw: bytes | None) -> str | None:
    """Bytes as received, as text: what is no text becomes question marks."""
    return None if raw is None else raw.decode("utf-8", "replace")


def parsed(raw: bytes | None) -> object:
    return None if raw is None else orjson.loads(raw)


class PageQuery(Model):
    """Which page of a list."""

    after: Annotated[str | None, Field(max_length=200)] = None
    """`next` of the page before; the first page without."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = 50
    """How many at most."""


class Page(Model):
    """A part of a list. There is more if `next` is given, also where a page has few or no items.

    Each list says what its items are: as a parameter of the class that would cost the library much time.
    """

    items: tuple[Any, ...]

    next: str | None
    """Give it as `after` for the page that follows."""


def one_line(text: str) -> str:
    line = " ".join(text.split())
    if not line:
        raise ValueError("should say something")
    return line


_SOMETHING: JsonDict = {"minLength": 1, "pattern": r"\S"}
Why = Annotated[
    str,
    Field(max_length=200, examples=["asked on the phone"], json_schema_extra=_SOMETHING),
    AfterValidator(one_line),
]
"""A reason in one line, which is kept."""
