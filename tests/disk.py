"""A disk that forgets what nobody waited for: the least that is left after a power failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

_SYSTEM = apsw.vfs_names()[0]


class Disk:
    """What SQLite's files held when they were last written to disk, by their paths."""

    def __init__(self) -> None:
        self._synced: dict[Path, bytes] = {}

    def sync(self, path: Path) -> None:
        self._synced[path] = path.read_bytes()

    def left(self, ledger: Path, folder: Path) -> None:
        """Write into this folder what would be left of a ledger if the power failed now."""
        for path in (ledger, ledger.with_name(f"{ledger.name}-wal")):
            (folder / path.name).write_bytes(self._synced.get(path, b""))


class _File(apsw.VFSFile):
    def __init__(self, name: apsw.URIFilename | str | None, flags: list[int], disk: Disk) -> None:
        super().__init__(_SYSTEM, name, flags)
        self._path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "")
        self._disk = disk

    def xSync(self, flags: int) -> None:  # noqa: N802  # the library's name
        super().xSync(flags)
        self._disk.sync(self._path)


class _Watched(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        super().__init__("watched", _SYSTEM, makedefault=True)
        self._disk = disk

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _File(name, flags, self._disk)


@contextmanager
def watched_disk() -> Iterator[Disk]:
    """Holds for all databases that are opened in here."""
    disk = Disk()
    vfs = _Watched(disk)
    try:
        yield disk
    finally:
        vfs.unregister()
