"""What the desk is handed to look into the future of a dead letter, and to bring it about."""

from __future__ import annotations

from typing import Protocol

from relay.core.audit import Change
from relay.core.correction import Fields
from relay.core.repair import How, Preview


class Repairing(Protocol):
    """Reads stored requests again, with look-ups where they are needed. Both raise `Incorrect`."""

    async def preview(self, letter: str, how: How, fields: Fields = ...) -> Preview | None:
        """What sending it again would do; None where there is no such dead letter."""
        ...

    async def send_again(
        self, letter: str, how: How, by: Change, fields: Fields = ..., why: str = ...
    ) -> Preview | None:
        """Do what the preview shows; its `why_not` says why nothing was done."""
        ...
