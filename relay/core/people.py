"""Which of several values in a payload is meant."""

from __future__ import annotations

from relay.core.payload import Node


def first_text(*nodes: Node) -> str | None:
    """The first that is not missing and not blank."""
    return next((text for node in nodes if (text := node.text_or_none())), None)


def all_texts(*nodes: Node) -> str | None:
    """Those that are not blank, as one text: of several phone numbers the first valid one is taken."""
    return "; ".join(text for node in nodes if (text := node.text_or_none())) or None


def primary(items: Node, flag: str = "primary") -> Node:
    """The item of a list that its own flag calls the primary one, else the first; of none, none."""
    return next((item for item in items.each() if item.get(flag).flag()), items.first())


def with_calling_code(code: Node, number: Node) -> str | None:
    """A national number with the calling code that stands in a field of its own (`1`, `+44`)."""
    national, prefix = number.text_or_none(), (code.text_or_none() or "").lstrip("+0")
    if national is None or not prefix.isdecimal() or national.startswith("+"):
        return national
    return f"+{prefix}{national}"
