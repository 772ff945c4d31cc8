"""Where a secret is kept, and reading it from there. No message ever holds a value."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Discriminator, Field, PlainSerializer, SecretStr, Tag

from relay.config.values import VARIABLE, Section

HIDDEN = "••••"
_CHECK_PATH = "check the path, which starts at the working folder, and who may read the file"
_WANTED = 'should be text, { env = "NAME" } or { file = "PATH" }'


class EnvSecret(Section):
    """A secret in an environment variable."""

    # Upper-case only: what looks like a secret that was pasted here is refused before a message names it.
    env: Annotated[str, Field(pattern=VARIABLE)]
    """Name of the variable that holds it."""


class FileSecret(Section):
    """A secret in a file, as orchestrators mount them; trailing line ends are cut."""

    file: Path
    """The file that holds it."""


Reference = SecretStr | EnvSecret | FileSecret


# In angle brackets, so that a form in the place of an error cannot be taken for a key.
def _form(value: Any) -> str | None:
    if isinstance(value, str | SecretStr):
        return "<text>"
    if isinstance(value, EnvSecret) or (isinstance(value, dict) and "env" in value):
        return "<env>"
    if isinstance(value, FileSecret) or (isinstance(value, dict) and "file" in value):
        return "<file>"
    return None


def _form_or_list(value: Any) -> str | None:
    return "<list>" if isinstance(value, list) else _form(value)


def _chosen_by(form: Any) -> Discriminator:
    return Discriminator(form, custom_error_type="secret_form", custom_error_message=_WANTED)


_Text = Annotated[SecretStr, PlainSerializer(lambda _: HIDDEN, when_used="json"), Tag("<text>")]
_Env = Annotated[EnvSecret, Tag("<env>")]
_File = Annotated[FileSecret, Tag("<file>")]

SecretRef = Annotated[_Text | _Env | _File, _chosen_by(_form)]
_List = Annotated[list[SecretRef], Field(min_length=1), Tag("<list>")]
SecretRefs = Annotated[_Text | _Env | _File | _List, _chosen_by(_form_or_list)]


class Missing(Exception):
    """A secret that cannot be read, and what to do. `part` is the key below the secret's own, if any."""

    def __init__(self, problem: str, hint: str, *part: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.part = part


def read_secret(ref: Reference, environ: Mapping[str, str]) -> str:
    """The secret's value. Raises `Missing` where there is none, or an empty one."""
    value = _value(ref, environ)
    if not value.strip():
        raise Missing("is empty", "put the secret there")
    return value


def _value(ref: Reference, environ: Mapping[str, str]) -> str:
    match ref:
        case EnvSecret(env=name) if name not in environ:
            raise Missing(
                f"the environment variable {name} is not set", "set it where the relay is started", "env"
            )
        case EnvSecret(env=name):
            return environ[name]
        case FileSecret(file=path):
            return _content(path)
        case _:
            return ref.get_secret_value()


def _content(path: Path) -> str:
    try:
        return path.read_text("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Missing("the file is not UTF-8 text", _CHECK_PATH, "file") from None
    except OSError as error:
        raise Missing(f"the file cannot be read: {error.strerror}", _CHECK_PATH, "file") from None
    except ValueError:
        raise Missing("is not a path", _CHECK_PATH, "file") from None


def readable_by_others(ref: object) -> bool:
    """Whether a secret's file may be read by other users of this machine."""
    if not isinstance(ref, FileSecret):
        return False
    try:
        return bool(ref.file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except (OSError, ValueError):
        return False
