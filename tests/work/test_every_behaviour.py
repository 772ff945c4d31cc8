"""Every switch and every fault of the sandbox against the relay: nobody is lost, and nobody doubled unseen.

A row of the table is a behaviour of the destination. Each is played in three worlds: keys are honoured; they
are not, and calls of unknown end are held; they are not, and such calls are repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args, get_origin

import pytest

from relay.sandbox.faults import FAULTS
from relay.sandbox.switches import Switches
from tests.work.behaviours.faults_table import PLACES
from tests.work.behaviours.play import play, quick_folder, translated
from tests.work.behaviours.row import WORLDS, Row, World
from tests.work.behaviours.table import ROWS
from tests.work.behaviours.traffic import Traffic

Ledgers = dict[Traffic, Path]


@pytest.fixture(name="folder")
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(dir=quick_folder()) as folder:
        yield Path(folder)


@pytest.fixture(name="ledgers", scope="module")
def _ledgers() -> Ledgers:
    return {}


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
async def test_nobody_is_lost_and_nobody_is_doubled_when(
    row: Row, world: World, ledgers: Ledgers, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if row.traffic not in ledgers:
        ledgers[row.traffic] = await translated(tmp_path_factory.mktemp("translated"), row.traffic)
    await play(row, world, ledgers[row.traffic], folder)


def used(switch: str) -> set[object]:
    """The values that a switch has somewhere in the table, its default among them."""
    in_rows = {canonical(row.switches[switch]) for row in ROWS if switch in row.switches}
    return in_rows | {canonical(Switches.model_fields[switch].default)}


def canonical(value: object) -> object:
    return repr(value)


@pytest.mark.parametrize("switch", sorted(Switches.model_fields))
def test_the_table_has_every_value_of(switch: str) -> None:
    if switch == "idempotency":
        assert {world.idempotency for world in WORLDS} == {True, False}
        return
    kind = Switches.model_fields[switch].annotation
    choices = (True, False) if kind is bool else get_args(kind) if get_origin(kind) is Literal else ()
    missing = {canonical(choice) for choice in choices} - used(switch)
    assert not missing, f"no row has {switch} = {missing}"
    assert len(used(switch)) > 1, f"no row changes {switch}"


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_the_table_has_every_fault_at_every_place_and_on_a_repeat(fault: str) -> None:
    places = {number for row in ROWS for number, faults in row.strikes.items() if faults[0] == fault}
    assert places >= set(PLACES.values())
    assert any(fault in faults[1:] for row in ROWS for faults in row.strikes.values())


def test_every_row_is_another_sentence() -> None:
    assert len({row.says for row in ROWS}) == len(ROWS)
