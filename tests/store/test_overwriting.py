"""What is deleted from an SQLite file is overwritten: nothing is left for whoever reads the disk."""

from __future__ import annotations

from contextlib import closing

import apsw
import pytest

from relay.core.forgetting import START, Place
from relay.core.retention import Kept
from tests.factories import DAY, incoming, read_event
from tests.store.conftest import Engine
from tests.store.desk import Desk

ANA = "ana@example.com"
SHORT, LONG = f'{{"to":"{ANA}"}}', f'{{"to":"{ANA}"}}' * 4000
"""A body in a row, and one that fills pages of its own."""


async def enrolled(desk: Desk, body: str) -> None:
    await desk.store.add_request(incoming(body=body.encode()))
    await desk.save(await desk.claim_one(), read_event(ANA, detail=body.encode()))
    await desk.deliver(await desk.freeze())


@pytest.mark.parametrize("body", [SHORT, LONG])
async def test_nothing_of_a_person_is_left_who_was_forgotten(sqlite: Engine, body: str) -> None:
    async with sqlite.open() as store:
        desk = Desk(store)
        await enrolled(desk, body)
        place: Place | None = START
        while place is not None:
            place = (await store.forgetting.forget(ANA, desk.now, place)).next
    assert ANA.encode() not in sqlite.path.read_bytes()


@pytest.mark.parametrize("body", [SHORT, LONG])
async def test_nothing_of_a_body_is_left_whose_time_is_over(sqlite: Engine, body: str) -> None:
    async with sqlite.open() as store:
        desk = Desk(store)
        await enrolled(desk, body)
        desk.move(31 * DAY)
        while (await store.retention.step(Kept(), desk.now)).next_due <= desk.now:
            pass
    assert body[:24].encode() not in sqlite.path.read_bytes()


async def test_without_it_something_would_be_left(sqlite: Engine) -> None:
    async with sqlite.open() as store:
        await enrolled(Desk(store), LONG)
    with closing(apsw.Connection(str(sqlite.path))) as db:
        db.execute("UPDATE request SET body = x''; UPDATE event SET detail = NULL")
    assert LONG[:24].encode() in sqlite.path.read_bytes()
