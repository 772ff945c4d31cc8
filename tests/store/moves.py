"""The steps of a move, each on its own, as separate runs of the command take them."""

from __future__ import annotations

from pathlib import Path

from relay.store.moving import Done, Survey, Tell, moving
from tests.factories import NOW_MS


def quiet(_: object) -> None:
    """Nobody looks how far it is."""


async def survey(path: Path, url: str) -> Survey:
    async with moving(path, url, quiet) as move:
        return await move.survey()


async def copy(path: Path, url: str, tell: Tell = quiet) -> Done:
    async with moving(path, url, tell) as move:
        return await move.catch_up()


async def finish(path: Path, url: str, tell: Tell = quiet) -> Done:
    async with moving(path, url, tell) as move:
        return await move.finish("ops", NOW_MS)
