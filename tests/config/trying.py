"""Small connectors in a folder, and what becomes of a configuration that uses them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from relay.config.faults import ConfigFaults, Fault
from relay.config.installation import Installation
from relay.config.resolve import open_installation

UUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

_HEAD = '''"""Set-up page."""
from pydantic import AfterValidator
from typing import Literal

from relay.kit import (Annotated, Connector, HmacSignature, Ignored, Keys, Kind, Misconfigured,
                       OptionalKeys, Secrets, Settings, field_text, in_header)

class Mine(Secrets):
    signing_key: Keys
    access_token: OptionalKeys = ()

def refuse(keys):
    raise ValueError(f"{keys[0].get_secret_value()} is not a key")

class Picky(Secrets):
    signing_key: Annotated[Keys, AfterValidator(refuse)]

class Numbered(Settings):
    account: int
    mode: Literal["live", "test"] = "live"

def moody(connector, source):
    raise RuntimeError(f"no use for {source.keys('signing_key')[0]}")

def silent(connector, source):
    raise ValueError

def telling(connector, source):
    raise ValueError(f"{source.keys('signing_key')[0]} goes with mode = test alone")

def wanting(connector, source):
    if not source.keys("access_token"):
        raise Misconfigured("secrets.access_token", "is missing, and the mode needs it")
    return connector

class Refused(Settings):
    mode: Annotated[str, AfterValidator(lambda text: (_ for _ in ()).throw(ValueError()))] = "live"

CANCELLED = Kind.APPOINTMENT_CANCELLED
BOOKS = frozenset({Kind.APPOINTMENT_BOOKED, CANCELLED})
SELLS = frozenset({Kind.PURCHASE_COMPLETED, Kind.DEAL_WON})
COMMON = dict(label="A label", group="generic", docs="https://example.com", confidence="best effort",
              verify=HmacSignature(place=in_header("x-signature")), event_type=field_text("type"),
              handlers={"paid": lambda event, source: Ignored("an example")})
'''

_CONNECTORS = {
    "booky": "kinds=BOOKS, default_events=BOOKS - {CANCELLED}, secrets=Mine, settings=Numbered",
    "tilly": "kinds=SELLS, secrets=Mine",
    "picky": "kinds=SELLS, secrets=Picky",
    "moody": "kinds=SELLS, secrets=Mine, for_source=moody",
    "silent": "kinds=SELLS, secrets=Mine, for_source=silent",
    "telling": "kinds=SELLS, secrets=Mine, for_source=telling",
    "wanting": "kinds=SELLS, secrets=Mine, for_source=wanting",
    "refused": "kinds=SELLS, secrets=Mine, settings=Refused",
}


def make_folder(folder: Path) -> Path:
    for name, facts in _CONNECTORS.items():
        (folder / f"{name}.py").write_text(
            f'{_HEAD}CONNECTOR = Connector(name="{name}", {facts}, **COMMON)\n'
        )
    (folder / "crash.py").write_text('"""Set-up page."""\nraise OSError("out of paper")\n')
    return folder


def open_text(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> Installation:
    """The installation of a configuration whose connectors are those above."""
    folder = tmp_path / "connectors"
    if not folder.exists():
        folder.mkdir()
        make_folder(folder)
    file = tmp_path / "config.toml"
    file.write_text(f'connector_folders = ["{folder}"]\n{text}')
    return open_installation(file, environ or {})


def faults_of(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> list[Fault]:
    try:
        open_text(tmp_path, text, environ)
    except ConfigFaults as error:
        return error.faults
    return []
