"""A dear look is not taken again and again; a cheap one always is."""

from __future__ import annotations

import asyncio

import pytest

from relay.desk.pacing import CHEAP, REST, Paced


class Looking:
    """Each look takes `seconds` of a clock that stands still otherwise."""

    def __init__(self, seconds: float) -> None:
        self.now = 100.0
        self.looks = 0
        self._seconds = seconds

    async def look(self) -> int:
        await asyncio.sleep(0)
        self.now += self._seconds
        self.looks += 1
        return self.looks

    def paced(self) -> Paced[int]:
        return Paced(self.look, lambda: self.now)


async def test_what_is_cheap_is_looked_at_anew() -> None:
    looking = Looking(CHEAP / 2)
    paced = looking.paced()
    assert [await paced.look() for _ in range(3)] == [1, 2, 3]


async def test_what_is_dear_takes_a_bounded_share_of_the_time() -> None:
    looking = Looking(1.0)
    paced = looking.paced()
    for _ in range(1000):
        await paced.look()
        looking.now += 1.0
    assert looking.looks == pytest.approx(1000 / (REST + 1), rel=0.1)


async def test_who_looks_at_the_same_time_shares_a_dear_look() -> None:
    looking = Looking(1.0)
    paced = looking.paced()
    assert await asyncio.gather(*(paced.look() for _ in range(5))) == [1] * 5


async def test_a_look_that_failed_is_taken_again() -> None:
    looking = Looking(1.0)

    async def failing() -> int:
        if looking.looks == 0:
            looking.looks = 1
            raise OSError("away")
        return await looking.look()

    paced = Paced(failing, lambda: looking.now)
    with pytest.raises(OSError, match="away"):
        await paced.look()
    assert await paced.look() == 2
