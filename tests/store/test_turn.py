"""Processes that share a ledger write in turn; nobody who dies or leaves keeps the others waiting."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from relay.store import Store, open_store
from relay.store.base import StoreFault
from relay.store.sqlite import turn, writer
from relay.store.sqlite.turn import Turn
from tests.factories import incoming

_HOLDER = """
import sys
from pathlib import Path
from relay.store.sqlite.turn import Turn

with Turn(Path(sys.argv[1])).taken():
    print("taken", flush=True)
    sys.stdin.read()
"""

_NEWCOMER = """
import asyncio, sys
from pathlib import Path
from relay.store import open_store
from tests.factories import incoming

async def arrive():
    sys.stdin.read()
    async with open_store(Path(sys.argv[1])) as store:
        await store.add_request(incoming())

asyncio.run(arrive())
"""


def process(program: str, path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", program, str(path)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )


@contextmanager
def somebody_writes(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process, whose turn it is."""
    with process(_HOLDER, path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"taken\n"
        try:
            yield holder
        finally:
            holder.kill()


async def test_what_is_accepted_while_another_process_writes_is_written_after_it(tmp_path: Path) -> None:
    async with open_store(tmp_path / "relay.db") as store:
        with somebody_writes(tmp_path / "relay.db") as holder:
            waiting = asyncio.ensure_future(store.add_request(incoming()))
            await asyncio.wait([waiting], timeout=0.1)
            assert not waiting.done()
            holder.communicate()
            assert await waiting == 1


async def test_a_process_that_is_killed_in_its_turn_gives_it_up(tmp_path: Path) -> None:
    async with open_store(tmp_path / "relay.db") as store:
        with somebody_writes(tmp_path / "relay.db") as holder:
            waiting = asyncio.ensure_future(store.add_request(incoming()))
            await asyncio.wait([waiting], timeout=0)
            holder.kill()
            assert await waiting == 1


async def test_processes_that_start_at_once_on_a_new_ledger_all_use_it(tmp_path: Path) -> None:
    started = [process(_NEWCOMER, tmp_path / "relay.db") for _ in range(4)]
    for one in started:
        assert one.stdin is not None
        one.stdin.close()
    ends = [await asyncio.to_thread(one.wait) for one in started]
    for one in started:
        assert one.stdout is not None
        one.stdout.close()
    assert ends == [0, 0, 0, 0]
    async with open_store(tmp_path / "relay.db") as store:
        assert (await store.ledger()).accepted == 4


IN_VAIN = r"for \S+ s another process has kept its turn .*`lslocks` names who holds relay\.db\.turn"


@pytest.fixture(name="impatient")
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (turn, writer):
        monkeypatch.setattr(module, "PATIENCE", 0.05)


@pytest.mark.usefixtures("impatient")
async def test_a_process_that_hangs_in_its_turn_is_waited_for_no_longer_than_is_sensible(
    tmp_path: Path,
) -> None:
    async with open_store(tmp_path / "relay.db") as store:
        with somebody_writes(tmp_path / "relay.db") as holder:
            for _ in range(3):
                waiting = [store.add_request(incoming()), store.expire_leases(), store.rescue_requests(0)]
                answers = await asyncio.gather(*waiting, return_exceptions=True)
                assert [type(answer) for answer in answers] == [StoreFault] * 3
            with pytest.raises(StoreFault, match=IN_VAIN):
                await store.add_request(incoming())
            assert (await store.ledger()).accepted == 0
            holder.communicate()
            assert await written(store) == 1
        assert (await store.ledger()).accepted == 1


async def written(store: Store) -> int:
    """The number of a request that is sent again until it is taken."""
    while True:
        with suppress(StoreFault):
            return await store.add_request(incoming())


@pytest.mark.usefixtures("impatient")
async def test_a_process_that_hangs_in_its_turn_keeps_nobody_from_leaving_or_from_starting_in_vain(
    tmp_path: Path,
) -> None:
    async with open_store(tmp_path / "relay.db"):
        pass
    with somebody_writes(tmp_path / "relay.db") as holder:
        with pytest.raises(StoreFault, match=IN_VAIN):
            async with open_store(tmp_path / "relay.db"):
                pass
        holder.communicate()
    leaving = AsyncExitStack()
    store = await leaving.enter_async_context(open_store(tmp_path / "relay.db"))
    with somebody_writes(tmp_path / "relay.db"):
        with pytest.raises(StoreFault, match=IN_VAIN):
            await store.add_request(incoming())
        await leaving.aclose()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match=r"missing/relay\.db cannot be used"):
        Turn(tmp_path / "missing" / "relay.db")
