"""`relay serve` as its operator runs it: a process of its own, started, stopped and killed from outside."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.polling import until

RELAY = Path(sys.executable).with_name("relay")


def environ() -> dict[str, str]:
    """Our own, without what would configure the relay."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}


class RelayProcess:
    """One relay on one configuration, started as often as one likes. `up` is set while it listens.

    `words` are further ones of the command line.
    """

    def __init__(self, config: Path, *words: str) -> None:
        self._config = config
        self._words = words
        self._process: asyncio.subprocess.Process | None = None
        self._starts = 0
        self.launcher: tuple[str | Path, ...] = ()
        """A command that goes before the relay's, and may hand open files on."""
        self.up = asyncio.Event()
        self.url = ""

    @property
    def _log(self) -> Path:
        return self._config.with_name(f"{self._config.stem}-{self._starts}.log")

    def logged(self) -> Iterator[dict[str, Any]]:
        """What the running or last process has logged so far."""
        for line in self._log.read_text("utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:  # the last line of a process that was killed, or a traceback
                continue

    def has_logged(self, event: str) -> bool:
        return any(line["event"] == event for line in self.logged())

    async def launch(self) -> None:
        """Start the process; it listens a little later."""
        self._starts += 1
        with self._log.open("wb") as log:
            command = (*self.launcher, RELAY, "serve", "--config", self._config, *self._words)
            self._process = await asyncio.create_subprocess_exec(
                *command, stderr=log, env=environ(), close_fds=not self.launcher
            )

    async def start(self) -> None:
        """Start the process and wait until it listens."""
        await self.launch()
        await until(lambda: self._ended() or self.has_logged("listening"), "the relay did not listen")
        assert not self._ended(), self._log.read_text("utf-8")
        self.url = next(line["url"] for line in self.logged() if line["event"] == "listening")
        self.up.set()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.returncode

    def _ended(self) -> bool:
        return self._process is None or self._process.returncode is not None

    async def kill(self) -> None:
        """As a power cut would: no handler runs, nothing is flushed."""
        assert await self._signal(signal.SIGKILL) == -signal.SIGKILL

    async def terminate(self) -> int:
        """As an operator or orchestrator would; the exit code."""
        return await self._signal(signal.SIGTERM)

    def renew(self) -> None:
        """SIGHUP: the processes of a relay that has several are to be replaced."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting for the end."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    async def _signal(self, number: signal.Signals) -> int:
        self.up.clear()
        assert self._process is not None
        self._process.send_signal(number)
        return await self._process.wait()

    async def close(self) -> None:
        if not self._ended():
            await self._signal(signal.SIGKILL)

    async def command(self, *words: str) -> tuple[int, Any]:
        """Exit code and JSON of another command on the same configuration."""
        process = await asyncio.create_subprocess_exec(
            RELAY, *words, "--json", "--config", self._config, stdout=asyncio.subprocess.PIPE, env=environ()
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, json.loads(printed)
