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

__all__ = [
    "Handshake",
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
