"""The gate: who calls, by the token of a program or the session of a browser. Knows no web framework.

A page of the console that changes something asks `session_of` and then `check_form`; those for login and
logout use `log_in` and `log_out`, which give the cookie to set.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import structlog

from relay.core.access import SESSION_LASTS, Caller, Link, Session
from relay.core.audit import change
from relay.core.caller_address import caller_address
from relay.core.credential import ENTROPY, Credential, Kind, mint, read
from relay.core.cross_site import form_token, is_from_elsewhere, is_ours
from relay.core.egress import Network
from relay.core.lockout import Tries, counted_as
from relay.core.request import fold_headers
from relay.core.session_cookie import SessionCookie
from relay.desk.problems import Forbidden, Problem, TooMany, Unauthorized
from relay.store.access import AccessStore
from relay.store.base import StoreFault

log = structlog.get_logger()

_ANOTHER = {
    Kind.TOKEN: "relay token create makes another",
    Kind.LINK: "relay login prints another",
    Kind.SESSION: "relay login prints a link",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A call, as far as it says who calls. `address` None: not known. `at` in milliseconds since 1970."""

    headers: Mapping[str, str] = field(repr=False)
    address: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nobody was let in: an HTTP status with what happened and what to do. `retry_after` in seconds."""

    status: int
    detail: str
    hint: str = ""
    retry_after: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What belongs on the answer of an API beside the status."""
        if self.retry_after is not None:
            return {"retry-after": str(self.retry_after)}
        return {"www-authenticate": "Bearer"} if self.status == 401 else {}

    def as_problem(self) -> Problem:
        """The same for operations of the desk to raise."""
        if self.retry_after is not None:
            return TooMany(self.detail, self.retry_after)
        return (Unauthorized if self.status == 401 else Forbidden)(self.detail, self.hint)


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody at the console. Every form of theirs carries `form_token` in the field `FIELD`."""

    session: Session
    credential: Credential

    @property
    def caller(self) -> Caller:
        return self.session.caller

    @property
    def form_token(self) -> str:
        return form_token(self.credential)


class _Pass(Protocol):
    def ended(self, now: int) -> str | None: ...


P = TypeVar("P", bound=_Pass)
Find = Callable[[str], Awaitable[tuple[P, bytes] | None]]


class Gate:
    """Lets callers in. `trusted` are the proxies whose X-Forwarded-For is believed."""

    def __init__(self, store: AccessStore, public_url: str, trusted: Sequence[Network] = ()) -> None:
        self._store = store
        self._public_url = public_url
        self._trusted = tuple(trusted)
        self._cookie = SessionCookie(encrypted=public_url.startswith("https://"))

    def visit(self, headers: Iterable[tuple[str, str]], peer: str | None, now: int) -> Visit:
        """A call with these headers over a connection from `peer`, at `now` (milliseconds since 1970)."""
        folded = fold_headers(headers)
        address = caller_address(peer, folded.get("x-forwarded-for", ""), self._trusted)
        return Visit(folded, counted_as(address) if address else None, now)

    async def caller_of(self, visit: Visit) -> Caller | Refusal:
        """Who shows a token: `Authorization: Bearer rly_…`."""
        scheme, _, shown = visit.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return Refusal(401, "no token was shown", "send the header Authorization: Bearer rly_…")
        token = await self._proven(Kind.TOKEN, shown.strip(), visit, self._store.find_token)
        if isinstance(token, Refusal):
            return token
        if token.unnoted(visit.at):
            await _quietly(self._store.touch_token(token.id, visit.at))
        return token.caller

    async def session_of(self, visit: Visit) -> Entry | Refusal:
        """Whose session it is, by the cookie. Refused with 401, they log in."""
        credential = read(Kind.SESSION, self._cookie.shown_in(visit.headers) or "")
        if credential is None:
            return _nobody()
        session = await self._proven(Kind.SESSION, credential.text, visit, self._store.find_session)
        if isinstance(session, Refusal):
            return session
        if session.unnoted(visit.at):
            await _quietly(self._store.touch_session(session.id, visit.at))
        return Entry(session, credential)

    def check_form(self, visit: Visit, entry: Entry, token: str) -> Refusal | None:
        """Why a form of theirs is not taken; None: it is. `token` is what it carries in the field `FIELD`."""
        if refusal := self._from_elsewhere(visit):
            return refusal
        if not is_ours(entry.credential, token):
            return Refusal(
                403, "this form is of another session", "open the page again and send it once more"
            )
        return None

    async def log_in(self, visit: Visit, link: str) -> tuple[Session, str] | Refusal:
        """Use up a link; the session that it opened, and the value of Set-Cookie. Only for POST."""
        if refusal := self._from_elsewhere(visit):
            return refusal
        found = await self._proven(Kind.LINK, link.strip(), visit, self._store.find_link)
        if isinstance(found, Refusal):
            return found
        credential = mint(Kind.SESSION, secrets.token_bytes(ENTROPY))
        session = _opened(credential, found, visit)
        made = change(session.caller.name, visit.at, "session.open", session=session.id, role=session.role)
        if not await self._store.use_link(found.id, session, credential.digest, made):
            return Refusal(401, "this link was used already", _ANOTHER[Kind.LINK])
        log.info("logged in", session=session.id, role=session.role.value)
        return session, self._cookie.giving(credential.text, SESSION_LASTS // 1000)

    async def log_out(self, visit: Visit, entry: Entry) -> str:
        """End a session; the value of Set-Cookie that takes it from the browser."""
        session = entry.session
        made = change(session.caller.name, visit.at, "session.close", session=session.id)
        await self._store.revoke_session(session.id, made)
        return self._cookie.taking

    def _from_elsewhere(self, visit: Visit) -> Refusal | None:
        if is_from_elsewhere(visit.headers, self._public_url):
            return Refusal(403, "this form was sent by a page of another site", "open the console itself")
        return None

    async def _proven(self, kind: Kind, text: str, visit: Visit, find: Find[P]) -> P | Refusal:
        """What was shown, if it is genuine and has not ended."""
        tries = await self._store.tries(kind, visit.address)
        if wait := tries.shut_out(visit.at):
            return _too_many(wait)
        credential = read(kind, text)
        found = await find(credential.id) if credential else None
        if found is None and kind is Kind.SESSION:
            # Not counted as a failure: browsers keep on showing sessions that were ended elsewhere.
            return _nobody()
        if credential is None or found is None or not credential.proves(found[1]):
            return await self._failed(kind, visit, tries, readable=credential is not None)
        if why := found[0].ended(visit.at):
            # Not counted either: who holds it need not guess.
            return Refusal(401, f"this {kind} {why}", _ANOTHER[kind])
        return found[0]

    async def _failed(self, kind: Kind, visit: Visit, tries: Tries, *, readable: bool) -> Refusal:
        ignored = tries.ignored(visit.at)
        failures = None if ignored else await self._store.failed(kind, visit.address, visit.at)
        if failures is None:
            return _too_many(ignored)
        wait = _seconds(failures.wait_until - visit.at)
        address = visit.address or "not known, see server.trusted_proxies"
        log.warning("access refused", shown=kind.value, address=address, failures=failures.count, wait=wait)
        form = "" if readable else f"it begins with {kind.prefix} and must be copied whole; "
        return Refusal(401, f"this {kind} is not known here", form + _ANOTHER[kind])


def _opened(credential: Credential, link: Link, visit: Visit) -> Session:
    return Session(
        id=credential.id,
        name=link.name,
        role=link.role,
        opened_at=visit.at,
        seen_at=visit.at,
        expires_at=visit.at + SESSION_LASTS,
        address=visit.address,
    )


def _nobody() -> Refusal:
    return Refusal(401, "nobody is logged in here", _ANOTHER[Kind.SESSION])


def _too_many(wait: int) -> Refusal:
    seconds = max(1, _seconds(wait))
    hint = "the log of the relay names the addresses they came from"
    return Refusal(429, f"too many wrong ones were shown; try again in {seconds} s", hint, seconds)


def _seconds(milliseconds: int) -> int:
    return math.ceil(max(0, milliseconds) / 1000)


async def _quietly(noting: Awaitable[None]) -> None:
    """A ledger that cannot be written keeps nobody from looking at it."""
    with suppress(StoreFault):
        await noting
