"""`RELAY_…` variables: each sets one key, `__` stands between the parts of its name.

A table's name in the file is recognised in its upper-case form, in which `_` stands for whatever a variable's
name cannot hold: `RELAY_SOURCES__SQUARE_MAIN__CONNECTOR` sets `sources.square-main.connector`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, get_args, get_origin

from relay.config.faults import Fault
from relay.config.keys import Path, alternatives, below, is_model, names, nearest
from relay.config.models import Config
from relay.config.values import Name

PREFIX = "RELAY_"
FILE = "RELAY_CONFIG"
"""The variable that says where the file is."""

ELSEWHERE, ITS_TOKEN = "RELAY_URL", "RELAY_TOKEN"
"""The variables that lead commands to a relay on another machine."""

_TEST = "RELAY_TEST_"
_NO_KEYS = frozenset({FILE, ELSEWHERE, ITS_TOKEN})


class _Unknown(Exception):
    """No key has this variable's name; `hint` says what may have been meant."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.fault = (problem, hint)


@dataclass(frozen=True, slots=True)
class Overlaid:
    """Data of the file with the environment over it. `origins`: which variable set a path."""

    data: dict[str, Any]
    origins: Mapping[Path, str]
    faults: tuple[Fault, ...]


def overlay(file: dict[str, Any], environ: Mapping[str, str]) -> Overlaid:
    """Put the environment's values over the file's. Variables that name no key are faults."""
    data, origins, faults = file, {}, []
    for variable in sorted(name for name in environ if _is_ours(name)):
        try:
            path = _path(variable, data)
            value = _value(environ[variable])
        except _Unknown as error:
            faults.append(Fault(variable, *error.fault))
        else:
            data = _with(data, path, value)
            origins[path] = variable
    # A secret's variable may begin like ours: what a reference names is known.
    known = set(_referenced(data))
    return Overlaid(data, origins, tuple(fault for fault in faults if fault.key not in known))


def variable_of(path: Path) -> str:
    """The variable that sets a key."""
    return PREFIX + "__".join(_folded(str(part)) for part in path)


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX) and not name.startswith(_TEST) and name not in _NO_KEYS


def _folded(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _path(variable: str, data: Any) -> Path:
    """The key that a variable sets, in the words of the file where it has them."""
    path: Path = ()
    node: Any = Config
    for part in variable.removeprefix(PREFIX).split("__"):
        name = _name(part, node, data)
        if name is None:
            raise _Unknown("names no key of the configuration", _meant(variable, path, node))
        node = below(node, name)
        path += (name,)
        data = data.get(name) if isinstance(data, dict) else None
    if _is_table_of_keys(node):
        inside = [variable_of((*path, name)) for name in names(node)] or [f"{variable}__NAME__KEY"]
        raise _Unknown("names a table; a variable sets one key of it", f"such as {inside[0]}")
    return path


def _only(node: Any) -> Any:
    """The one plain type that a hint allows. Several are a secret: given whole, as text or inline table."""
    options = list(alternatives(node))
    return options[0] if len(options) == 1 else None


def _name(part: str, node: Any, data: Any) -> str | None:
    """The key of a table that a part of a variable's name means; None: there is none."""
    kind = _only(node)
    if is_model(kind):
        return next((name for name in names(kind) if _folded(name) == _folded(part)), None)
    if not part or not (kind is Any or get_origin(kind) is dict):
        return None
    present = data if isinstance(data, dict) else {}
    new = part.lower().replace("_", "-") if get_args(kind)[:1] == (Name,) else part.lower()
    return next((name for name in present if _folded(name) == _folded(part)), new)


def _is_table_of_keys(node: Any) -> bool:
    kind = _only(node)
    return is_model(kind) or (get_origin(kind) is dict and is_model(get_args(kind)[1]))


def _meant(variable: str, path: Path, node: Any) -> str:
    beside = [(*path, name) for name in names(_only(node)) if not _is_table_of_keys(below(node, name))]
    meant = nearest(variable, map(variable_of, chain(beside, fixed_paths())), likeness=0.8)
    return f"did you mean {meant}?" if meant else "see the documentation of the configuration"


def fixed_paths(model: Any = Config, above: Path = ()) -> Iterator[Path]:
    """The keys that every configuration has, whatever its sources are called."""
    for name, info in model.model_fields.items():
        if is_model(info.annotation):
            yield from fixed_paths(info.annotation, (*above, name))
        elif not _is_table_of_keys(info.annotation):
            yield (*above, name)


def _value(text: str) -> Any:
    """Text as it is; a TOML array or inline table as what it says."""
    if not text.strip():
        raise _Unknown("is empty", "give it a value, or unset it")
    if text.lstrip()[0] not in "[{":
        return text
    try:
        read = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return read["value"] if len(read) == 1 else text


def _with(data: Any, path: Path, value: Any) -> dict[str, Any]:
    """A copy of the data in which the path holds the value."""
    table = dict(data) if isinstance(data, dict) else {}
    first = str(path[0])
    table[first] = value if len(path) == 1 else _with(table.get(first), path[1:], value)
    return table


def _referenced(data: Any) -> Iterator[str]:
    """The variables that references in the data name."""
    if isinstance(data, dict):
        if isinstance(data.get("env"), str):
            yield data["env"]
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _referenced(item)
