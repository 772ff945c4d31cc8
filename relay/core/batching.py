"""Batches: the frozen set of enrollments posted as one execute call, under one idempotency key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import orjson

from relay.core.contact import Contact
from relay.core.route import Lane

MAX_CONTACTS = 100
"""The execute endpoint takes at most this many contacts in a call."""


@dataclass(frozen=True, slots=True)
class Member:
    """An enrollment in a batch. `fragment` is its contact as JSON, just as it is sent.

    `revision` counts how often a person changed or retried it: another revision is another composition.
    """

    enrollment_id: int
    email: str
    fragment: bytes
    revision: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Composition:
    """Members, body and key that belong together for good."""

    lane: Lane
    members: tuple[Member, ...]
    body: bytes
    key: str


def contact_fragment(contact: Contact) -> bytes:
    """The contact as the API takes it.

    Unknown fields are left out, since an empty one might clear a stored one. The address is in lower case:
    the API finds a contact by it and promises nothing about case.
    """
    data = {name: value for name, value in contact.named().items() if value is not None}
    data["email"] = contact.email.lower()
    return orjson.dumps(data)


def compose(lane: Lane, members: Sequence[Member]) -> Composition:
    """The one body and the one key of these members in this order.

    The key is derived, not drawn: one composition can never have two keys, nor two compositions one.
    """
    if not 1 <= len(members) <= MAX_CONTACTS:
        raise ValueError(f"a batch has 1 to {MAX_CONTACTS} members, not {len(members)}")
    ids = {"locationId": lane.location, "employeeId": lane.employee}
    tail = b"".join(b"," + orjson.dumps(k) + b":" + orjson.dumps(v) for k, v in ids.items() if v is not None)
    body = b'{"contacts":[' + b",".join(member.fragment for member in members) + b"]" + tail + b"}"
    digest = blake2b(digest_size=16, person=b"relay-batch")
    digest.update(orjson.dumps([lane.destination, lane.sequence]))
    digest.update(orjson.dumps([[member.enrollment_id, member.revision] for member in members]))
    digest.update(body)
    return Composition(lane, tuple(members), body, f"relay-{digest.hexdigest()}")


def halves(lane: Lane, members: Sequence[Member]) -> tuple[Composition, Composition]:
    """A refused batch of many as two, so that a bad contact comes to stand alone in few calls."""
    middle = (len(members) + 1) // 2
    return compose(lane, members[:middle]), compose(lane, members[middle:])


def distinct(members: Iterable[Member]) -> list[Member]:
    """The first member of each address: outcomes are matched by e-mail, so one call names each once."""
    found: dict[str, Member] = {}
    for member in members:
        found.setdefault(member.email.casefold(), member)
    return list(found.values())
