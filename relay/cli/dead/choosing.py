"""Which dead letters a command means: options that list, groups, retry and discard share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from relay.config.values import Span
from relay.core.letters import MEANINGS
from relay.desk.letters import LetterFilterModel

_SPAN: TypeAdapter[timedelta] = TypeAdapter(Span)


def moment_before(text: str | None) -> datetime | None:
    """A span before now."""
    if text is None:
        return None
    try:
        span = _SPAN.validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter("write a span such as 2h, 3d or 1w") from error
    return datetime.now(UTC) - span


def _cause(text: str) -> str:
    if text not in MEANINGS:
        raise typer.BadParameter(f"there are {', '.join(MEANINGS)}")
    return text


SourceOption = Annotated[
    list[str] | None, typer.Option("--source", help="Only of this source; may be repeated.")
]
ConnectorOption = Annotated[
    list[str] | None, typer.Option("--connector", help="Only of sources of this connector.")
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
    source: list[str] | None = None,
    cause: list[str] | None = None,
    code: list[str] | None = None,
    sequence: list[str] | None = None,
    route: list[str] | None = None,
    symptom: str | None = None,
    person: str | None = None,
    text: str | None = None,
    since: str | None = None,
    before: str | None = None,
    connector: list[str] | None = None,
) -> LetterFilterModel:
    """What the options say. Exits where one is too long or no such thing."""
    given = {
        "source": source or (),
        "connector": connector or (),
        "cause": cause or (),
        "code": code or (),
        "sequence": sequence or (),
        "route": route or (),
        "symptom": symptom,
        "person": person,
        "text": text,
        "since": moment_before(since),
        "until": moment_before(before),
    }
    try:
        return LetterFilterModel.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise typer.BadParameter(f"--{first['loc'][0]}: {first['msg']}") from None
