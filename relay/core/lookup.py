"""Look-ups as values: a handler yields one and receives the answer; the shell performs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import orjson

from relay.core.payload import Node


@dataclass(frozen=True, slots=True)
class Auth:
    """Which of the source's secrets authorises a look-up; the core never sees its value."""

    kind: Literal["bearer", "basic"]
    secret: str
    user: str = ""


def bearer(secret: str = "access_token") -> Auth:  # noqa: S107  # the name of a secret, not a secret
    return Auth("bearer", secret)


def basic(*, user: str, secret: str) -> Auth:
    """HTTP Basic: `user` is the user name itself, `secret` names the secret that is the password."""
    return Auth("basic", secret, user)


@dataclass(frozen=True, slots=True)
class LookUp:
    """One call to the provider's API. `url` is built by the connector, never taken from a payload."""

    method: Literal["GET", "POST"]
    url: str
    auth: Auth | None = None
    # Equal look-ups are found by hash; a mapping has none, equality still compares it.
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class BatchRead:
    """A look-up of one id that the core may merge with others: `body(ids)` reads up to `limit` of them.

    Every handler receives the whole answer and picks its own id.
    """

    url: str
    id: str
    body: Callable[[Sequence[str]], Any]
    auth: Auth | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look-up brought. `status` 0: no answer was received at all; `trouble` may say why.

    `retry_after` is in seconds, as the provider asked.
    """

    status: int
    body: Node
    retry_after: float | None = None
    trouble: str = ""

    @property
    def found(self) -> bool:
        return 200 <= self.status < 300


def get(url: str, *, auth: Auth | None = None, headers: Mapping[str, str] | None = None) -> LookUp:
    return LookUp("GET", url, auth, headers or {})


def merge(reads: Sequence[BatchRead]) -> list[LookUp]:
    """Reads of the same kind as few calls; the order of ids is kept, doubles are asked once."""
    first = reads[0]
    ids = list(dict.fromkeys(read.id for read in reads))
    return [
        LookUp(
            "POST",
            first.url,
            first.auth,
            {"content-type": "application/json"},
            orjson.dumps(first.body(ids[start : start + first.limit])),
        )
        for start in range(0, len(ids), first.limit)
    ]


def askable(question: LookUp | BatchRead) -> LookUp | BatchRead:
    """The question, once it is sure to be one. Raises whatever is wrong with it."""
    hash(merge([question])[0] if isinstance(question, BatchRead) else question.url)
    return question
