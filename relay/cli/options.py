"""Options that several commands share, and what they load: each function imports what it needs alone."""
# ruff: noqa: PLC0415

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from relay.cli.output import errors, plain

if TYPE_CHECKING:
    from relay.config.installation import Installation
    from relay.config.models import Config
    from relay.registry import Registry
    from relay.store import Store

T = TypeVar("T")

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="Configuration file; ./config.toml if there is one.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]


def load_config(path: Path | None) -> Config:
    """The checked configuration. Raises `ConfigFaults`."""
    from relay.config.load import load

    return load(path, os.environ)


def load_installation(path: Path | None, *, quiet: bool = False) -> Installation:
    """The configuration at work; its warnings go to standard error. Raises `ConfigFaults`."""
    from relay.config.resolve import open_installation

    installation = open_installation(path, os.environ)
    if not quiet:
        for warning in installation.warnings:
            errors.print(f"[yellow]warning:[/] {plain(warning)}", highlight=False)
    return installation


def registry_of(path: Path | None) -> Registry:
    """Connectors, those of the configuration's own folders included."""
    from relay.registry import Registry

    return Registry(load_config(path).connector_folders)


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a command's coroutine on the fastest loop there is."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(work())


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # absent on Windows, and never required
    except ImportError:
        return None
    return uvloop.new_event_loop


@asynccontextmanager
async def ledger_of(path: Path | None) -> AsyncIterator[Store]:
    """The ledger that the configuration names, also while a relay works on it. Raises `StoreFault`."""
    from relay.config.place import ledger_place
    from relay.store import open_store

    async with open_store(ledger_place(load_config(path).store, os.environ), must_exist=True) as store:
        yield store
