"""What every store keeps of who is let in. Of a credential it keeps the digest alone."""

from __future__ import annotations

from typing import Protocol

from relay.core.access import MINUTE, Link, Session, Token
from relay.core.audit import Change
from relay.core.credential import Kind
from relay.core.lockout import Failures, Tries

TOKENS_KEPT = 90 * 24 * 60 * MINUTE
"""For so long a token that ended is still listed."""


class AccessStore(Protocol):
    """Tokens, login links, sessions, and failures to show one. Times are milliseconds since 1970 in UTC.

    What is found comes with its digest, for whoever asks to compare. What ended is forgotten when something
    new is made: links and sessions at once, tokens after `TOKENS_KEPT`.
    """

    async def create_token(self, token: Token, digest: bytes, by: Change | None = None) -> bool:
        """False where another token of that name still lets somebody in."""
        ...

    async def find_token(self, token: str) -> tuple[Token, bytes] | None: ...

    async def tokens(
        self, limit: int, after: tuple[int, str] | None = None, alive_at: int | None = None
    ) -> list[Token]:
        """The newest first: all of them, or those that let somebody in at the time `alive_at`.

        `after` is when the last one of the page before was made, and its id.
        """
        ...

    async def revoke_token(self, token: str, now: int, by: Change | None = None) -> bool:
        """False where it does not let anybody in as it is."""
        ...

    async def touch_token(self, token: str, now: int) -> None:
        """Write down that it was used; once a minute is enough."""
        ...

    async def create_link(self, link: Link, digest: bytes, by: Change | None = None) -> bool: ...

    async def find_link(self, link: str) -> tuple[Link, bytes] | None: ...

    async def use_link(self, link: str, session: Session, digest: bytes, by: Change | None = None) -> bool:
        """Use up a link and open a session, whose digest this is. False where the link opens nothing."""
        ...

    async def find_session(self, session: str) -> tuple[Session, bytes] | None: ...

    async def sessions(self, now: int, limit: int, after: tuple[int, str] | None = None) -> list[Session]:
        """Those that have not ended, the newest first; `after` as for tokens."""
        ...

    async def revoke_session(self, session: str, by: Change | None = None) -> bool:
        """End it at once, also when somebody logs out. False where it is not there."""
        ...

    async def touch_session(self, session: str, now: int) -> None:
        """Write down that it was used; once a minute is enough."""
        ...

    async def tries(self, kind: Kind, address: str | None) -> Tries:
        """What failed with that kind of credential, from this address and from everywhere."""
        ...

    async def failed(self, kind: Kind, address: str | None, now: int) -> Failures | None:
        """Count a failure; what failed from this address by now, or from everywhere where it is not known.
        None where failures are not counted now."""
        ...
