"""Who is let in, as rows: tokens, login links, sessions, and failures to show one."""

from __future__ import annotations

from dataclasses import astuple

from relay.core.access import NOTED_EVERY, SESSION_RESTS, Link, Role, Session, Token
from relay.core.audit import Change
from relay.core.credential import Kind
from relay.core.lockout import FORGOTTEN_AFTER, NONE, Failures, Tries
from relay.store.access import TOKENS_KEPT, AccessStore
from relay.store.queries import queries
from relay.store.sql.database import Database, Row, row, rows
from relay.store.sql.engine import Run, Write

SQL = queries("relay.store.sql", "access")

_EVERYBODY = ""
_NEWEST = (2**63 - 1, "")
"""Before the first of what is listed."""


class SqlAccess(AccessStore):
    """Works on the connections of a store, which lends its ways to read and write."""

    def __init__(self, read: Run, write: Write) -> None:
        self._read = read
        self._write = write

    async def create_token(self, token: Token, digest: bytes, by: Change | None = None) -> bool:
        return await self._write(lambda db: _create_token(db, token, digest), by)

    async def find_token(self, token: str) -> tuple[Token, bytes] | None:
        found = await self._read(lambda db: row(db, SQL["find_token"], (token,)))
        return (_token(found[:-1]), found[-1]) if found else None

    async def tokens(
        self, limit: int, after: tuple[int, str] | None = None, alive_at: int | None = None
    ) -> list[Token]:
        created_at, its_id = after or _NEWEST
        values = {"created_at": created_at, "id": its_id, "alive_at": alive_at, "limit": limit}
        return [_token(found) for found in await self._read(lambda db: rows(db, SQL["tokens"], values))]

    async def revoke_token(self, token: str, now: int, by: Change | None = None) -> bool:
        values = {"id": token, "now": now}
        return await self._write(lambda db: row(db, SQL["revoke_token"], values) is not None, by)

    async def touch_token(self, token: str, now: int) -> None:
        values = {"id": token, "now": now, "before": now - NOTED_EVERY}
        await self._write(lambda db: rows(db, SQL["touch_token"], values), None)

    async def create_link(self, link: Link, digest: bytes, by: Change | None = None) -> bool:
        return await self._write(lambda db: _create_link(db, link, digest), by)

    async def find_link(self, link: str) -> tuple[Link, bytes] | None:
        found = await self._read(lambda db: row(db, SQL["find_link"], (link,)))
        return (_link(found[:-1]), found[-1]) if found else None

    async def use_link(self, link: str, session: Session, digest: bytes, by: Change | None = None) -> bool:
        return await self._write(lambda db: _use_link(db, link, session, digest), by)

    async def find_session(self, session: str) -> tuple[Session, bytes] | None:
        found = await self._read(lambda db: row(db, SQL["find_session"], (session,)))
        return (_session(found[:-1]), found[-1]) if found else None

    async def sessions(self, now: int, limit: int, after: tuple[int, str] | None = None) -> list[Session]:
        opened_at, its_id = after or _NEWEST
        values = {"opened_at": opened_at, "id": its_id, "limit": limit, **_resting(now)}
        return [_session(found) for found in await self._read(lambda db: rows(db, SQL["sessions"], values))]

    async def revoke_session(self, session: str, by: Change | None = None) -> bool:
        return await self._write(lambda db: row(db, SQL["revoke_session"], (session,)) is not None, by)

    async def touch_session(self, session: str, now: int) -> None:
        values = {"id": session, "now": now, "before": now - NOTED_EVERY}
        await self._write(lambda db: rows(db, SQL["touch_session"], values), None)

    async def tries(self, kind: Kind, address: str | None) -> Tries:
        return await self._read(lambda db: _tries(db, kind, address))

    async def failed(self, kind: Kind, address: str | None, now: int) -> Failures | None:
        return await self._write(lambda db: _failed(db, kind, address, now), None)


def _create_token(db: Database, token: Token, digest: bytes) -> bool:
    db.execute(SQL["forget_tokens"], {"before": token.created_at - TOKENS_KEPT})
    db.execute(SQL["end_expired_namesake"], {"name": token.name, "now": token.created_at})
    return row(db, SQL["create_token"], (*astuple(token), digest)) is not None


def _create_link(db: Database, link: Link, digest: bytes) -> bool:
    db.execute(SQL["forget_links"], (link.created_at,))
    db.execute(SQL["create_link"], (*astuple(link), digest))
    return True


def _use_link(db: Database, link: str, session: Session, digest: bytes) -> bool:
    now = session.opened_at
    if row(db, SQL["use_link"], {"id": link, "now": now}) is None:
        return False
    db.execute(SQL["forget_sessions"], _resting(now))
    db.execute(SQL["create_session"], (*astuple(session), digest))
    return True


def _resting(now: int) -> dict[str, int]:
    return {"now": now, "rested_since": now - SESSION_RESTS}


def _tries(db: Database, kind: Kind, address: str | None) -> Tries:
    found = {
        where: Failures(*numbers)
        for where, *numbers in rows(db, SQL["failures"], (kind, address or _EVERYBODY, _EVERYBODY))
    }
    by_one = None if address is None else found.get(address, NONE)
    return Tries(by_one, found.get(_EVERYBODY, NONE))


def _failed(db: Database, kind: Kind, address: str | None, now: int) -> Failures | None:
    before = _tries(db, kind, address)
    if before.ignored(now):
        return None
    db.execute(SQL["forget_failures"], (now - FORGOTTEN_AFTER,))
    after = before.and_one_more(now)
    _put(db, kind, _EVERYBODY, after.by_all)
    if address is None or after.by_one is None:
        return after.by_all
    _put(db, kind, address, after.by_one)
    return after.by_one


def _put(db: Database, kind: Kind, address: str, failures: Failures) -> None:
    db.execute(SQL["put_failures"], (kind, address, *astuple(failures)))


def _token(found: Row) -> Token:
    its_id, name, role, *rest = found
    return Token(its_id, name, Role(role), *rest)


def _link(found: Row) -> Link:
    its_id, name, role, *rest = found
    return Link(its_id, name, Role(role), *rest)


def _session(found: Row) -> Session:
    its_id, name, role, *rest = found
    return Session(its_id, name, Role(role), *rest)
