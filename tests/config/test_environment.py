"""Variables: which key they set, and which of them are mistakes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from relay.config.environment import fixed_paths, overlay, variable_of
from relay.config.faults import ConfigFaults, Fault
from relay.config.load import examine, load, read
from relay.config.models import Config
from relay.config.secrets import EnvSecret
from tests.config.trying import UUID

FILE = """
[server]
port = 1000
[destinations.main]
api_key = "dem_file"
[sources.square-main]
connector = "square"
secrets.signing_key = "from the file"
settings.Odd-Key = 1
"""


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    path = tmp_path / "relay.toml"
    path.write_text(FILE)
    return path


def faults(file: Path, environ: dict[str, str]) -> list[Fault]:
    with pytest.raises(ConfigFaults) as caught:
        load(file, environ)
    return caught.value.faults


def test_a_variable_wins_over_the_file(file: Path) -> None:
    assert load(file, {"RELAY_SERVER__PORT": "9000"}).server.port == 9000


def test_a_variable_sets_a_key_of_a_table_in_a_table(file: Path) -> None:
    config = load(file, {"RELAY_DELIVERY__RETRY__INITIAL": "90", "RELAY_SERVER__MAX_BODY": "2 MiB"})
    assert config.delivery.retry.initial == timedelta(seconds=90)
    assert config.server.max_body == 2 * 1024**2


def test_an_underscore_in_a_source_s_name_stands_for_a_dash(file: Path) -> None:
    variable = "RELAY_SOURCES__SQUARE_MAIN__SECRETS__SIGNING_KEY"
    secret = load(file, {variable: "from outside"}).sources["square-main"].secrets["signing_key"]
    assert isinstance(secret, SecretStr)
    assert secret.get_secret_value() == "from outside"


def test_a_name_of_a_setting_is_the_file_s_where_it_has_one_and_small_letters_otherwise(file: Path) -> None:
    environ = {
        "RELAY_SOURCES__SQUARE_MAIN__SETTINGS__ODD_KEY": "2",
        "RELAY_SOURCES__SQUARE_MAIN__SETTINGS__VERIFY__HEADER_NAME": "x-signature",
    }
    settings = load(file, environ).sources["square-main"].settings
    assert settings == {"Odd-Key": "2", "verify": {"header_name": "x-signature"}}


def test_a_source_may_stand_in_variables_alone() -> None:
    environ = {
        "RELAY_DESTINATIONS__SECOND_ONE__API_KEY": '{ env = "SECOND_KEY" }',
        "RELAY_SOURCES__TILL_2__CONNECTOR": "square",
        "RELAY_SOURCES__TILL_2__SECRETS__SIGNING_KEY": '["new", "old"]',
        "RELAY_ROUTES": f'[{{ name = "all", sequence = "{UUID}" }}]',
    }
    config = examine(read(None, environ)).config
    assert config.destinations["second-one"].api_key == EnvSecret(env="SECOND_KEY")
    assert len(config.sources["till-2"].secrets["signing_key"]) == 2  # type: ignore[arg-type] # a list of two
    assert config.routes[0].name == "all"


@pytest.mark.parametrize("text", ["[not toml", "{neither", "[1]\nserver = 1", "[::]", '"quoted"', "[" * 9999])
def test_text_that_only_looks_like_toml_stays_text(file: Path, text: str) -> None:
    variable = "RELAY_SOURCES__SQUARE_MAIN__SETTINGS__EXPRESSION"
    assert load(file, {variable: text}).sources["square-main"].settings["expression"] == text


def test_dict_of_plain_values_is_given_as_an_inline_table(file: Path) -> None:
    origins = '{ "https://api.example.com" = "http://127.0.0.1:1" }'
    config = load(file, {"RELAY_LOOKUPS__ORIGINS": origins})
    assert config.lookups.origins == {"https://api.example.com": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("variable", "problem", "hint"),
    [
        ("RELAY_SERVER__PROT", "names no key of the configuration", "did you mean RELAY_SERVER__PORT?"),
        ("RELAY_SERVER_PORT", "names no key of the configuration", "did you mean RELAY_SERVER__PORT?"),
        ("RELAY_SERVER__PORT__X", "names no key of the configuration", "did you mean RELAY_SERVER__PORT?"),
        (
            "RELAY_DESTINATIONS__MAIN__APIKEY",
            "names no key of the configuration",
            "did you mean RELAY_DESTINATIONS__MAIN__API_KEY?",
        ),
        ("RELAY_DESTINATIONS____API_KEY", "names no key of the configuration", None),
        ("RELAY_ROUTES__0__SEQUENCE", "names no key of the configuration", None),
        ("RELAY_ZEBRA", "names no key of the configuration", "see the documentation of the configuration"),
        ("RELAY_", "names no key of the configuration", None),
        ("RELAY_SERVER", "names a table; a variable sets one key of it", "such as RELAY_SERVER__HOST"),
        (
            "RELAY_SOURCES__SQUARE_MAIN",
            "names a table; a variable sets one key of it",
            "such as RELAY_SOURCES__SQUARE_MAIN__CONNECTOR",
        ),
        (
            "RELAY_SOURCES",
            "names a table; a variable sets one key of it",
            "such as RELAY_SOURCES__NAME__KEY",
        ),
    ],
)
def test_a_variable_that_names_no_key_is_a_mistake(
    file: Path, variable: str, problem: str, hint: str | None
) -> None:
    [fault] = faults(file, {variable: "1"})
    assert (fault.key, fault.problem) == (variable, problem)
    assert hint in (fault.hint, None)


def test_an_empty_variable_is_a_mistake(file: Path) -> None:
    [fault] = faults(file, {"RELAY_SERVER__HOST": " "})
    assert fault == Fault("RELAY_SERVER__HOST", "is empty", "give it a value, or unset it")


def test_a_mistake_in_a_variable_s_value_names_key_and_variable(file: Path) -> None:
    [fault] = faults(file, {"RELAY_SERVER__PORT": "many"})
    assert fault.key == "server.port"
    assert fault.problem == "should be a whole number (set by RELAY_SERVER__PORT)"


def test_mistakes_of_file_and_variables_are_named_together(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text("log.colour = 1")
    keys = [fault.key for fault in faults(file, {"RELAY_ZEBRA": "1", "RELAY_SERVER__PORT": "x"})]
    assert keys == ["RELAY_ZEBRA", "log.colour", "server.port"]


def test_other_variables_are_none_of_our_business(file: Path) -> None:
    environ = {"RELAY_TEST_SEED": "1", "RELAY_CONFIG": "elsewhere.toml", "HOME": "/", "relay_server": "x"}
    environ |= {"RELAY_URL": "https://relay.example.com", "RELAY_TOKEN": "rly_…"}
    assert load(file, environ) == load(file, {})


def test_a_variable_that_a_secret_refers_to_may_begin_like_ours(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text('destinations.main.api_key = { env = "RELAY_DEMETERRR_KEY" }')
    load(file, {"RELAY_DEMETERRR_KEY": "dem_x"})
    [fault] = faults(file, {"RELAY_DEMETERRR_KEY": "dem_x", "RELAY_OTHER_KEY": "x"})
    assert fault.key == "RELAY_OTHER_KEY"


def test_a_variable_replaces_what_the_file_has_in_a_table_s_place(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text("server = 5")
    assert load(file, {"RELAY_SERVER__PORT": "9000"}).server.port == 9000


@pytest.mark.parametrize("path", list(fixed_paths()), ids=variable_of)
def test_every_key_has_a_variable(path: tuple[str, ...]) -> None:
    default: Any = Config().model_dump(mode="json")
    for part in path:
        default = default[part]
    # What is not set by default needs a value of its kind: most take a number.
    number = "refuse" if path == ("store", "when_away") else "9090"
    value = number if default is None else str(default)
    overlaid = overlay({}, {variable_of(path): value})
    assert not overlaid.faults
    assert list(overlaid.origins) == [path]
    Config.model_validate(overlaid.data)
