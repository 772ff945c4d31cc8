"""What reading an event costs: every recorded case, over and over: `python -m tests.bench.translation`.

CPU of one thread from a request's bytes to normalised events, the look-ups' answers being at hand. Parsing,
handlers and normalisation count; verification, storage and the answering of look-ups do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from relay.core.case import Case, parse_case
from relay.core.connector import Connector
from relay.core.fate import Translated
from relay.core.lookup import Answer, LookUp
from relay.core.translate import translate
from relay.registry import Registry
from tests.bench.bench import Finding, Result, Setting, command
from tests.bench.charts import Bar, bars

CASES = Path(__file__).parents[1] / "connectors"


@dataclass(frozen=True)
class Cost:
    """Microseconds for one event of a case, and how many events it has."""

    case: str
    each: float
    events: int


def cases(registry: Registry) -> Iterator[tuple[str, Connector, Case]]:
    for path in sorted(CASES.glob("*/*.json")):
        case = parse_case(path.read_bytes())
        yield f"{path.parent.name}/{path.stem}", registry.get(case.connector), case


def cost(name: str, connector: Connector, case: Case, seconds: float) -> Cost | None:
    """None for cases that are not to be read, such as forged ones."""
    if (case.expect or {}).get("outcome") not in ("events", "ignored", "parked"):
        return None
    once = _reading(connector, case)
    events = len(once())
    took: list[int] = []
    started = time.perf_counter()
    while not took or time.perf_counter() - started < seconds:
        before = time.thread_time_ns()
        once()
        took.append(time.thread_time_ns() - before)
    return Cost(name, median(took) / 1000 / max(1, events), events)


def _reading(connector: Connector, case: Case) -> Callable[[], list[Translated]]:
    source, request = case.make_source(connector), case.make_request()
    ready = connector.for_source(connector, source)
    remembered: dict[tuple[LookUp, ...], list[Answer]] = {}

    def once() -> list[Translated]:
        steps = translate(ready, request, source, None)
        try:
            asked = tuple(next(steps))
            while True:
                if asked not in remembered:
                    remembered[asked] = [answer for call in asked if (answer := case.answer_to(call))]
                asked = tuple(steps.send(remembered[asked]))
        except StopIteration as stop:
            read: list[Translated] = stop.value
            return read

    return once


def measure(setting: Setting) -> Result:
    registry, seconds = Registry(), 0.01 if setting.quick else 0.05
    found = [cost(name, connector, case, seconds) for name, connector, case in cases(registry)]
    costs = sorted((one for one in found if one is not None), key=lambda one: one.each)
    each = [one.each for one in costs]
    connectors = {one.case.partition("/")[0] for one in costs}
    findings = [
        Finding("translation, CPU of an event, median of cases", median(each), "µs"),
        Finding("translation, CPU of an event, p90 of cases", each[len(each) * 9 // 10], "µs"),
    ]
    chart = bars(
        "The slowest cases", "µs of CPU for each event", [Bar(one.case, one.each) for one in costs[:-11:-1]]
    )
    said = f"{len(costs)} cases of {len(connectors)} connectors."
    return Result("Translation", findings, {"translation-slowest.svg": chart}, said)


if __name__ == "__main__":
    command(measure, __doc__)
