"""Verifiers made of verifiers: the strongest configured, any or all of several, one for one account."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace

from relay.core.connector import Connector
from relay.core.errors import Misconfigured, Unreadable, Unverified
from relay.core.parsing import parse_json
from relay.core.payload import Node
from relay.core.request import Request
from relay.core.signatures import Verifier
from relay.core.source import Source


def strongest_configured(*verifiers: Verifier) -> Callable[[Connector, Source], Connector]:
    """For `for_source`: the first verifier whose secret the source has is the one that must prove a request.

    For senders that sign only where a key was made. The secrets are `OptionalKeys`; without any of them the
    configuration is refused.
    """

    def for_source(connector: Connector, source: Source) -> Connector:
        chosen = next((one for one in verifiers if source.keys(one.secret)), None)
        if chosen is None:
            names = " or ".join(dict.fromkeys(one.secret for one in verifiers))
            raise Misconfigured("secrets", f"should hold {names}, to know who sends")
        return replace(connector, verify=chosen)

    return for_source


class AnyOf:
    """Any of several proofs by the same secret, such as a token in a header or in the query."""

    def __init__(self, *verifiers: Verifier) -> None:
        if len({one.secret for one in verifiers}) != 1:
            raise ValueError("the verifiers of AnyOf use one and the same secret")
        self._verifiers = verifiers

    @property
    def secret(self) -> str:
        return self._verifiers[0].secret

    @property
    def checks_age(self) -> bool:
        return all(one.checks_age for one in self._verifiers)

    @property
    def in_body(self) -> bool:
        return any(one.in_body for one in self._verifiers)

    @property
    def secret_headers(self) -> frozenset[str]:
        return frozenset[str]().union(*(one.secret_headers for one in self._verifiers))

    def __call__(self, request: Request, source: Source, now: float) -> None:
        reasons: list[str] = []
        for verifier in self._verifiers:
            try:
                return verifier(request, source, now)
            except Unverified as error:
                reasons.append(str(error))
        raise Unverified("; ".join(reasons))

    def sign(self, request: Request, source: Source, now: float) -> Request:
        return self._verifiers[0].sign(request, source, now)


class AllOf:
    """Several proofs, each by a secret of its own: all that the source has secrets for, and the first always.

    For senders whose signature leaves out what a password or a token beside it protects.
    """

    def __init__(self, first: Verifier, *others: Verifier) -> None:
        self._first = first
        self._others = others

    @property
    def secret(self) -> str:
        return self._first.secret

    @property
    def checks_age(self) -> bool:
        return self._first.checks_age

    @property
    def in_body(self) -> bool:
        return self._first.in_body

    @property
    def secret_headers(self) -> frozenset[str]:
        return self._first.secret_headers.union(*(one.secret_headers for one in self._others))

    def __call__(self, request: Request, source: Source, now: float) -> None:
        for verifier in self._of(source):
            verifier(request, source, now)

    def sign(self, request: Request, source: Source, now: float) -> Request:
        for verifier in self._of(source):
            request = verifier.sign(request, source, now)
        return request

    def _of(self, source: Source) -> list[Verifier]:
        return [self._first, *(one for one in self._others if source.keys(one.secret))]


@dataclass(frozen=True, slots=True, kw_only=True)
class FromAccount:
    """A proof by `verifier`, and a request that names an account of the source.

    For proofs that say who the vendor is and not whose account it is, and for tokens alone. `account` finds
    the account's id in what `parse` gives; a request that names none is refused, one that cannot be parsed is
    left to be parked. The setting holds one id or several. Left out, every account is taken; blank, none,
    since whoever wrote it meant to name one.
    """

    verifier: Verifier
    account: Callable[[Node], str | None]
    setting: str
    parse: Callable[[Request], Node] = parse_json
    same: Callable[[str, str], bool] = operator.eq

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

    def __call__(self, request: Request, source: Source, now: float) -> None:
        self.verifier(request, source, now)
        ours = getattr(source.settings, self.setting)
        if not ours and not isinstance(ours, str):
            return
        try:
            root = self.parse(request)
        except Unreadable:
            return
        try:
            named = self.account(root)
        except Unreadable:
            named = None
        known = [ours] if isinstance(ours, str) else ours
        if named is None or not any(self.same(named, one) for one in known):
            raise Unverified(f"the request is not from the account in settings.{self.setting}")

    def sign(self, request: Request, source: Source, now: float) -> Request:
        return self.verifier.sign(request, source, now)
