"""Tokens, links and sessions with defaults, and what their holders show. Each number is another one."""

from __future__ import annotations

from typing import Any

from relay.core.access import LINK_LASTS, SESSION_LASTS, Link, Role, Session, Token
from relay.core.credential import ENTROPY, Credential, Kind, mint
from tests.factories import NOW_MS


def credential(kind: Kind, number: int = 1) -> Credential:
    return mint(kind, number.to_bytes(6) + number.to_bytes(ENTROPY - 6))


def impostor(kind: Kind, number: int = 1) -> Credential:
    """Of the same id and the right form, with another secret."""
    return mint(kind, number.to_bytes(6) + b"\xff" * (ENTROPY - 6))


def token(number: int = 1, **given: Any) -> Token:
    """Of a viewer, for ever."""
    usual: dict[str, Any] = {
        "id": credential(Kind.TOKEN, number).id,
        "name": f"report-{number}",
        "role": Role.VIEWER,
        "created_at": NOW_MS,
        "created_by": "ops at the terminal",
    }
    return Token(**usual | given)


def link(number: int = 1, **given: Any) -> Link:
    """To an operator, just made."""
    usual: dict[str, Any] = {
        "id": credential(Kind.LINK, number).id,
        "name": "Ana",
        "role": Role.OPERATOR,
        "created_at": NOW_MS,
        "created_by": "ops at the terminal",
        "expires_at": NOW_MS + LINK_LASTS,
    }
    return Link(**usual | given)


def session(number: int = 1, **given: Any) -> Session:
    """Of an operator, just opened."""
    usual: dict[str, Any] = {
        "id": credential(Kind.SESSION, number).id,
        "name": "Ana",
        "role": Role.OPERATOR,
        "opened_at": NOW_MS,
        "seen_at": NOW_MS,
        "expires_at": NOW_MS + SESSION_LASTS,
        "address": "192.0.2.7",
    }
    return Session(**usual | given)
