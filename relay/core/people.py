"""Which of several values in a payload is meant, and which of them make a person."""

from __future__ import annotations

from relay.core.event import Person
from relay.core.payload import Node


def first_of(*nodes: Node) -> Node:
    """The first that exists, else the last, which names the path where something is missing."""
    return next((node for node in nodes if node.exists), nodes[-1])


def unwrapped(node: Node, key: str) -> Node:
    """What an object holds at `key`, or what is no object itself: `{"id": 7}` and `7`."""
    return node.get(key) if isinstance(node.raw, dict) else node


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


Places = str | tuple[str, ...]


def read_person(
    holder: Node,
    *,
    email: Places,
    first_name: Places = (),
    last_name: Places = (),
    full_name: Places = (),
    phone: Places = (),
    country: Places = (),
    unsubscribed: Places = (),
) -> Person:
    """The person whose fields stand in `holder`, at a path (`address.country`) or the first of several.

    Of several phone numbers the first valid one counts, of several marks of `unsubscribed` any.
    """
    return Person(
        email=first_text(*_at(holder, email)),
        first_name=first_text(*_at(holder, first_name)),
        last_name=first_text(*_at(holder, last_name)),
        full_name=first_text(*_at(holder, full_name)),
        phone=all_texts(*_at(holder, phone)),
        country=first_text(*_at(holder, country)),
        unsubscribed=any(node.flag() for node in _at(holder, unsubscribed)),
    )


def _at(holder: Node, places: Places) -> list[Node]:
    return [holder.get(*path.split(".")) for path in ((places,) if isinstance(places, str) else places)]
