"""Parts of stories that several commands tell: what was received, corrected, tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson
from rich.panel import Panel
from rich.text import Text

from relay.cli.output import console, plain, show_moment, table
from relay.desk.stories import AttemptModel, CorrectionModel, FieldDiff, Received


def panel(title: str, text: str) -> None:
    """Text from outside, JSON with line breaks."""
    console.print(Panel(Text(plain(_pretty(text))), title=Text(plain(title)), title_align="left"))


def _pretty(text: str) -> str:
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return text


NOT_KEPT = "What it said is not kept any more: see retention.bodies, or somebody in it was forgotten."


def show_received(request: Received) -> None:
    if not request.kept:
        console.print(NOT_KEPT)
        return
    panel("Headers", orjson.dumps(request.headers).decode())
    if request.body:
        panel("Body as received", request.body)


def show_corrections(corrections: Sequence[CorrectionModel]) -> None:
    rows = [
        (show_moment(one.at), one.who, one.why, field.field, field.before, field.after)
        for one in corrections
        for field in one.fields
    ]
    if rows:
        console.print(table("Corrections", ("at (UTC)", "who", "why", "field", "before", "after"), rows))


def show_attempts(attempts: Sequence[AttemptModel]) -> None:
    if attempts:
        columns = ("at (UTC)", "call", "took", "status", "end", "answer")
        console.print(table("Attempts", columns, map(_attempt, attempts)))


def _attempt(one: AttemptModel) -> tuple[object, ...]:
    end = one.certainty or "answered"
    answer = one.error or (one.answer or "")[:200]
    return show_moment(one.started_at), f"{one.batch}.{one.number}", f"{one.took} ms", one.status, end, answer


def show_changes(fields: Iterable[FieldDiff]) -> None:
    """Before and after; what changes stands out."""
    rows = [
        (
            one.field.replace("_", " "),
            one.before,
            Text(plain(one.after or "-"), style="green" if one.before != one.after else ""),
        )
        for one in fields
    ]
    if rows:
        console.print(table("What is sent", ("", "as it was", "as it will be"), rows))
