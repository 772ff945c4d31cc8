"""When to try again: a failure and a count in, a delay or nothing out."""

from __future__ import annotations

from dataclasses import dataclass

MAX_RETRY_AFTER = 86400.0
"""A wait that the other side asks for is honoured up to this many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Exponential back-off, in seconds. After `attempts` failures the enrollment is given up."""

    initial: float = 5.0
    factor: float = 3.0
    longest: float = 3600.0
    attempts: int = 24

    def ceiling(self, failures: int) -> float:
        """The longest wait after so many failures (1 is the first)."""
        # Beyond 64 steps the power might not fit a float, and the ceiling has long been reached.
        return min(self.longest, self.initial * self.factor ** min(failures - 1, 64))

    def delay(self, failures: int, spread: float, retry_after: float | None = None) -> float | None:
        """Seconds to wait after this many failures; None: give up.

        Full jitter: `spread`, drawn evenly from [0, 1), scales the whole wait, so that many senders do not
        come back together. A wait that the other side asked for comes first and is only added to.
        """
        if failures >= self.attempts:
            return None
        return asked(retry_after) + spread * self.ceiling(failures)


def asked(retry_after: float | None) -> float:
    """The wait that the other side asked for, within bounds."""
    return min(max(retry_after or 0.0, 0.0), MAX_RETRY_AFTER)
