"""`relay sandbox`: what it prints is what a configuration needs."""

from __future__ import annotations

import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.installing import SHOP, installed


def lines_printed(*words: str) -> list[str]:
    """What a sandbox in a process of its own prints until its sequences follow."""
    command = [str(Path(sys.executable).parent / "relay"), "sandbox", "--port", "0", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            if line.startswith("Sequences"):
                break
            lines.append(line)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    return lines


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_lines_that_are_printed_are_a_configuration_that_may_call_it(host: str) -> None:
    lines = lines_printed("--host", host)
    data = tomllib.loads("".join(line for line in lines if line.startswith("  ")))
    assert "127.0.0.1/32" in data["egress"]["allow"]
    assert installed(data | {"sources": {"shop": SHOP}}).destinations["main"].api_key.startswith("dem_")
