"""The cookie of a session, as text: no script can read it, and no other site's form brings it along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """How the console at a public address keeps somebody logged in."""

    encrypted: bool

    @property
    def name(self) -> str:
        # Browsers take a name with this prefix from the host itself alone, and only over https
        # (https://developer.mozilla.org/docs/Web/HTTP/Guides/Cookies#cookie_prefixes).
        return "__Host-relay" if self.encrypted else "relay"

    def shown_in(self, headers: Mapping[str, str]) -> str | None:
        """What a browser shows; header names are in lower case."""
        for part in headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == self.name:
                return value
        return None

    def giving(self, value: str, seconds: int) -> str:
        """The value of Set-Cookie that keeps this in the browser for so long."""
        # Lax, not Strict: who follows a link from an alert arrives logged in.
        cookie = f"{self.name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"
        return f"{cookie}; Secure" if self.encrypted else cookie

    @property
    def taking(self) -> str:
        """The value of Set-Cookie that makes the browser forget it."""
        return self.giving("", 0)
