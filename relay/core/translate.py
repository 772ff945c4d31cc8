"""Requests to fates: parse, split, read each event, ask the provider where the payload is thin.

Sans-IO: `translate` yields rounds of look-ups and receives their answers in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from relay.core.connector import Asking, Connector, Ignored, find_handler, is_ignored, of_another_account
from relay.core.errors import NotWanted, NotYet, Unreadable
from relay.core.event import Reading
from relay.core.fate import NO_LONGER_THERE, Deferred, Fate, Parked, Translated, failed, whole
from relay.core.lookup import Answer, BatchRead, LookUp, askable, merge
from relay.core.normalising import normalise
from relay.core.payload import Node
from relay.core.request import Request
from relay.core.source import Source

Translation = Generator[Sequence[LookUp], Sequence[Answer], list[Translated]]


def translate(
    connector: Connector,
    request: Request,
    source: Source,
    only: Collection[int] | None = None,
) -> Translation:
    """Read every event of a request, or those at the positions in `only`.

    One bad event never hides its neighbours. Never raises, whatever request and connector do.
    """
    try:
        return (yield from _translate(connector, request, source, only))
    except Exception as error:  # noqa: BLE001  # a bug in a connector must not lose the request
        return [whole(failed(error))]


def _translate(
    connector: Connector, request: Request, source: Source, only: Collection[int] | None
) -> Translation:
    try:
        events = list(connector.split(connector.parse(request)))
    except Unreadable as error:
        return [whole(Parked(error.problem, error.path))]
    if not events:
        return [whole(Ignored("the request holds no events"))]
    readers = [
        _Reader(connector, request, source, position, event)
        for position, event in enumerate(events)
        if only is None or position in only
    ]
    while waiting := [reader for reader in readers if reader.question is not None]:
        answers = yield from _ask([reader.question for reader in waiting if reader.question])
        for reader, answer in zip(waiting, answers, strict=True):
            reader.receive(answer)
    # A connector that was changed may find fewer events: what is asked for has a fate all the same.
    gone = [Translated(place, "", None, NO_LONGER_THERE) for place in only or () if place >= len(events)]
    return [reader.result() for reader in readers] + gone


def _ask(
    questions: list[LookUp | BatchRead],
) -> Generator[Sequence[LookUp], Sequence[Answer], list[list[Answer]]]:
    """One round: equal look-ups are made once, reads of the same kind are merged."""
    calls: dict[LookUp, None] = {}
    plan: list[list[LookUp]] = []
    groups: dict[tuple[object, ...], list[BatchRead]] = {}
    for question in questions:
        if isinstance(question, BatchRead):
            groups.setdefault(_group(question), []).append(question)
    for question in questions:
        asked = (
            _call_for(question, groups[_group(question)]) if isinstance(question, BatchRead) else [question]
        )
        calls.update(dict.fromkeys(asked))
        plan.append(asked)
    answers = yield list(calls)
    known = dict(zip(calls, answers, strict=True))
    return [[known[call] for call in asked] for asked in plan]


def _group(read: BatchRead) -> tuple[object, ...]:
    return read.url, read.auth, read.body, read.limit, read.method, tuple(read.headers.items())


def _call_for(read: BatchRead, group: list[BatchRead]) -> list[LookUp]:
    """The one merged call that asks for this read's id."""
    ids = list(dict.fromkeys(other.id for other in group))
    return [merge(group)[ids.index(read.id) // read.limit]]


class _Reader:
    """One event on its way to a fate: runs its handler from question to question."""

    def __init__(
        self, connector: Connector, request: Request, source: Source, position: int, event: Node
    ) -> None:
        self._position = position
        self._source = source
        self._received_at = request.received_at
        self._asking: Asking | None = None
        self._fate: Fate | None = None
        self._event_type = ""
        self._delivery_id: str | None = None
        self.question: LookUp | BatchRead | None = None
        self._step(lambda: self._start(connector, request, event))

    def _step(self, take: Callable[[], None]) -> None:
        """Take a step in the connector's code; what goes wrong in it is this event's fate."""
        self.question = None
        try:
            take()
        except Unreadable as error:
            self._fate = Parked(error.problem, error.path)
        except NotWanted as error:
            self._fate = Ignored(str(error), nobody=error.nobody)
        except NotYet as error:
            self._fate = Deferred(f"look-up: {error}")
        except Exception as error:  # noqa: BLE001  # as in translate
            self._fate = failed(error)

    def _start(self, connector: Connector, request: Request, event: Node) -> None:
        self._event_type = connector.event_type(request, event) or ""
        self._delivery_id = connector.delivery_id(request, event)
        if other := of_another_account(connector, request, event, self._source):
            self._fate = Ignored(other)
            return
        if is_ignored(connector, self._event_type):
            self._fate = Ignored(f"{self._event_type or 'this event'} is not wanted")
            return
        handler = find_handler(connector, self._event_type)
        if handler is None:
            self._fate = self._unknown()
            return
        outcome = handler(event, self._source)
        if isinstance(outcome, Reading | Ignored):
            self._end(outcome)
        else:
            self._asking = outcome
            self._advance(None)

    def _unknown(self) -> Ignored | Parked:
        reason = f"unknown event type {self._event_type!r}" if self._event_type else "no event type"
        ignore = self._source.settings.unknown_events == "ignore"
        return Ignored(reason) if ignore else Parked(reason)

    def _advance(self, answer: Answer | None) -> None:
        if self._asking is None:
            raise RuntimeError("an event without a running handler was advanced")
        try:
            # `None` starts a generator; afterwards each step is sent its answer.
            self.question = askable(next(self._asking) if answer is None else self._asking.send(answer))
        except StopIteration as stop:
            self._end(stop.value)

    def _end(self, outcome: Reading | Ignored) -> None:
        regions = (self._source.settings.default_region,)
        if isinstance(outcome, Ignored):
            self._fate = outcome
        else:
            self._fate = normalise(_dated(outcome, self._received_at), [r for r in regions if r])

    def receive(self, answers: list[Answer]) -> None:
        answer = answers[0]
        verdict = judge_answer(answer)
        if verdict is not None:
            self.question = None
            self._fate = verdict
        else:
            self._step(lambda: self._advance(answer))

    def result(self) -> Translated:
        if self._fate is None:
            raise RuntimeError("an event was left without a fate")
        return Translated(self._position, self._event_type, self._delivery_id, self._fate)


def judge_answer(answer: Answer) -> Parked | Deferred | None:
    """What a look-up's status means for the event; None: the handler decides (found, or not there)."""
    status = answer.status
    if answer.later:
        return Deferred(f"look-up: the provider answered {status}, and to ask later", answer.retry_after)
    if answer.found or status in (404, 410):
        return None
    if status in (401, 403, 419):
        return Parked(f"the provider refused the look-up ({status}): check this source's secrets")
    if status in (0, 408, 425, 429) or status >= 500:
        reason = (
            f"the provider answered {status}" if status else answer.trouble or "the provider did not answer"
        )
        return Deferred(f"look-up: {reason}", answer.retry_after)
    return Parked(f"the provider answered the look-up with {status}")


def _dated(reading: Reading, received_at: float | None) -> Reading:
    if reading.occurred_at is not None or received_at is None:
        return reading
    return replace(reading, occurred_at=datetime.fromtimestamp(received_at, UTC))
