"""Secrets that are shown as they are, for senders that cannot sign."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace

import orjson

from relay.core.errors import Unreadable, Unverified
from relay.core.keys import decode_base64
from relay.core.parsing import parse_json
from relay.core.payload import Node
from relay.core.request import Request
from relay.core.signatures import any_match
from relay.core.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedToken:
    """A secret that the sender shows as it is: in the URL (`/hooks/{source}/{token}` or a query
    parameter) or in a header."""

    header: str | None = None
    prefix: str = ""
    query: str | None = "token"
    secret: str = "url_token"  # noqa: S105  # the name of a secret, not a secret
    checks_age: bool = False
    in_body: bool = False

    @property
    def secret_headers(self) -> frozenset[str]:
        return frozenset({self.header}) if self.header else frozenset()

    def __call__(self, request: Request, source: Source, now: float) -> None:  # noqa: ARG002  # no age
        shown = self._shown(request)
        if shown is None:
            raise Unverified(f"the token is missing from {self._where()}")
        if not any_match((shown,), list(source.keys(self.secret))):
            raise Unverified(f"the token in {self._where()} does not match any secrets.{self.secret}")

    def _shown(self, request: Request) -> str | None:
        if self.header is None:
            return request.token or (request.query(self.query) if self.query else None)
        value = request.header(self.header)
        return value.removeprefix(self.prefix) if value and value.startswith(self.prefix) else None

    def _where(self) -> str:
        return f"header {self.header}" if self.header else "the URL"

    def sign(self, request: Request, source: Source, now: float) -> Request:  # noqa: ARG002  # no age
        key = source.keys(self.secret)[0]
        if self.header is None:
            return replace(request, token=key)
        return replace(request, headers={**request.headers, self.header: self.prefix + key})


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicAuth:
    """HTTP Basic credentials; the secret is `user:password`."""

    secret: str = "basic"  # noqa: S105  # the name of a secret, not a secret
    checks_age: bool = False
    in_body: bool = False
    secret_headers: frozenset[str] = frozenset({"authorization"})

    def __call__(self, request: Request, source: Source, now: float) -> None:  # noqa: ARG002  # no age
        scheme, _, credentials = (request.header("authorization") or "").partition(" ")
        shown = decode_base64(credentials.strip()) if scheme.lower() == "basic" else None
        if shown is None:
            raise Unverified("HTTP Basic credentials are missing")
        if not any_match((shown.decode("utf-8", "replace"),), list(source.keys(self.secret))):
            raise Unverified(f"HTTP Basic credentials do not match any secrets.{self.secret}")

    def sign(self, request: Request, source: Source, now: float) -> Request:  # noqa: ARG002  # no age
        shown = base64.b64encode(source.keys(self.secret)[0].encode()).decode()
        return replace(request, headers={**request.headers, "authorization": f"Basic {shown}"})


def _write_json(root: Node) -> bytes:
    return orjson.dumps(root.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyToken:
    """A secret at a path of the body, such as Zoho's `token`. `write` is the opposite of `parse`."""

    path: tuple[str, ...]
    parse: Callable[[Request], Node] = parse_json
    write: Callable[[Node], bytes] = _write_json
    secret: str = "body_token"  # noqa: S105  # the name of a secret, not a secret
    checks_age: bool = False
    in_body: bool = True
    secret_headers: frozenset[str] = frozenset()

    def __call__(self, request: Request, source: Source, now: float) -> None:  # noqa: ARG002  # no age
        where = ".".join(self.path)
        try:
            shown = self.parse(request).get(*self.path).text_or_none()
        except Unreadable:
            shown = None
        if shown is None:
            raise Unverified(f"the token is missing from {where} in the body")
        if not any_match((shown,), list(source.keys(self.secret))):
            raise Unverified(f"the token in {where} of the body does not match any secrets.{self.secret}")

    def sign(self, request: Request, source: Source, now: float) -> Request:  # noqa: ARG002  # no age
        try:
            root = self.parse(request)
            holder = root.get(*self.path[:-1]).raw
        except Unreadable:
            return request
        if not isinstance(holder, dict):
            return request
        holder[self.path[-1]] = source.keys(self.secret)[0]
        return replace(request, body=self.write(root))
