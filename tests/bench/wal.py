"""Counting what SQLite writes, as the operating system gets it: nothing of the store takes part in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import apsw

_SYSTEM = apsw.vfs_names()[0]


class _File(apsw.VFSFile):
    def __init__(self, name: apsw.URIFilename | str | None, flags: list[int], written: Counter[str]) -> None:
        super().__init__(_SYSTEM, name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        self._kind = "log" if path.endswith("-wal") else "file"
        self._written = written

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802  # the library's name
        self._written[self._kind] += len(data)
        super().xWrite(data, offset)


class _Counting(apsw.VFS):
    def __init__(self, written: Counter[str]) -> None:
        super().__init__("counting", _SYSTEM, makedefault=True)
        self._written = written

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _File(name, flags, self._written)


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Bytes written to the `log` and to the `file` of all databases that are opened in here."""
    written: Counter[str] = Counter()
    vfs = _Counting(written)
    try:
        yield written
    finally:
        vfs.unregister()
