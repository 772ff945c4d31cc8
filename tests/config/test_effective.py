"""What is in effect, and the commands that show it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from relay.config.effective import effective
from relay.config.load import examine, read
from relay.config.schema import schema
from tests.config.trying import UUID

FILE = f"""
[server]
port = 1000
[destinations.main]
api_key = "hidden-key"
[sources.studio]
connector = "square"
secrets.signing_key = ["hidden-one", {{ env = "SQUARE_KEY" }}]
settings.rules = [{{ kind = "a" }}]
[[routes]]
name = "all"
sequence = "{UUID}"
"""


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    path = tmp_path / "relay.toml"
    path.write_text(FILE)
    return path


def test_each_value_says_where_it_came_from_and_no_secret_is_shown(file: Path) -> None:
    variables = {
        "RELAY_SERVER__HOST": "0.0.0.0",
        "RELAY_SOURCES__STUDIO__SECRETS__ACCESS_TOKEN": "hidden-token",
    }
    draft = read(file, variables)
    shown = {
        setting.key: (setting.value, setting.origin) for setting in effective(examine(draft).config, draft)
    }
    expected = {
        "server.host": ("0.0.0.0", "RELAY_SERVER__HOST"),
        "server.port": (1000, str(file)),
        "server.max_body": ("1 MiB", "default"),
        "lookups.origins": ({}, "default"),
        "destinations.main.api_key": ("••••", str(file)),
        "sources.studio.secrets.signing_key[0]": ("••••", str(file)),
        "sources.studio.secrets.signing_key[1]": ({"env": "SQUARE_KEY"}, str(file)),
        "sources.studio.secrets.access_token": ("••••", "RELAY_SOURCES__STUDIO__SECRETS__ACCESS_TOKEN"),
        "sources.studio.settings.rules[0].kind": ("a", str(file)),
        "routes[0].sequence": (UUID, str(file)),
        "routes[0].delay": ("0s", "default"),
    }
    assert {key: shown[key] for key in expected} == expected
    assert "hidden" not in str(shown)


def relay(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
    command = [sys.executable, "-c", "from relay.cli.config import app; app()", *words]
    return subprocess.run(command, env=environ | variables, capture_output=True, text=True, check=True)


def test_the_command_shows_a_table_that_cuts_nothing_off(file: Path) -> None:
    shown = relay("show", "--config", str(file), RELAY_SERVER__HOST="0.0.0.0", COLUMNS="200").stdout
    lines = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.strip()}
    assert lines["server.host"] == ['"0.0.0.0"', "RELAY_SERVER__HOST"]
    assert lines["destinations.main.api_key"] == ['"••••"', str(file)]


def test_the_command_prints_json_for_machines(file: Path) -> None:
    shown = json.loads(relay("show", "--config", str(file), "--json").stdout)
    assert {"key": "server.port", "value": 1000, "origin": str(file)} in shown


def test_the_commands_print_schema_and_example() -> None:
    assert json.loads(relay("schema").stdout) == schema()
    committed = Path(__file__).parents[2] / "config.example.toml"
    assert relay("example").stdout == committed.read_text("utf-8")
