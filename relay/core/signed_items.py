"""Bodies whose items are signed one by one, with the signature inside each of them (Adyen)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import orjson

from relay.core.errors import Unreadable, Unverified
from relay.core.keys import hex_key
from relay.core.parsing import parse_json
from relay.core.payload import Node
from relay.core.request import Request
from relay.core.signatures import encoded, signs
from relay.core.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedItems:
    """Every item of a JSON body must be signed: one that is not refuses the whole request.

    `signed` gives the bytes of an item that are signed; `at` is the path of the signature in it.
    """

    items: Callable[[Node], Iterable[Node]]
    at: tuple[str, ...]
    signed: Callable[[Node], bytes]
    key: Callable[[str], bytes] = hex_key
    digest: Literal["sha256", "sha1", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "base64"
    secret: str = "signing_key"  # noqa: S105  # the name of a secret, not a secret
    checks_age: bool = False
    in_body: bool = True
    secret_headers: frozenset[str] = frozenset()

    def __call__(self, request: Request, source: Source, now: float) -> None:  # noqa: ARG002  # no age
        keys = [self.key(secret) for secret in source.keys(self.secret)]
        try:
            items = list(self.items(parse_json(request)))
            proven = [self._is_signed(item, keys) for item in items]
        except Unreadable as error:
            raise Unverified(f"the signed items cannot be read: {error}") from None
        if not proven or not all(proven):
            raise Unverified(f"{'.'.join(self.at)} of an item does not match any secrets.{self.secret}")

    def _is_signed(self, item: Node, keys: list[bytes]) -> bool:
        signed = self.signed(item)
        digests = [hmac.digest(key, signed, self.digest) for key in keys]
        return signs((item.get(*self.at).text(),), digests, self.encoding)

    def sign(self, request: Request, source: Source, now: float) -> Request:  # noqa: ARG002  # no age
        key = self.key(source.keys(self.secret)[0])
        try:
            root = parse_json(request)
            for item in self.items(root):
                self._put(item, key)
        except Unreadable:
            return request
        return replace(request, body=orjson.dumps(root.raw))

    def _put(self, item: Node, key: bytes) -> None:
        holder = item.get(*self.at[:-1]).raw
        if isinstance(holder, dict):
            made = hmac.digest(key, self.signed(item), self.digest)
            holder[self.at[-1]] = encoded(made, self.encoding)
