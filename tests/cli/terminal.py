"""The command line as a user meets it: words in, an exit code and what is shown and complained of out."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest

from relay.cli.main import run
from relay.cli.output import console, errors
from relay.sandbox.first import AFTER_VISIT, KEY
from relay.store import open_store
from tests.installing import TOKEN
from tests.store.desk import Desk

T = TypeVar("T")

CONFIG = """\
public_url = "https://relay.example.com"

[server]
port = 0

[store]
path = "{folder}/relay.db"

[egress]
allow = ["127.0.0.1/32"]

[destinations.main]
base_url = "{url}"
api_key = "{key}"

[sources.shop]
connector = "generic"
secrets.url_token = "{token}"
settings.kind = {{ paid = "purchase.completed" }}

[[routes]]
name = "after-purchase"
sources = ["shop"]
events = ["purchase.completed"]
sequence = "{sequence}"
"""
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)

    @property
    def said(self) -> str:
        """Everything it said, in one line, and never a traceback."""
        text = " ".join(f"{self.out} {self.err}".split())
        assert "Traceback" not in text
        return text


class Terminal:
    """Runs `relay …` with a configuration of its own in `folder`."""

    def __init__(
        self, folder: Path, capture: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self._capture = capture
        self._monkeypatch = monkeypatch
        for each in (console, errors):
            monkeypatch.setattr(each, "width", 200)
        monkeypatch.chdir(folder)
        self.configure()

    def configure(self, url: str = NOWHERE, key: str = KEY, **given: str) -> None:
        """Write the configuration; `token` and `sequence` may differ from the usual ones."""
        usual = {"folder": str(self.folder), "token": TOKEN, "sequence": AFTER_VISIT, "url": url, "key": key}
        self.config.write_text(CONFIG.format(**usual | given))

    def __call__(self, *words: object) -> Done:
        # `serve` sets up the logging of its whole process, which is not this one's to lose.
        return self._apart(*words) if "serve" in words else self._here(*words)

    def _apart(self, *words: object) -> Done:
        command = [str(Path(sys.executable).parent / "relay"), *map(str, words)]
        wide = os.environ | {"COLUMNS": "200"}
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=wide)
        return Done(ended.returncode, ended.stdout, ended.stderr)

    def _here(self, *words: object) -> Done:
        self._monkeypatch.setattr(sys, "argv", ["relay", *map(str, words)])
        self._capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            run()
        shown = self._capture.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else int(bool(code)), shown.out, shown.err)

    def prepare(self, work: Callable[[Desk], Coroutine[Any, Any, T]]) -> T:
        """Do something to the ledger beforehand."""

        async def on_ledger() -> T:
            async with open_store(self.folder / "relay.db") as store:
                return await work(Desk(store))

        return asyncio.run(on_ledger())


@contextmanager
def in_background(opening: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """Something asynchronous that goes on beside a command, in a thread with a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    opened = opening()
    try:
        yield asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(30)
        asyncio.run_coroutine_threadsafe(_closed(opened), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _closed(opened: AbstractAsyncContextManager[Any]) -> None:
    await opened.__aexit__(None, None, None)
