"""Rows for items 25 to 29: every plan, every window, every form of header."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, product
from typing import get_args

from relay.sandbox.first import ORGANIZATION
from relay.sandbox.profiles import BUDGETS, Table
from relay.sandbox.switches import Switches
from tests.work.behaviours import worlds
from tests.work.behaviours.row import Row, leaving
from tests.work.behaviours.traffic import FEW, guest

HEADERS = get_args(Switches.model_fields["rate_headers"].annotation)
HINTS = get_args(Switches.model_fields["retry_after"].annotation)
KINDS = get_args(Switches.model_fields["rate_window"].annotation)


def plans() -> Iterator[Row]:
    """Every published figure is reached once by the minute and once by the hour."""
    kinds = cycle(KINDS)
    for table in get_args(Table):
        for plan in BUDGETS[table]:
            for window in ("minute", "hour"):
                yield Row(
                    says=f"the {window} of the plan {plan} in the {table} table is used up but for one call",
                    switches={
                        "rate_limits": True,
                        "rate_table": table,
                        "rate_profile": plan,
                        "rate_window": next(kinds),
                    },
                    given=worlds.used_up(window, left=1),
                    traffic=FEW,
                )


def forms() -> Iterator[Row]:
    """Every header with every hint, under both kinds of windows and all ways of counting in turn."""
    for (row, headers), (column, hint) in product(enumerate(HEADERS), enumerate(HINTS)):
        kind = KINDS[(row + column) % 2]
        refused, failed = (row // 2 + column) % 2 == 0, (row + column // 2) % 2 == 0
        yield Row(
            says=f"{kind} windows are told by {headers} and a 429 hints by {hint}, "
            f"{'429s' if refused else 'no 429s'} and {'' if failed else 'no '}other refusals being counted",
            switches={
                "rate_limits": True,
                "rate_headers": headers,
                "retry_after": hint,
                "rate_window": kind,
                "count_refused": refused,
                "count_failed": failed,
                "poison": {guest("shop", 1)},
            },
            given=worlds.used_up("minute", left=1),
            left=leaving(refused=1),
            traffic=FEW,
        )


def mixtures() -> Iterator[Row]:
    yield Row(says="there is no limit", switches={"rate_limits": False}, strikes={1: ("429",)})
    yield Row(
        says="an organization has figures of its own, for more calls than a minute has",
        switches={
            "rate_limits": True,
            "rate_profile": "enterprise",
            "rate_overrides": {ORGANIZATION: {"per_minute": 3, "per_hour": 8}},
            "poison": {guest("shop", 1)},
        },
        left=leaving(refused=1),
        traffic=FEW,
    )
    yield Row(
        says="refused calls count, windows slide, hints are half the truth, and few calls are allowed",
        switches={
            "rate_overrides": {ORGANIZATION: {"per_minute": 12, "per_hour": 200}},
            "rate_headers": "none",
            "retry_after": "shorter",
            "rate_window": "sliding",
            "count_refused": True,
            "poison": {guest("shop", 1)},
        },
        given=worlds.used_up("minute", left=1),
        left=leaving(refused=1),
        traffic=FEW,
    )
    for wait in (0, 90):
        yield Row(
            says=f"a 429 asks for {wait} seconds, and so does the one after it",
            switches={"fault_retry_after": wait},
            strikes={1: ("429", "429"), 2: ("429", "close-after"), 3: ("close-after", "429")},
        )
    yield Row(
        says="both windows are used up and answers are lost",
        switches={"rate_limits": True, "rate_headers": "none", "fault_retry_after": 5},
        given=worlds.all_of(worlds.used_up("minute", left=2), worlds.used_up("hour", left=3)),
        strikes={1: ("close-after",), 2: ("close-after", "504-html")},
    )


ROWS = (*plans(), *forms(), *mixtures())
