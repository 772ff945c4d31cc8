"""Answers to address tests and to deliveries."""

from __future__ import annotations

from relay.core.handshakes import (
    Handshake,
    answers,
    consents,
    echo_form,
    echo_header,
    echo_json,
    echo_query,
    first_handshake,
    json_reply,
    tells,
    text_reply,
)
from relay.core.request import Reply

__all__ = [
    "Handshake",
    "Reply",
    "answers",
    "consents",
    "echo_form",
    "echo_header",
    "echo_json",
    "echo_query",
    "first_handshake",
    "json_reply",
    "tells",
    "text_reply",
]
