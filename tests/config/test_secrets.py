"""Secrets: where they are read from, and that nothing shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from relay.config.secrets import EnvSecret, FileSecret, Missing, read_secret, readable_by_others
from tests.config.trying import faults_of, open_text

BOOKY = """
[sources.studio]
connector = "booky"
settings.account = 5
"""


def test_a_secret_is_text_or_in_a_variable_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from the file\r\n\n")
    environ = {"KEY": "from outside"}
    assert read_secret(SecretStr("inline"), environ) == "inline"
    assert read_secret(EnvSecret(env="KEY"), environ) == "from outside"
    assert read_secret(FileSecret(file=file), environ) == "from the file"


def test_a_secret_of_several_lines_keeps_them(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("BEGIN\nabc\nEND\n")
    assert read_secret(FileSecret(file=file), {}) == "BEGIN\nabc\nEND"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("missing", None, "the file cannot be read: No such file or directory"),
        ("empty", b"\n", "is empty"),
        ("binary", b"\xff\xfe", "the file is not UTF-8 text"),
        ("nul\0", None, "is not a path"),
        (".", None, "the file cannot be read: Is a directory"),
    ],
)
def test_a_file_without_a_secret_is_a_mistake(
    tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Missing) as caught:
        read_secret(FileSecret(file=file), {})
    assert caught.value.problem == problem


def test_an_unset_and_an_empty_variable_are_mistakes() -> None:
    with pytest.raises(Missing, match="the environment variable KEY is not set"):
        read_secret(EnvSecret(env="KEY"), {})
    with pytest.raises(Missing, match="is empty"):
        read_secret(EnvSecret(env="KEY"), {"KEY": " "})


def test_each_value_of_a_list_is_live_in_the_order_of_the_list(tmp_path: Path) -> None:
    text = f'{BOOKY}secrets.signing_key = ["first-one", {{ env = "SECOND" }}]'
    source = open_text(tmp_path, text, {"SECOND": "second-one"}).sources["studio"].source
    assert source.keys("signing_key") == ("first-one", "second-one")
    assert source.keys("access_token") == ()


@pytest.mark.parametrize(
    ("secrets", "key", "problem", "hint"),
    [
        ("{}", "signing_key", "is missing", "see `relay connectors show booky`"),
        (
            '{ signin_key = "x", signing_key = "y" }',
            "signin_key",
            "is unknown",
            "did you mean signing_key? see `relay connectors show booky`",
        ),
        ('{ signing_key = "" }', "signing_key", "is empty", "put the secret there"),
        ('{ signing_key = ["a", ""] }', "signing_key[1]", "is empty", "put the secret there"),
        (
            '{ signing_key = { env = "NOT_SET" } }',
            "signing_key.env",
            "the environment variable NOT_SET is not set",
            "set it where the relay is started",
        ),
        (
            '{ signing_key = ["a", { file = "/not/there" }] }',
            "signing_key[1].file",
            "the file cannot be read: No such file or directory",
            "check the path, which starts at the working folder, and who may read the file",
        ),
    ],
)
def test_a_missing_unknown_or_unreadable_secret_is_named_once(
    tmp_path: Path, secrets: str, key: str, problem: str, hint: str
) -> None:
    [fault] = faults_of(tmp_path, f"{BOOKY}secrets = {secrets}")
    assert (fault.key, fault.problem, fault.hint) == (f"sources.studio.secrets.{key}", problem, hint)


def test_what_others_can_read_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("hidden-key")
    text = f'{BOOKY}secrets.signing_key = {{ file = "{file}" }}'
    for mode, warned in [(0o600, False), (0o640, True), (0o604, True)]:
        file.chmod(mode)
        warnings = open_text(tmp_path, text).warnings
        found = [one for one in warnings if one.startswith("sources.studio.secrets.signing_key: other users")]
        assert bool(found) is warned
    assert not readable_by_others(FileSecret(file=tmp_path / "missing"))


HIDDEN = "hidden-value-of-a-secret"


@pytest.mark.parametrize(
    "text",
    [
        f'secrets = "{HIDDEN}"',
        f'secrets.signing_key = {{ env = "{HIDDEN}" }}',
        f'secrets.signing_key = {{ file = "{HIDDEN}" }}',
        f'secrets.signing_key = {{ key = "{HIDDEN}" }}',
        f'secrets.signing_key = {{ env = "A", file = "{HIDDEN}", other = "{HIDDEN}" }}',
        f'secrets.signing_key = ["{HIDDEN}", 5]',
        f'secrets.signing_key = [["{HIDDEN}"]]',
        f'secrets.signing_ky = "{HIDDEN}"',
        f'connector = "picky"\nsecrets.signing_key = "{HIDDEN}"',
        f'connector = "moody"\nsecrets.signing_key = "{HIDDEN}"',
        f'public_url = "{HIDDEN}"',
        f'settings.mode = "{HIDDEN}"\nsettings.account = "{HIDDEN}"',
        f'secrets.signing_key = "{HIDDEN}',
        f"secrets.signing_key = {HIDDEN}",
        f'secrets.signing_key = "k"\n[destinations.main]\napi_key = "{HIDDEN} "',
        f'secrets.signing_key = "k"\n[destinations.main]\napi_key = ["{HIDDEN}"]',
    ],
)
def test_no_message_holds_a_value_that_may_be_a_secret(tmp_path: Path, text: str) -> None:
    connector = "" if "connector" in text else 'connector = "booky"'
    faults = faults_of(tmp_path, f"[sources.studio]\n{connector}\n{text}")
    assert faults
    assert not any(HIDDEN in str(fault) for fault in faults)


def test_neither_do_warnings_nor_what_an_installation_looks_like(tmp_path: Path) -> None:
    text = f'{BOOKY}secrets.signing_key = "{HIDDEN}"\n[destinations.main]\napi_key = "{HIDDEN}"'
    installation = open_text(tmp_path, text)
    assert installation.destinations["main"].api_key == HIDDEN
    assert installation.warnings
    assert HIDDEN not in repr(installation)
