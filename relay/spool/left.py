"""What is in a spool, as anybody can tell who may read its files, whoever holds them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from relay.spool.file import SUFFIX, SpoolFile


@dataclass(frozen=True, slots=True)
class Left:
    """`size` in bytes; `oldest`: when the first request was received, in milliseconds since 1970.

    What the ledger has already of a file that is still there is counted, too.
    """

    requests: int = 0
    size: int = 0
    files: int = 0
    oldest: int | None = None


def left_in(folder: Path) -> Left:
    """Nothing where there is no such folder. Raises `OSError` where it may not be read."""
    if not folder.is_dir():
        return Left()
    places = [place for place in folder.iterdir() if place.suffix == SUFFIX]
    found = [each for place in places if (each := _in_file(place)).requests]
    return Left(
        requests=sum(each.requests for each in found),
        size=sum(each.size for each in found),
        files=len(found),
        oldest=min((each.oldest for each in found if each.oldest is not None), default=None),
    )


def _in_file(path: Path) -> Left:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # all of it came in just now
        return Left()
    file = SpoolFile(path, descriptor, os.fstat(descriptor).st_size)
    try:
        first = file.read().spooled.requests
        return Left(file.count(), file.size, 1, first[0].received_at if first else None)
    finally:
        file.close()
