"""Retry schedules, from the keys that describe them to the waits that they mean."""

from __future__ import annotations

from relay.config.faults import Findings
from relay.config.models import Config, Retry
from relay.core.retry import Schedule, exponential


def schedule(retry: Retry) -> Schedule:
    """The longest waits in seconds, as the core counts them."""
    if retry.waits:
        return Schedule(tuple(wait.total_seconds() for wait in retry.waits))
    return exponential(
        initial=retry.initial.total_seconds(),
        factor=retry.factor,
        longest=retry.longest.total_seconds(),
        lasting=retry.give_up_after.total_seconds(),
        attempts=retry.attempts,
    )


def check_retries(config: Config, findings: Findings) -> None:
    """A list says every wait, so that a key of the growing ones beside it would mean nothing."""
    for table, retry in (("delivery", config.delivery.retry), ("lookups", config.lookups.retry)):
        others = [name for name in type(retry).model_fields if name in retry.model_fields_set - {"waits"}]
        if retry.waits and others:
            problem = f"cannot stand beside {' and '.join(others)}: the list says every wait and when it ends"
            findings.fault((table, "retry", "waits"), problem, "keep the one or the other")
