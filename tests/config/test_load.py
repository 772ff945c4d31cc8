"""The file: where it is found, and what its mistakes are told."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from relay.config.environment import overlay
from relay.config.faults import ConfigFaults, Fault
from relay.config.keys import is_model, literal
from relay.config.load import Draft, examine, load
from relay.config.models import Config
from tests.config.trying import UUID


def faults(tmp_path: Path, text: str) -> list[Fault]:
    file = tmp_path / "relay.toml"
    file.write_text(text)
    with pytest.raises(ConfigFaults) as caught:
        load(file, {})
    return caught.value.faults


def test_without_a_file_and_variables_all_is_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {}) == Config()


def test_config_toml_in_the_working_folder_is_read_when_no_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("server.port = 9000")
    assert load(None, {}).server.port == 9000


def test_a_variable_may_name_the_file_and_an_argument_goes_before_it(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text("server.port = 1001")
    two.write_text("server.port = 1002")
    assert load(None, {"RELAY_CONFIG": str(one)}).server.port == 1001
    assert load(two, {"RELAY_CONFIG": str(one)}).server.port == 1002


def test_a_file_that_is_named_must_exist(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.toml"
    for path, environ in [(missing, {}), (None, {"RELAY_CONFIG": str(missing)})]:
        with pytest.raises(ConfigFaults) as caught:
            load(path, environ)
        [fault] = caught.value.faults
        assert fault.key == str(missing)
        assert "No such file" in fault.problem


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_bytes(b"\xef\xbb\xbfserver.port = 9000")
    assert load(file, {}).server.port == 9000


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[server\nport = 1", "is not TOML: line 1, column 8: "),
        (b"[server]\nport = = 1", "is not TOML: line 2, column 8: "),
        (b"a = 1\na = [", "is not TOML: line 2, column 6, the end: "),
        (b"a = 1\na = 2\n", "is not TOML: line 2, column 6: "),
        (b"\xff", "is not UTF-8 text (byte 0)"),
        (b"a = " + b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_where_it_fails(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    file = tmp_path / "relay.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigFaults) as caught:
        load(file, {})
    [fault] = caught.value.faults
    assert fault.key == str(file)
    assert fault.problem.startswith(problem)


@pytest.mark.parametrize(
    ("text", "key", "problem", "hint"),
    [
        ("colour = 1", "colour", "is unknown", f"known here: {', '.join(Config.model_fields)}"),
        ("publc_url = 1", "publc_url", "is unknown", "did you mean public_url?"),
        ("[sever]", "sever", "is unknown", "did you mean server?"),
        ("server.prot = 1", "server.prot", "is unknown", "did you mean port?"),
        ("store.colour = 1", "store.colour", "is unknown", "known here: path, url, wait, when_away, timeout"),
        ("server.port = 'x'", "server.port", "should be a whole number", ""),
        ("server.port = 1.5", "server.port", "should be a whole number", ""),
        ("server.port = 70000", "server.port", "should be less than or equal to 65535", ""),
        ("server.host = ''", "server.host", "is empty", ""),
        ("server = 5", "server", "should be a table", ""),
        ("sources = 5", "sources", "should be a table", ""),
        ("routes = 5", "routes", "should be a list", ""),
        ("routes = [5]", "routes[0]", "should be a table", ""),
        ("log.level = 'loud'", "log.level", "should be 'debug', 'info', 'warning' or 'error'", ""),
        ("delivery.retry.factor = 'x'", "delivery.retry.factor", "should be a number", ""),
        ("connector_folders = 'x'", "connector_folders", "should be a list", ""),
        ("connector_folders = [5]", "connector_folders[0]", "should be the path of a file or folder", ""),
        ("public_url = 'https://a.example/'", "public_url", "should not end with a slash", ""),
        ("[destinations.main]", "destinations.main.api_key", "is missing", ""),
        (
            "[destinations.main]\napi_key = 'dem_x'\nbase_url = 'https://a.example/api/v1'",
            "destinations.main.base_url",
            "should not include /api/v1",
            "",
        ),
        (
            "[destinations.main]\napi_key = 'dem_x'\nidempotency_header = 'a b'",
            "destinations.main.idempotency_header",
            'should be the name of a header such as "Idempotency-Key"',
            "",
        ),
        (
            "[destinations.main]\napi_key = { evn = 'X' }",
            "destinations.main.api_key",
            'should be text, { env = "NAME" } or { file = "PATH" }',
            "",
        ),
        ("[sources.main]", "sources.main.connector", "is missing", ""),
        (
            "[sources.Bad_Name]\nconnector = 'x'",
            "sources.Bad_Name",
            "should be a name of lower-case letters, digits and dashes, at most 63",
            "",
        ),
        (
            "[sources.'with space']\nconnector = 'x'",
            'sources."with space"',
            "should be a name of lower-case letters, digits and dashes, at most 63",
            "",
        ),
        (
            "[sources.a]\nconnector = 'x'\nsecrets.signing_key = []",
            "sources.a.secrets.signing_key",
            "should hold at least one value",
            "",
        ),
        (
            "[sources.a]\nconnector = 'x'\nsecrets.signing_key = ['k', { fiel = 'x' }]",
            "sources.a.secrets.signing_key[1]",
            'should be text, { env = "NAME" } or { file = "PATH" }',
            "",
        ),
        (
            "[sources.a]\nconnector = 'x'\nsecrets.signing_key = { env = 'X', fiel = 'x' }",
            "sources.a.secrets.signing_key.fiel",
            "is unknown",
            "did you mean file?",
        ),
        (
            f"[[routes]]\nname = 'a'\nsequence = '{UUID}'\n[[routes]]\nname = 'thank-you'\nsequence = 'abc'",
            "routes[1].sequence",
            'should be a UUID such as "7c9e6679-7425-40de-944b-e07fc1f90ae7" (route "thank-you")',
            "",
        ),
    ],
)
def test_a_mistake_is_named_with_its_key_and_what_is_wanted(
    tmp_path: Path, text: str, key: str, problem: str, hint: str
) -> None:
    [fault] = faults(tmp_path, text)
    assert fault == Fault(key, problem, hint)


def test_all_mistakes_are_named_at_once_in_the_order_of_their_keys(tmp_path: Path) -> None:
    routes = "".join(f"[[routes]]\nname = 'r{number}'\nsequence = 'x'\n" for number in range(11))
    text = f"server.port = 'x'\nlog.colour = 1\ndelivery.linger = 'soon'\n{routes}"
    keys = [fault.key for fault in faults(tmp_path, text)]
    assert keys == [
        "delivery.linger",
        "log.colour",
        *(f"routes[{number}].sequence" for number in range(11)),
        "server.port",
    ]


def test_a_uuid_is_the_same_in_capitals(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text(f"[[routes]]\nname = 'a'\nsequence = '{UUID.upper()}'")
    assert load(file, {}).routes[0].sequence == UUID


def test_a_table_that_sets_one_key_keeps_the_other_defaults(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text("lookups.retry.attempts = 3")
    retry = load(file, {}).lookups.retry
    assert (retry.attempts, retry.initial) == (3, timedelta(seconds=2))


def test_no_default_of_a_table_differs_from_the_defaults_of_its_keys() -> None:
    def check(model: type[BaseModel]) -> None:
        for info in model.model_fields.values():
            inner = info.annotation
            if is_model(inner):
                assert info.default == inner()
                check(inner)

    check(Config)


TEXTS = st.text('ab1.-_ "\\\n\x7f\u00e9', max_size=6)
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
TABLES = st.dictionaries(st.sampled_from(["port", "main", "path", "retry", "x"]), VALUES, max_size=3)
FILES = st.dictionaries(st.sampled_from([*Config.model_fields, "other"]), TABLES | VALUES, max_size=4)


@given(FILES)
def test_whatever_a_file_says_it_loads_or_is_faulted(data: dict[str, object]) -> None:
    overlaid = overlay(
        tomllib.loads("\n".join(f"{name} = {literal(value)}" for name, value in data.items())), {}
    )
    assert overlaid.data == data
    examined = examine(Draft(None, overlaid))
    assert examined.faults or examined.config == Config.model_validate(data)
