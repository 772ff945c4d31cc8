"""When to try again: a failure and a count in, a delay or nothing out."""

from __future__ import annotations

from dataclasses import dataclass

MAX_RETRY_AFTER = 86400.0
"""A wait that the other side asks for is honoured up to this many seconds."""

MOST_ATTEMPTS = 10_000


@dataclass(frozen=True, slots=True)
class Schedule:
    """The longest wait after each failure, in seconds. After one failure more it is given up."""

    ceilings: tuple[float, ...]

    @property
    def attempts(self) -> int:
        return len(self.ceilings) + 1

    def delay(self, failures: int, spread: float, retry_after: float | None = None) -> float | None:
        """Seconds to wait after this many failures (1 is the first); None: give up.

        Full jitter: `spread`, drawn evenly from [0, 1), scales the whole wait, so that many senders do not
        come back together. A wait that the other side asked for comes first and is only added to.
        """
        if failures >= self.attempts:
            return None
        return asked(retry_after) + spread * self.ceilings[failures - 1]


def exponential(
    *,
    initial: float = 5.0,
    factor: float = 3.0,
    longest: float = 3600.0,
    lasting: float = 4 * 86400.0,
    attempts: int = MOST_ATTEMPTS,
) -> Schedule:
    """Waits that grow by `factor` from `initial` to `longest`, all in seconds.

    They go on until they come to `lasting` on average, which with full jitter is half of the ceilings, or
    until `attempts` failures. Only failures are counted, so that neither a hold nor a stopped relay ends it.
    """
    ceilings: list[float] = []
    wait, left = min(initial, longest), 2 * lasting
    while left > 0 and len(ceilings) < attempts - 1:
        ceilings.append(wait)
        left -= wait
        wait = min(longest, wait * factor)
    return Schedule(tuple(ceilings))


def asked(retry_after: float | None) -> float:
    """The wait that the other side asked for, within bounds."""
    return min(max(retry_after or 0.0, 0.0), MAX_RETRY_AFTER)
