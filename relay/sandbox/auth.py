"""Who is calling, and with what right.

Source: https://demeterrr.mintlify.app/authentication, https://demeterrr.mintlify.app/errors
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relay.sandbox.answers import not_found, refuse

if TYPE_CHECKING:
    from relay.sandbox.journal import Call
    from relay.sandbox.records import ApiKey, Organization, Sequence
    from relay.sandbox.switches import Switches
    from relay.sandbox.world import World

PREFIX = "dem_"
KEY_LENGTH = 47
SESSION_COOKIE = "sandbox_session"


@dataclass(frozen=True, slots=True)
class Visit:
    """A call by somebody known, with the world it may change."""

    call: Call
    organization: Organization
    world: World
    switches: Switches

    def sequence(self, sequence_id: str) -> Sequence:
        """A sequence of the caller's organization; Refusal 404 otherwise."""
        sequence = self.world.sequences.get(sequence_id)
        if sequence is None or sequence.organization_id != self.organization.id:
            raise not_found("Sequence")
        return sequence


def presented_key(call: Call, switches: Switches) -> str:
    """The key as sent, in either header; empty when there is none."""
    plain = call.headers.get("X-API-Key", "").strip()
    scheme, _, token = call.headers.get("Authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    return (plain or bearer) if switches.both_key_headers == "x-api-key" else (bearer or plain)


def identify(call: Call, world: World, switches: Switches) -> ApiKey:
    """The key that this call shows; Refusal 401 when there is none, or none that counts."""
    secret = presented_key(call, switches)
    if not secret:
        raise refuse(
            401,
            "MISSING_API_KEY",
            "API key required. Provide via X-API-Key header or Authorization: Bearer <key>",
        )
    odd = switches.key_length == "47" and len(secret) != KEY_LENGTH
    if odd or not secret.startswith(PREFIX):
        raise refuse(401, "INVALID_API_KEY_FORMAT", "Invalid API key format. Key must start with 'dem_'")
    key = world.keys.get(secret)
    if key is None or not key.active:
        raise refuse(401, "INVALID_API_KEY", "Invalid or inactive API key")
    if key.expires_at is not None and key.expires_at <= call.now:
        raise refuse(401, "EXPIRED_API_KEY", "API key has expired")
    return key


def check_access(organization: Organization, switches: Switches) -> None:
    """Refusal for an organization whose API access is switched off."""
    if not organization.api_access:
        raise refuse(
            switches.api_access_status,
            switches.api_access_code,
            "API access is disabled for this organization",
        )


def check_scope(key: ApiKey, scope: str) -> None:
    """Refusal 403 with `requiredScope` beside `code`."""
    if not key.allows(scope):
        raise refuse(
            403,
            "INSUFFICIENT_PERMISSIONS",
            f"This API key does not have the required scope: {scope}",
            requiredScope=scope,
        )


def signed_in(call: Call, world: World) -> Organization:
    """The organization of a signed-in app session; an API key opens nothing here."""
    for part in call.headers.get("Cookie", "").split(";"):
        name, _, token = part.strip().partition("=")
        if name == SESSION_COOKIE and token in world.sessions:
            return world.organizations[world.sessions[token]]
    raise refuse(401, "UNAUTHORIZED", "Sign in to continue")
