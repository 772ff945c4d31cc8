"""Pieces of look-ups that connectors share: addresses, GraphQL, pages."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from relay.core.auth import Auth, Exchange, Later
from relay.core.errors import NotYet, Unreadable
from relay.core.lookup import Answer, LookUp, get, post_json
from relay.core.payload import Node

_MOST_PAGES: Final = 20


def url_of(base: str, *segments: str | Node, **query: str | Node) -> str:
    """An address below `base`, with each segment and each value of the query quoted as a whole.

    Raises `Unreadable` for a segment that would lead elsewhere: an id is `a/b` in a hostile body only.
    """
    path = "".join(f"/{quote(_segment(segment), safe='')}" for segment in segments)
    given = {name: value.text() if isinstance(value, Node) else value for name, value in query.items()}
    return base + path + (f"?{urlencode(given)}" if given else "")


def _segment(segment: str | Node) -> str:
    text, path = (segment.text(), segment.path) if isinstance(segment, Node) else (segment, "$")
    if text in ("", ".", "..") or any(sign in text for sign in "/\\"):
        raise Unreadable("is no id", path)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What look-ups at one place of a provider share; `end` is what it wants behind the last segment.

    `later` as in `LookUp`.
    """

    base: str = field(kw_only=False)
    auth: Auth | Exchange | None = None
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    end: str = ""
    later: Later | None = None

    def get(self, *segments: str | Node, **query: str | Node) -> LookUp:
        """The look-up of an address below `base`, quoted as `url_of` does."""
        path = url_of(self.base, *segments) + self.end
        return get(url_of(path, **query), auth=self.auth, headers=self.headers, later=self.later)


def graphql(
    url: str,
    query: str,
    variables: Mapping[str, Any],
    *,
    auth: Auth | Exchange | None = None,
    headers: Mapping[str, str] | None = None,
) -> LookUp:
    """A GraphQL query; read its answer with `data_of`."""
    return post_json(url, {"query": query, "variables": dict(variables)}, auth=auth, headers=headers)


def data_of(answer: Answer) -> Node:
    """The data of a GraphQL answer, which is a 200 even where it failed.

    Raises `NotYet` where the provider throttles, `Unreadable` for any other error without data.
    """
    codes = [error.get("extensions", "code").text_or_none() for error in answer.body.get("errors").each()]
    if "THROTTLED" in codes:
        raise NotYet("the provider throttles look-ups")
    data = answer.body.get("data")
    if not data.exists:
        raise Unreadable("the provider's answer holds errors and no data", "answer")
    return data


def paged(
    call: LookUp, following: Callable[[Answer], LookUp | None], *, most: int = _MOST_PAGES
) -> Generator[LookUp, Answer, list[Answer]]:
    """Every page from `call` on, at most `most`: `answers = yield from paged(first, following)`.

    `following` gives the look-up of the next page, or None on the last one. It ends with a page that is not
    there.
    """
    answers: list[Answer] = []
    question: LookUp | None = call
    while question is not None and len(answers) < most:
        answer = yield question
        answers.append(answer)
        question = following(answer) if answer.found else None
    return answers
