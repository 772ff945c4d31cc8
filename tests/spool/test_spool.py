"""The spool: on disk before it says so, in order, within its bounds, and taken over when its process dies."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from relay.spool.spool import Spool
from relay.store.base import StoreFault
from tests.factories import NOW_MS, incoming
from tests.spool.conftest import House


async def fill(spool: Spool, *bodies: bytes) -> None:
    await asyncio.gather(*(spool.add(incoming(body=body)) for body in bodies))


async def empty(spool: Spool) -> list[bytes]:
    """All that comes out, up to the end."""
    found: list[bytes] = []
    while (piece := await spool.next()) is not None:
        found += [request.body for request in piece.spooled.requests]
        await spool.came(piece, piece.spooled.end)
    return found


async def test_requests_come_out_as_they_went_in(house: House) -> None:
    given = incoming(query="?a=é", headers=b'{"x":"\xc3\xa9"}', body=bytes(range(256)), method="PUT")
    async with house.spool() as spool:
        await spool.add(given)
        piece = await spool.next()
        assert piece is not None
        assert piece.spooled.requests == (given,)
        assert piece.unreadable == 0


async def test_what_is_added_is_told_to_the_disk_before_it_counts_and_many_share_that(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync
    async with house.spool() as spool:
        await fill(spool, b"first")
        (file,) = house.files
        inode = file.stat().st_ino

        def counted(descriptor: int) -> None:
            if os.fstat(descriptor).st_ino == inode:
                synced.append(os.fstat(descriptor).st_size)
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", counted)
        await fill(spool, b"second")
        assert synced == [file.stat().st_size]
        await fill(spool, *(b"%d" % number for number in range(100)))
        assert len(synced) == 2
        assert synced[-1] == file.stat().st_size


async def test_hundreds_come_out_in_order_in_pieces(house: House) -> None:
    bodies = [b"%d" % number for number in range(450)]
    async with house.spool() as spool:
        await fill(spool, *bodies)
        piece = await spool.next()
        assert piece is not None
        assert 0 < len(piece.spooled.requests) < 450
        assert await empty(spool) == bodies


async def test_a_request_that_is_larger_than_what_is_read_at_a_time_comes_out(house: House) -> None:
    async with house.spool() as spool:
        await fill(spool, b"a", bytes(3 << 20), b"b")
        assert list(map(len, await empty(spool))) == [1, 3 << 20, 1]


async def test_it_counts_what_is_left(house: House) -> None:
    async with house.spool() as spool:
        assert (spool.requests, spool.size, spool.oldest) == (0, 0, None)
        await fill(spool, *[b"x"] * 250)
        assert (spool.requests, spool.oldest) == (250, NOW_MS)
        assert spool.size == sum(file.stat().st_size for file in house.files)
        piece = await spool.next()
        assert piece is not None
        await spool.came(piece, piece.spooled.end)
        assert spool.requests == 250 - len(piece.spooled.requests)
        await empty(spool)
        assert (spool.requests, spool.size, spool.oldest) == (0, 0, None)


async def test_when_all_is_out_nothing_is_left_on_disk_and_it_can_begin_again(house: House) -> None:
    async with house.spool() as spool:
        for _ in range(2):
            await fill(spool, b"a", b"b")
            assert await empty(spool) == [b"a", b"b"]
            assert house.files == []


async def test_a_full_spool_refuses_and_has_room_again_when_it_is_drained(house: House) -> None:
    async with house.spool(max_size=200_000) as spool:
        taken = [spool.add(incoming(body=bytes(1000))) for _ in range(300)]
        told = await asyncio.gather(*taken, return_exceptions=True)
        refused = [one for one in told if isinstance(one, StoreFault)]
        assert 100 < len(refused) < 200
        assert "spool.max_size" in str(refused[0])
        assert sum(file.stat().st_size for file in house.files) <= 200_000
        assert not spool.has_room()
        assert len(await empty(spool)) == 300 - len(refused)
        assert spool.has_room()
        await fill(spool, b"more")


async def test_files_are_for_their_owner_alone(house: House) -> None:
    async with house.spool() as spool:
        await fill(spool, b"a")
        assert [stat.S_IMODE(file.stat().st_mode) for file in house.files] == [0o600]
        assert stat.S_IMODE(house.folder.stat().st_mode) == 0o700


async def test_what_a_process_left_is_taken_over_by_the_next_one(house: House) -> None:
    async with house.spool() as first:
        await fill(first, b"a", b"b")
    async with house.spool() as second:
        assert second.requests == 2
        await fill(second, b"c")
        assert await empty(second) == [b"a", b"b", b"c"]
        assert house.files == []


async def test_what_another_process_holds_is_not_taken_over_until_it_is_gone(house: House) -> None:
    async with house.spool() as second:
        async with house.spool() as first:
            await fill(first, b"a")
            await second.take_over()
            assert await empty(second) == []
            await fill(second, b"b")
        await second.take_over()
        assert sorted(await empty(second)) == [b"a", b"b"]
        assert house.files == []


@pytest.mark.parametrize("cut", [1, 5, 100])
async def test_a_record_that_a_crash_cut_short_is_passed_over_and_cleared_away(
    house: House, cut: int
) -> None:
    async with house.spool() as first:
        await fill(first, b"a")
        whole = house.files[0].stat().st_size
        await fill(first, bytes(200))
    os.truncate(house.files[0], house.files[0].stat().st_size - cut)
    torn = house.files[0].stat().st_size - whole
    async with house.spool() as second:
        first_piece = await second.next()
        assert first_piece is not None
        await second.came(first_piece, first_piece.spooled.end)
        rest = await second.next()
        assert rest is not None
        assert (rest.spooled.requests, rest.unreadable) == ((), torn)
        await second.came(rest, rest.spooled.end)
        assert await empty(second) == []
        assert house.files == []


async def test_a_damaged_record_costs_no_other(house: House) -> None:
    async with house.spool() as first:
        for body in (b"first", b"second", b"third"):
            await fill(first, body)
    (file,) = house.files
    content = file.read_bytes()
    file.write_bytes(content.replace(b"second", b"sec0nd"))
    async with house.spool() as second:
        piece = await second.next()
        assert piece is not None
        assert [request.body for request in piece.spooled.requests] == [b"first", b"third"]
        assert 0 < piece.unreadable < len(content) / 2


async def test_a_folder_that_cannot_be_used_is_told_with_its_key(tmp_path: Path, house: House) -> None:
    house.folder.write_text("a file")
    with pytest.raises(StoreFault, match=r"relay\.db\.spool cannot be used \(spool\.path\): "):
        async with house.spool():
            pass


async def test_where_nothing_can_be_written_the_request_is_refused_and_later_ones_are_not(
    house: House,
) -> None:
    async with house.spool() as spool:
        house.folder.rmdir()
        with pytest.raises(StoreFault, match="No such file"):
            await fill(spool, b"a")
        assert not spool.has_room()
        house.folder.mkdir()
        await fill(spool, b"b")
        assert spool.has_room()
        assert await empty(spool) == [b"b"]


async def test_what_was_acknowledged_around_a_full_disk_comes_out_and_nothing_else(house: House) -> None:
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.spool.full_disk", str(house.folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert ran.returncode == 0, ran.stderr
    async with house.spool() as spool:
        assert [int(body) for body in await empty(spool)] == [int(number) for number in ran.stdout.split()]
