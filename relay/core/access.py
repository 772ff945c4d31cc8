"""Who may do what at the operator's desk: a name and a role, come by with a token or a session.

Times are milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MINUTE = 60_000
LINK_LASTS = 10 * MINUTE
SESSION_RESTS = 12 * 60 * MINUTE
"""A session that is not used for so long has ended."""

SESSION_LASTS = 7 * 24 * 60 * MINUTE
"""However much it is used."""

NOTED_EVERY = MINUTE
"""A use is written down at most so often."""

LOGIN = "/console/login"
"""Where a link leads: a page with a button, whose form sends the field `link` back by POST."""

LONGEST_NAME = 60


class Role(StrEnum):
    """From the least to the most: who looks, who repairs, and who lets people in."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def allows(self, needed: Role) -> bool:
        """Whether a caller of this role may do what asks for `needed`."""
        return _RANK[self] >= _RANK[needed]


_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in; `name` is what the audit log says of what they change."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Token:
    """Lets a program in at the API until it expires or is revoked. `id` is no secret."""

    id: str
    name: str
    role: Role
    created_at: int
    created_by: str
    expires_at: int | None = None
    last_used_at: int | None = None
    revoked_at: int | None = None

    def ended(self, now: int) -> str | None:
        """Why it lets nobody in; None: it does."""
        if self.revoked_at is not None and (self.expires_at is None or self.revoked_at < self.expires_at):
            return "was revoked"
        return "has expired" if self.expires_at is not None and self.expires_at <= now else None

    def unnoted(self, now: int) -> bool:
        """Whether a use at `now` is to be written down."""
        return self.last_used_at is None or self.last_used_at <= now - NOTED_EVERY

    @property
    def caller(self) -> Caller:
        return Caller(f"{self.name} by token", self.role)


@dataclass(frozen=True, slots=True)
class Link:
    """Opens one session at the console, once, and only soon after it was made."""

    id: str
    name: str
    role: Role
    created_at: int
    created_by: str
    expires_at: int
    used_at: int | None = None

    def ended(self, now: int) -> str | None:
        """Why it opens nothing; None: it does."""
        if self.used_at is not None:
            return "was used already"
        return "has expired" if self.expires_at <= now else None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody at the console. `address` is where the session was opened from, if that is known."""

    id: str
    name: str
    role: Role
    opened_at: int
    seen_at: int
    expires_at: int
    address: str | None = None

    def ended(self, now: int) -> str | None:
        """Why it lets nobody in any more; None: it does."""
        over = self.expires_at <= now or self.seen_at <= now - SESSION_RESTS
        return "has ended" if over else None

    def unnoted(self, now: int) -> bool:
        """Whether a use at `now` is to be written down."""
        return self.seen_at <= now - NOTED_EVERY

    @property
    def caller(self) -> Caller:
        return Caller(f"{self.name} at the console", self.role)


def login_url(public_url: str, link: str) -> str:
    """The address that somebody is sent; `link` is what their link proves itself with."""
    return f"{public_url}{LOGIN}?link={link}"


def name_of(text: str) -> str:
    """The name of a token or a person as it is kept, in one line. Raises `ValueError`."""
    line = " ".join(text.split())
    if not 0 < len(line) <= LONGEST_NAME or not line.isprintable():
        raise ValueError(f"should be a name of 1 to {LONGEST_NAME} letters, digits and other signs")
    return line
