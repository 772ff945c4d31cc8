"""The quarantine: requests that were not verified, for when a secret was mixed up."""

from __future__ import annotations

from typing import Annotated

import orjson
from pydantic import Field

from relay.config.installation import ActiveSource, Installation
from relay.core.errors import Unverified
from relay.core.request import Request, public_url
from relay.desk.desk import Desk
from relay.desk.model import Model, Moment, moment, shown
from relay.desk.operation import NotFound, Role, operation
from relay.keeping import hidden_headers, storable
from relay.store.base import Quarantined
from relay.store.rows import Incoming

EntryId = Annotated[int, Field(ge=1, le=2**53, examples=[2])]

_MOST = 1000
_HIDDEN = "…"


class QuarantineEntry(Model):
    """A request that was not verified, or a handshake that a person has to look at."""

    id: int
    source: str
    received_at: Moment
    method: str
    size: int
    """Of the body, in bytes."""
    reason: str


class QuarantineQuery(Model):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=_MOST)] = 50


class QuarantineList(Model):
    """The newest first."""

    items: tuple[QuarantineEntry, ...]


class QuarantineStory(Model):
    """One of them as it came, its credentials hidden. Nobody knows who sent it."""

    entry: QuarantineEntry
    query: str
    headers: dict[str, str]
    body: str


class Release(Model):
    """Which are verified again; all of them without ids."""

    ids: Annotated[tuple[EntryId, ...], Field(max_length=_MOST)] = ()


class Released(Model):
    """What is in the ledger now, and how many are still not verified."""

    released: tuple[int, ...]
    refused: tuple[int, ...]


@operation("GET", "/quarantine")
async def list_quarantine(desk: Desk, query: QuarantineQuery) -> QuarantineList:
    """Requests that were not verified, the newest first."""
    found = await desk.store.quarantined(query.limit)
    return QuarantineList(items=tuple(_entry(number, kept) for number, kept in found))


@operation("GET", "/quarantine/{entry}", role=Role.OPERATOR, problems=(NotFound,))
async def show_quarantined(desk: Desk, entry: EntryId) -> QuarantineStory:
    """One request as it came: it may hold personal data, or a code to copy into the vendor's form."""
    kept = dict(await desk.store.quarantined(_MOST)).get(entry)
    if kept is None:
        raise NotFound(
            f"there is no entry {entry} in the quarantine", "GET /quarantine tells which there are"
        )
    hidden = hidden_headers(frozenset())
    headers: dict[str, str] = orjson.loads(kept.headers)
    return QuarantineStory(
        entry=_entry(entry, kept),
        query=kept.query,
        headers={name: _HIDDEN if name in hidden else value for name, value in headers.items()},
        body=shown(kept.body) or "",
    )


@operation("POST", "/quarantine/release", role=Role.OPERATOR)
async def release_quarantined(desk: Desk, body: Release) -> Released:
    """Verify them again with the secrets of today; those that are genuine are taken on, late as they are."""
    installation = desk.install()
    released, refused = list[int](), list[int]()
    for number, kept in await desk.store.quarantined(_MOST):
        if body.ids and number not in body.ids:
            continue
        incoming = _verified(installation, kept)
        made = desk.by("quarantine.release", entry=number, source=kept.source)
        taken = incoming and await desk.store.release_quarantined(number, incoming, made)
        (refused if taken is None else released).append(number)
    if released:
        desk.wake("translate")
    return Released(released=tuple(released), refused=tuple(refused))


def _entry(number: int, kept: Quarantined) -> QuarantineEntry:
    return QuarantineEntry(
        id=number,
        source=kept.source,
        received_at=moment(kept.received_at),
        method=kept.method,
        size=len(kept.body),
        reason=kept.reason,
    )


def _verified(installation: Installation, kept: Quarantined) -> Incoming | None:
    active = installation.sources.get(kept.source)
    if active is None:
        return None
    request = _as_received(active, kept)
    if active.connector.handshake(request, active.source) is not None:
        return None
    try:
        active.connector.verify(request, active.source, kept.received_at / 1000)
    except Unverified:
        return None
    return storable(active, request, kept.query, kept.received_at)


def _as_received(active: ActiveSource, kept: Quarantined) -> Request:
    return Request(
        method=kept.method,
        url=public_url(active.registered_url, kept.query),
        headers=orjson.loads(kept.headers),
        body=kept.body,
        token=kept.token,
        received_at=kept.received_at / 1000,
    )
