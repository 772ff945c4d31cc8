"""Signatures whose public key stands at an address in the request, which must be the vendor's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from relay.core.errors import Unverified
from relay.core.request import Request
from relay.core.signatures import Verifier
from relay.core.source import Source

_SAFE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyByUrl:
    """As `verifier`, with a key that the shell fetches where the source has none configured.

    `below` are the beginnings, to the last slash of a path, that an address may have. `second_address` is for
    vendors that sign with two keys, so that they can change one of them; it may name none.
    """

    verifier: Verifier
    address: Callable[[Request], str | None]
    below: tuple[str, ...]
    second_address: Callable[[Request], str | None] | None = None

    @property
    def secret(self) -> str:
        return self.verifier.secret

    @property
    def checks_age(self) -> bool:
        return self.verifier.checks_age

    @property
    def in_body(self) -> bool:
        return self.verifier.in_body

    @property
    def secret_headers(self) -> frozenset[str]:
        return self.verifier.secret_headers

    def key_urls(self, request: Request, source: Source) -> tuple[str, ...]:
        """The addresses of the keys to fetch, none where one is configured. Raises `Unverified`."""
        if source.keys(self.secret):
            return ()
        second = self.second_address(request) if self.second_address else None
        urls = (self.address(request) or "", *([second] if second else []))
        if not all(map(self._is_the_vendors, urls)):
            raise Unverified("the address of the signature's key is missing or not the vendor's")
        return urls

    def _is_the_vendors(self, url: str) -> bool:
        beginning = next((one for one in self.below if url.startswith(one)), None)
        return beginning is not None and _SAFE.fullmatch(url.removeprefix(beginning)) is not None

    def with_keys(self, source: Source, *keys: str) -> Source:
        return replace(source, secrets={**source.secrets, self.secret: keys})

    def __call__(self, request: Request, source: Source, now: float) -> None:
        self.verifier(request, source, now)

    def sign(self, request: Request, source: Source, now: float) -> Request:
        return self.verifier.sign(request, source, now)
