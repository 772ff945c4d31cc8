"""Look-ups as values: a handler yields one and receives the answer; the shell performs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlencode

import orjson

from relay.core.auth import Auth, Exchange, Later
from relay.core.errors import Unreadable
from relay.core.payload import Node

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class LookUp:
    """One call to the provider's API. `url` is built by the connector, never taken from a payload.

    `later` is for providers that limit look-ups with other statuses than 429: whether an error means that.
    """

    method: Literal["GET", "POST"]
    url: str
    auth: Auth | Exchange | None = None
    # Equal look-ups are found by hash; a mapping has none, equality still compares it.
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    body: bytes | None = None
    later: Later | None = None


@dataclass(frozen=True, slots=True)
class BatchRead:
    """A look-up of one id that the core may merge with others: `body(ids)` reads up to `limit` of them.

    It is the JSON of a POST; for `method` GET it is the query, as a mapping. Every handler receives the whole
    answer and picks its own id. Reads are merged where `body` is the same function: one of the module.
    `later` as in `LookUp`.
    """

    url: str
    id: str
    body: Callable[[Sequence[str]], Any]
    auth: Auth | Exchange | None = None
    limit: int = 100
    method: Literal["GET", "POST"] = "POST"
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    later: Later | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look-up brought. `status` 0: no answer was received at all; `trouble` may say why.

    `retry_after` is in seconds, as the provider asked. `later`: it asked to be left alone for now, whatever
    the status.
    """

    status: int
    body: Node
    retry_after: float | None = None
    trouble: str = ""
    later: bool = False

    @property
    def found(self) -> bool:
        return 200 <= self.status < 300


def settled(call: LookUp, answer: Answer) -> Answer:
    """The answer as it may be seen: of an error nothing but whether it means "later", since it may quote."""
    return answer if answer.found else replace(answer, body=Node(None), later=_is_later(call, answer.body))


def _is_later(call: LookUp, error: Node) -> bool:
    try:
        return call.later is not None and call.later(error)
    except Unreadable:
        return False


def get(
    url: str,
    *,
    auth: Auth | Exchange | None = None,
    headers: Mapping[str, str] | None = None,
    later: Later | None = None,
) -> LookUp:
    return LookUp("GET", url, auth, headers or {}, later=later)


def post_json(
    url: str, body: Any, *, auth: Auth | Exchange | None = None, headers: Mapping[str, str] | None = None
) -> LookUp:
    return LookUp("POST", url, auth, {"content-type": _JSON, **(headers or {})}, orjson.dumps(body))


def post_form(
    url: str,
    fields: Mapping[str, str],
    *,
    auth: Auth | Exchange | None = None,
    headers: Mapping[str, str] | None = None,
) -> LookUp:
    content = urlencode(fields).encode()
    return LookUp("POST", url, auth, {"content-type": _FORM, **(headers or {})}, content)


def merge(reads: Sequence[BatchRead]) -> list[LookUp]:
    """Reads of the same kind as few calls; the order of ids is kept, doubles are asked once."""
    limit = reads[0].limit
    ids = list(dict.fromkeys(read.id for read in reads))
    return [_merged(reads[0], ids[start : start + limit]) for start in range(0, len(ids), limit)]


def _merged(read: BatchRead, ids: Sequence[str]) -> LookUp:
    if read.method == "POST":
        call = post_json(read.url, read.body(ids), auth=read.auth, headers=read.headers)
        return replace(call, later=read.later)
    url = f"{read.url}?{urlencode(read.body(ids))}"
    return get(url, auth=read.auth, headers=read.headers, later=read.later)


def askable(question: LookUp | BatchRead) -> LookUp | BatchRead:
    """The question, once it is sure to be one. Raises whatever is wrong with it."""
    hash(merge([question])[0] if isinstance(question, BatchRead) else question.url)
    return question
