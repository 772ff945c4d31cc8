"""A stored request as a case: people replaced, secrets left behind, signed with a test key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from relay.core.case import Case, CaseRequest, CaseSource, Upstream
from relay.core.connector import Connector
from relay.recording.asking import as_asked, read_with_calls
from relay.recording.documents import Document, body_document, kept_headers, query_document, text_document
from relay.recording.formats import values_of
from relay.recording.kept import Kept, kept_in
from relay.recording.keys import Says
from relay.recording.people import cast
from relay.recording.reading import Read
from relay.recording.replacing import Change, Replacer
from relay.recording.signing import body_fields, sign_for_test

_SHORTEST_SECRET = 6


@dataclass(frozen=True, slots=True)
class Stored:
    """A request from the ledger, with what the provider answered to its look-ups.

    `query` is empty or begins with a question mark, `received_at` is in Unix seconds, `settings` are those of
    its source, `secrets` every live value of them.
    """

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    received_at: float
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Sequence[str] = field(default=(), repr=False)
    upstream: Sequence[Upstream] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """A case without an expectation yet, what was replaced in it, and what a person should look at."""

    case: Case
    changes: tuple[tuple[str, Change], ...]
    kept: tuple[Kept, ...]


def record(
    stored: Stored, connector: Connector, *, title: str, evidence: str, also: frozenset[str] = frozenset()
) -> Recording:
    """The stored request as a case. Values under keys in `also` are replaced, too.

    Raises `CaseFault` where the case cannot be signed.
    """
    body = body_document(stored.body.decode("utf-8", "surrogateescape"), also)
    query = query_document(stored.query, also)
    headers = {name: text_document(name, value, also) for name, value in kept_headers(stored.headers).items()}
    answers = [_Answer.of(number, one, also) for number, one in enumerate(stored.upstream, 1)]
    documents = [body, query, *headers.values(), *(part for answer in answers for part in answer.documents)]
    before = as_it_came(stored, connector)
    result, calls = read_with_calls(before, connector)
    replacer = _replacer([*documents, _people_as_read(result)], stored)
    content = body.rewritten(replacer).encode("utf-8", "surrogateescape")
    case = Case(
        title=title,
        evidence=evidence,
        connector=connector.name,
        now=stored.received_at,
        source=CaseSource(settings=_settings(stored.settings, replacer)),
        request=CaseRequest(
            method=stored.method,
            url=f"https://relay.example.com/hooks/{connector.name}{query.rewritten(replacer)}",
            headers={name: one.rewritten(replacer) for name, one in headers.items()},
            **body_fields(content),
        ),
        upstream=[answer.rewritten(replacer) for answer in answers],
    )
    changes = tuple((one.name, change) for one in documents for change in one.changes(replacer))
    signed = as_asked(sign_for_test(case, connector), before, calls, connector)
    return Recording(signed, changes, tuple(kept_in(documents, replacer)))


def as_it_came(stored: Stored, connector: Connector) -> Case:
    """The stored request as a case of its own, signed with a test key: to compare with, never to write."""
    return sign_for_test(
        Case(
            title="as it came",
            connector=connector.name,
            now=stored.received_at,
            source=CaseSource(settings=dict(stored.settings)),
            request=CaseRequest(
                method=stored.method,
                url=f"https://relay.example.com/hooks/{connector.name}{stored.query}",
                headers=dict(stored.headers),
                **body_fields(stored.body),
            ),
            upstream=list(stored.upstream),
        ),
        connector,
    )


def _people_as_read(result: Mapping[str, Any]) -> Document:
    """Whom the connector finds in the original: it may know better than a key's name who is a person."""
    contacts = [contact for event in result["events"] for contact in event["contacts"]]
    return body_document(orjson.dumps(contacts).decode(), frozenset(), "as read")


def _replacer(documents: Iterable[Document], stored: Stored) -> Replacer:
    read = [one for document in documents for one in document.everything()]
    region = stored.settings.get("default_region")
    secrets = [secret for secret in stored.secrets if len(secret) >= _SHORTEST_SECRET]
    return Replacer(cast(read, secrets, (region,) if isinstance(region, str) else ()))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a provider answered: what was asked names people as well as the body."""

    upstream: Upstream
    url: Document
    asked: Document
    body: Document

    @classmethod
    def of(cls, number: int, upstream: Upstream, also: frozenset[str]) -> _Answer:
        name = f"answer {number}"
        return cls(
            upstream,
            text_document(f"{name} url", upstream.url, also),
            body_document(upstream.body_contains or "", also, f"{name} question"),
            body_document(orjson.dumps(upstream.body).decode(), also, name),
        )

    @property
    def documents(self) -> tuple[Document, ...]:
        return self.url, self.asked, self.body

    def rewritten(self, replacer: Replacer) -> Upstream:
        changed = {
            "url": self.url.rewritten(replacer),
            "body_contains": self.asked.rewritten(replacer) or None,
            "body": orjson.loads(self.body.rewritten(replacer)),
        }
        return self.upstream.model_copy(update=changed)


def _settings(settings: Mapping[str, Any], replacer: Replacer) -> dict[str, Any]:
    """A source's settings, where addresses, numbers and ids of people are what they are in the delivery.

    Words are left as they are: settings hold expressions, and these are no names.
    """
    text = orjson.dumps(settings).decode()
    read = [
        Read(replace(value, kind="key"), Says.ID, ((), ""))
        for value in values_of(text)
        if value.kind == "text"
    ]
    found: dict[str, Any] = orjson.loads(Document("settings", text, read, []).rewritten(replacer))
    return found
