"""Who is let in: tokens of programs, links and sessions of people."""

from __future__ import annotations

import secrets
from typing import Annotated

from pydantic import AfterValidator, Field

from relay.core.access import LINK_LASTS, LONGEST_NAME, Link, Role, Session, Token, login_url, name_of
from relay.core.credential import ENTROPY, Credential, Kind, mint
from relay.desk.cursors import from_cursor, to_cursor
from relay.desk.desk import Desk
from relay.desk.model import Model, Moment, Page, PageQuery, maybe, moment, to_milliseconds
from relay.desk.operation import Conflict, Invalid, NotFound, operation

Name = Annotated[
    str, Field(min_length=1, max_length=LONGEST_NAME, examples=["nightly-report"]), AfterValidator(name_of)
]
Id = Annotated[str, Field(max_length=40, examples=["0ZrhZYuEK"])]


class TokenEntry(Model):
    """A token, without what its holder shows."""

    id: str
    name: str
    role: Role
    created_at: Moment
    created_by: str
    expires_at: Moment | None
    """None: it lasts until it is revoked."""
    last_used_at: Moment | None
    """To the minute."""
    revoked_at: Moment | None
    ended: str | None
    """Why it lets nobody in any more; None: it does."""


class TokensQuery(PageQuery):
    """Which tokens, and which page of them."""

    all: bool = False
    """Also those that ended within 90 days."""


class TokensPage(Page):
    """Tokens, the newest first."""

    items: tuple[TokenEntry, ...]


class CreateToken(Model):
    """What a token is for and what it may do."""

    name: Name
    role: Role = Role.VIEWER
    expires_at: Moment | None = None
    """When it ends by itself; unless given it lasts until it is revoked."""


class NewToken(Model):
    """A token that was made just now."""

    entry: TokenEntry
    token: Annotated[str, Field(repr=False)]
    """What its holder shows: `Authorization: Bearer` and this. It is told this once."""


class CreateLink(Model):
    """For whom a link is, and what they may do."""

    name: Name
    role: Role = Role.VIEWER


class NewLink(Model):
    """A link that was made just now."""

    id: str
    name: str
    role: Role
    expires_at: Moment
    url: Annotated[str, Field(repr=False)]
    """It opens the console once. It is told this once."""


class SessionEntry(Model):
    """Somebody who is logged in at the console."""

    id: str
    name: str
    role: Role
    opened_at: Moment
    seen_at: Moment
    """To the minute."""
    expires_at: Moment
    address: str | None
    """From where it was opened, as far as that is known."""


class SessionsPage(Page):
    """Sessions that have not ended, the newest first."""

    items: tuple[SessionEntry, ...]


@operation("GET", "/tokens", role=Role.ADMIN)
async def list_tokens(desk: Desk, query: TokensQuery) -> TokensPage:
    """The tokens of programs, the newest first."""
    now = desk.now()
    alive_at = None if query.all else now
    found = await desk.store.access.tokens(query.limit, _key_in(query.after), alive_at)
    following = to_cursor(found[-1].created_at, found[-1].id) if len(found) == query.limit else None
    return TokensPage(items=tuple(_token(one, now) for one in found), next=following)


@operation("POST", "/tokens", role=Role.ADMIN, problems=(Conflict,))
async def create_token(desk: Desk, body: CreateToken) -> NewToken:
    """Make a token for a program. What it shows is told in this answer and never again."""
    now, end = desk.now(), to_milliseconds(body.expires_at)
    if end is not None and end <= now:
        raise Invalid(
            "no token was made", "see errors", [{"where": "body.expires_at", "message": "is in the past"}]
        )
    made = _minted(Kind.TOKEN)
    token = Token(made.id, body.name, body.role, now, desk.caller.name, end)
    by = desk.by("token.create", token=made.id, name=body.name, role=body.role, expires_at=body.expires_at)
    if not await desk.store.access.create_token(token, made.digest, by):
        raise Conflict(f"there is a token {body.name} already", "revoke it first, or choose another name")
    return NewToken(entry=_token(token, now), token=made.text)


@operation("DELETE", "/tokens/{token}", role=Role.ADMIN, problems=(NotFound,))
async def revoke_token(desk: Desk, token: Id) -> None:
    """Revoke a token by its id: from now on it lets nobody in."""
    access, found = desk.store.access, await desk.store.access.find_token(token)
    name = found[0].name if found else ""
    if not await access.revoke_token(token, desk.now(), desk.by("token.revoke", token=token, name=name)):
        raise NotFound("there is no token of this id that lets anybody in", "see the list of tokens")


@operation("POST", "/login-links", role=Role.ADMIN)
async def create_login_link(desk: Desk, body: CreateLink) -> NewLink:
    """Make a link that opens the console, once and within ten minutes."""
    made, now = _minted(Kind.LINK), desk.now()
    link = Link(made.id, body.name, body.role, now, desk.caller.name, now + LINK_LASTS)
    by = desk.by("link.create", link=made.id, name=body.name, role=body.role)
    await desk.store.access.create_link(link, made.digest, by)
    return NewLink(
        id=link.id,
        name=link.name,
        role=link.role,
        expires_at=moment(link.expires_at),
        url=login_url(desk.config.public_url, made.text),
    )


@operation("GET", "/sessions", role=Role.ADMIN)
async def list_sessions(desk: Desk, query: PageQuery) -> SessionsPage:
    """Who is logged in at the console, the newest first."""
    found = await desk.store.access.sessions(desk.now(), query.limit, _key_in(query.after))
    following = to_cursor(found[-1].opened_at, found[-1].id) if len(found) == query.limit else None
    return SessionsPage(items=tuple(map(_session, found)), next=following)


@operation("DELETE", "/sessions/{session}", role=Role.ADMIN, problems=(NotFound,))
async def revoke_session(desk: Desk, session: Id) -> None:
    """End a session by its id: whoever had it must log in again."""
    access, found = desk.store.access, await desk.store.access.find_session(session)
    name = found[0].name if found else ""
    if not await access.revoke_session(session, desk.by("session.revoke", session=session, name=name)):
        raise NotFound("there is no session of this id", "see the list of sessions")


def _minted(kind: Kind) -> Credential:
    return mint(kind, secrets.token_bytes(ENTROPY))


def _key_in(cursor: str | None) -> tuple[int, str] | None:
    key = from_cursor(cursor, int, str)
    return None if key is None else (int(key[0]), str(key[1]))


def _token(one: Token, now: int) -> TokenEntry:
    return TokenEntry(
        id=one.id,
        name=one.name,
        role=one.role,
        created_at=moment(one.created_at),
        created_by=one.created_by,
        expires_at=maybe(one.expires_at),
        last_used_at=maybe(one.last_used_at),
        revoked_at=maybe(one.revoked_at),
        ended=one.ended(now),
    )


def _session(one: Session) -> SessionEntry:
    return SessionEntry(
        id=one.id,
        name=one.name,
        role=one.role,
        opened_at=moment(one.opened_at),
        seen_at=moment(one.seen_at),
        expires_at=moment(one.expires_at),
        address=one.address,
    )
