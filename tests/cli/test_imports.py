"""What a command does not need is not imported: start-up time, told without a clock."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterable

from relay.cli.wiring import running
from relay.config.resolve import open_installation
from tests.cli.terminal import Terminal, in_background
from tests.e2e.process import environ

_TELLING = """
import atexit, sys
atexit.register(lambda: sys.stdout.write("\\nimported: " + " ".join(sys.modules)))
from relay.cli import main
main()
"""
"""Runs the command line, and tells at the end what was imported."""

TOOLS = {"relay.checking", "relay.recording", "relay.sandbox", "relay.cli.demo"}
AT_WORK = {"relay.desk.catalogue", "relay.web", "relay.work", "relay.cli.wiring", "jinja2"}
SELDOM = {"apprise", "asyncpg", "markdown_it", "nameparser", "requests"}
LARGE = {"aiohttp", "apsw", "cryptography", "phonenumbers", "pydantic", "relay.config", "relay.store"}


def start(relay: Terminal, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _TELLING, *words],
        cwd=relay.folder,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def imported(process: subprocess.Popen[str]) -> set[str]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return set(out.rpartition("\nimported: ")[2].split())


def among(modules: Iterable[str], packages: set[str]) -> set[str]:
    """Those of the packages of which anything was imported."""
    return {one for one in packages for module in modules if module == one or module.startswith(f"{one}.")}


def connectors(modules: Iterable[str]) -> set[str]:
    return {name for name in modules if name.startswith("connectors.") and name.count(".") == 2}


def test_the_help_imports_none_of_what_the_commands_need(relay: Terminal) -> None:
    modules = imported(start(relay, "--help"))
    own = {"markdown_it"}  # of the library that prints the help
    assert among(modules, TOOLS | AT_WORK | SELDOM - own | LARGE | {"connectors"}) == set()


def test_a_supervisor_that_asks_every_few_seconds_costs_little(relay: Terminal) -> None:
    with in_background(lambda: running(open_installation(relay.config, environ()))) as at_work:
        modules = imported(start(relay, "health", "--url", at_work.url))
    own = {"pydantic"}  # of the library that reads the options
    assert among(modules, TOOLS | AT_WORK | SELDOM | LARGE - own | {"connectors"}) == set()


def test_a_check_imports_neither_what_works_nor_what_no_source_uses(relay: Terminal) -> None:
    modules = imported(start(relay, "check", "--offline"))
    assert among(modules, TOOLS | AT_WORK | SELDOM) == set()
    assert connectors(modules) == {"connectors.generic.generic"}


def test_the_configuration_is_shown_without_connectors(relay: Terminal) -> None:
    modules = imported(start(relay, "config", "show"))
    assert among(modules, TOOLS | AT_WORK | SELDOM) == set()
    assert connectors(modules) == set()


def test_a_relay_at_work_imports_no_tools_and_only_the_connectors_of_its_sources(relay: Terminal) -> None:
    process = start(relay, "serve")
    assert process.stderr is not None
    assert any("listening" in line for line in iter(process.stderr.readline, ""))
    process.send_signal(signal.SIGTERM)
    modules = imported(process)
    assert among(modules, TOOLS | SELDOM) == set()
    assert connectors(modules) == {"connectors.generic.generic"}
