"""The look-ups of a delivery: what was answered to the original answers what the recorded case asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from relay.core.case import Case, Upstream, run_case
from relay.core.connector import Connector
from relay.core.lookup import Answer, LookUp
from relay.core.payload import Node

_NOTHING = Answer(0, Node(None))


def answers_as_recorded(found: Sequence[tuple[LookUp, Answer]]) -> list[Upstream]:
    """Look-ups and what they brought, as a case holds them.

    Where several differ in their body alone, each answer names the body that it belongs to.
    """
    shared = Counter((call.method, call.url) for call, _ in found)
    return [_recorded(*one, names_body=shared[one[0].method, one[0].url] > 1) for one in found]


def _recorded(call: LookUp, answer: Answer, *, names_body: bool) -> Upstream:
    return Upstream(
        method=call.method,
        url=call.url,
        status=answer.status,
        headers={} if answer.retry_after is None else {"retry-after": f"{answer.retry_after:.0f}"},
        body=answer.body.raw,
        body_contains=call.body.decode() if names_body and call.body else None,
    )


def read_with_calls(case: Case, connector: Connector) -> tuple[dict[str, Any], list[LookUp]]:
    """What becomes of a case as `run_case` tells it, and its look-ups; some may have no answer in it."""
    calls: list[LookUp] = []

    def answer(call: LookUp) -> Answer:
        calls.append(call)
        return case.answer_to(call) or _NOTHING

    return run_case(case.model_copy(update={"upstream": []}), connector, answer), calls


def as_asked(case: Case, before: Case, calls: list[LookUp], connector: Connector) -> Case:
    """The case with each answer at the URL that is asked now in the place of the original's look-up.

    `before` is the original, of which `calls` are the look-ups. Its answers and those of the case are in the
    same order. A URL may be made of what was replaced in a field of its own only, such as an id of two
    digits, and of a source's settings: the connector knows.
    """
    placed: dict[int, list[Upstream]] = {number: [] for number in range(len(case.upstream))}
    waiting = _numbers(before, calls)

    def answer(call: LookUp) -> Answer:
        number = next(waiting, None)
        if number is None or case.upstream[number].method != call.method:
            return _NOTHING
        asked = _asked_by(call, case.upstream[number])
        if asked not in placed[number]:
            placed[number].append(asked)
        return case.model_copy(update={"upstream": [asked]}).answer_to(call) or _NOTHING

    if case.upstream:
        run_case(case.model_copy(update={"upstream": []}), connector, answer)
    answers = [one for number, asked in placed.items() for one in asked or [case.upstream[number]]]
    return case.model_copy(update={"upstream": answers})


def _numbers(case: Case, calls: list[LookUp]) -> Iterator[int | None]:
    """Which of a case's answers each of its look-ups got."""
    for call in calls:
        yield next((number for number, one in enumerate(case.upstream) if one.answers(call)), None)


def _asked_by(call: LookUp, answer: Upstream) -> Upstream:
    body, part = (call.body or b"").decode(), answer.body_contains
    return answer.model_copy(
        update={"url": call.url, "body_contains": part if part is None or part in body else body}
    )
