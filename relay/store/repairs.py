"""What every store can do to repair dead letters one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from relay.core.attribution import Maps
from relay.core.audit import Change
from relay.core.contact import Contact
from relay.core.correction import Correction
from relay.core.repair import DeadEnrollment, Outlook, ParkedEvent


class RepairStore(Protocol):
    """Corrections and what they need to know. Letters are named `dead-N` and `parked-N`.

    Times are milliseconds since 1970 in UTC; `maps` are by destination.
    """

    async def dead_enrollments(self, letters: Sequence[str]) -> list[DeadEnrollment]:
        """Those of the letters that are dead enrollments."""
        ...

    async def parked_event(self, letter: str) -> ParkedEvent | None: ...

    async def outlook(
        self, letter: str, contact: Contact, now: int, maps: Mapping[str, Maps]
    ) -> Outlook | None:
        """What stands against sending a dead enrollment to this contact; None where the letter is none."""
        ...

    async def correct(self, letter: str, made: Correction, by: Change | None = None) -> bool:
        """Change what is sent for a dead enrollment; it stays dead until it is retried.

        False where nothing was changed: it is no dead enrollment any more, its contact is not `made.before`,
        or before and after are the same.
        """
        ...

    async def mark_delivered(
        self, letters: Sequence[str], reason: str, by: Change | None = None
    ) -> list[str]:
        """Dead enrollments of unknown outcome that somebody found at the destination, as delivered.

        The ids for which that was possible; `relay.core.repair.why_not_delivered` says why others are not.
        """
        ...
