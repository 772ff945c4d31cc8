"""Which dead letters a command means: options that list, groups, retry and discard share."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from relay.config.values import Span
from relay.core.letters import MEANINGS, LetterFilter

_SPAN: TypeAdapter[timedelta] = TypeAdapter(Span)


def _moment(text: str | None) -> int | None:
    """A span before now, in milliseconds since 1970."""
    if text is None:
        return None
    try:
        span = _SPAN.validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter("write a span such as 2h, 3d or 1w") from error
    return round((time.time() - span.total_seconds()) * 1000)


def _cause(text: str) -> str:
    if text not in MEANINGS:
        raise typer.BadParameter(f"there are {', '.join(MEANINGS)}")
    return text


SourceOption = Annotated[
    list[str] | None, typer.Option("--source", help="Only of this source; may be repeated.")
]
CauseOption = Annotated[
    list[str] | None,
    typer.Option(
        "--cause", parser=_cause, metavar="CAUSE", help=f"Only of this cause: {', '.join(MEANINGS)}."
    ),
]
CodeOption = Annotated[
    list[str] | None,
    typer.Option("--code", help="Only with this error code of the destination, such as VALIDATION_ERROR."),
]
SequenceOption = Annotated[list[str] | None, typer.Option("--sequence", help="Only for this sequence.")]
RouteOption = Annotated[list[str] | None, typer.Option("--route", help="Only of this route.")]
SymptomOption = Annotated[
    str | None, typer.Option("--symptom", help="Only with this symptom, as relay dead groups prints it.")
]
PersonOption = Annotated[
    str | None, typer.Option("--person", help="Part of an address, a name or a phone number.")
]
TextOption = Annotated[
    str | None, typer.Option("--text", help="Part of the reason, the event type or the business key.")
]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="SPAN", help="Not older than this, such as 2h or 3d.")
]
BeforeOption = Annotated[
    str | None, typer.Option("--before", metavar="SPAN", help="Older than this, such as 1w.")
]


def letter_filter(
    sources: list[str] | None,
    causes: list[str] | None,
    codes: list[str] | None,
    sequences: list[str] | None,
    routes: list[str] | None,
    symptom: str | None,
    person: str | None,
    text: str | None,
    since: str | None,
    before: str | None,
) -> LetterFilter:
    return LetterFilter(
        sources=tuple(sources or ()),
        causes=tuple(causes or ()),
        codes=tuple(codes or ()),
        sequences=tuple(sequences or ()),
        routes=tuple(routes or ()),
        symptom=symptom,
        person=person,
        text=text,
        since=_moment(since),
        until=_moment(before),
    )
