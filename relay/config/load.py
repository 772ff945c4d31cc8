"""Reads the configuration: a TOML file, the environment over it, everything checked at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from relay.config import keys
from relay.config.environment import FILE, Overlaid, overlay
from relay.config.faults import ConfigFaults, Fault, explain
from relay.config.models import Config

DEFAULT_FILE = Path("config.toml")
"""What is read, if it is there, when no file was named."""

_ONE_BY_ONE = frozenset({"destinations", "sources", "routes"})
"""Of these a fault spoils one, not all."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A configuration before it is checked. `file` is None where there is none."""

    file: Path | None
    written: Overlaid

    def origin(self, path: keys.Path) -> str:
        """Where a value comes from: a variable, the file's path, or "default"."""
        for length in range(len(path), 0, -1):
            if variable := self.written.origins.get(path[:length]):
                return variable
        return str(self.file) if _holds(self.written.data, path) else "default"


@dataclass(frozen=True, slots=True)
class Examined:
    """What a draft says: the part that can be used, the faults, and the paths left out because of them."""

    config: Config
    faults: tuple[Fault, ...] = ()
    spoiled: frozenset[keys.Path] = frozenset()


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The checked configuration. Raises `ConfigFaults` with every fault at once.

    A file that `path` or else RELAY_CONFIG names must exist; otherwise ./config.toml is read if it is there.
    """
    examined = examine(read(path, environ))
    if examined.faults:
        raise ConfigFaults(examined.faults)
    return examined.config


def read(path: Path | None, environ: Mapping[str, str]) -> Draft:
    """The file with the environment over it, unchecked. Raises `ConfigFaults` if the file cannot be read."""
    file = _chosen(path, environ)
    return Draft(file, overlay(_parsed(file) if file else {}, environ))


def examine(draft: Draft) -> Examined:
    """Check everything. What a fault spoils is left out, so that the rest can be checked further."""
    data = draft.written.data
    try:
        return Examined(Config.model_validate(data), draft.written.faults)
    except ValidationError as error:
        found = list(explain(error, Config, data))
    faults = [_placed(path, fault, draft) for path, fault in found]
    spoiled = frozenset(path[: 2 if path[0] in _ONE_BY_ONE else 1] for path, _ in found)
    rest = Config.model_validate(_without(data, spoiled))
    return Examined(rest, (*draft.written.faults, *faults), spoiled)


def _chosen(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    if path is None and environ.get(FILE):
        path = Path(environ[FILE])
    if path is None:
        return DEFAULT_FILE if DEFAULT_FILE.exists() else None
    return path


def _parsed(file: Path) -> dict[str, Any]:
    text = ""
    try:
        text = file.read_text("utf-8-sig")
        return tomllib.loads(text)
    except OSError as error:
        hint = "`relay config example` prints a file to begin with" if not file.exists() else ""
        fault = Fault(str(file), f"cannot be read: {error.strerror}", hint)
    except UnicodeDecodeError as error:
        fault = Fault(str(file), f"is not UTF-8 text (byte {error.start})")
    except tomllib.TOMLDecodeError as error:
        fault = Fault(str(file), _syntax(str(error), text), "text stands in quotes, tables in [brackets]")
    except RecursionError:
        fault = Fault(str(file), "is nested too deeply")
    raise ConfigFaults([fault])


def _syntax(message: str, text: str) -> str:
    """`Invalid value (at line 3, column 8)` with the place first."""
    problem, _, place = message.rstrip(")").rpartition(" (at ")
    if place == "end of document":
        *above, last = text.split("\n")
        place = f"line {len(above) + 1}, column {len(last) + 1}, the end"
    return f"is not TOML: {place}: {problem}"


def _holds(data: Any, path: keys.Path) -> bool:
    for part in path:
        if isinstance(data, dict) and part in data:
            data = data[str(part)]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return False
    return True


def _placed(path: keys.Path, fault: Fault, draft: Draft) -> Fault:
    """The fault with what helps to find it: the route's name, the variable that brought the value."""
    notes = list(_notes(path, draft))
    return replace(fault, problem=f"{fault.problem} ({'; '.join(notes)})") if notes else fault


def _notes(path: keys.Path, draft: Draft) -> Iterator[str]:
    match path:
        case ("routes", int(number), *_):
            route = draft.written.data["routes"][number]
            if isinstance(route, dict) and isinstance(route.get("name"), str):
                yield f'route "{route["name"]}"'
    origin = draft.origin(path)
    if origin in draft.written.origins.values():
        yield f"set by {origin}"


def _without(data: dict[str, Any], spoiled: frozenset[keys.Path]) -> dict[str, Any]:
    """A copy of the data without the spoiled paths, which have one part or two."""
    kept = {name: item for name, item in data.items() if (name,) not in spoiled}
    for name, item in kept.items():
        if isinstance(item, dict):
            kept[name] = {part: inner for part, inner in item.items() if (name, part) not in spoiled}
        elif isinstance(item, list):
            kept[name] = [inner for number, inner in enumerate(item) if (name, number) not in spoiled]
    return kept
