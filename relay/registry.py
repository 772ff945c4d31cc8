"""Finds connectors: built in, installed as entry points, or in a folder that the configuration names."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cached_property
from importlib.machinery import SourceFileLoader
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple, get_args

import connectors
from relay.core.connector import Connector, Group, as_it_is, nothing
from relay.core.page import LAST_LINE, read_page

ENTRY_POINTS = "relay.connectors"


class ConnectorError(Exception):
    """A connector that cannot be found or used; the message says which, where and what to do."""


Loader = Callable[[], ModuleType]


class Found(NamedTuple):
    """A connector's module, and where it comes from in words."""

    name: str
    origin: str
    loader: Loader


class Registry:
    """All connectors by name; a module is imported when its connector is first asked for.

    A folder's connector wins over an installed one, and that over a built-in one, so that a user can
    correct any of them. Two of one rank cannot both be meant: their name is refused.
    """

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self._folders = tuple(dict.fromkeys(folder.absolute() for folder in folders))
        self._loaded: dict[str, Connector] = {}
        self._paths: dict[str, Path] = {}

    @cached_property
    def _loaders(self) -> Mapping[str, Loader]:
        return {**dict(_built_in()), **_ranked(_installed()), **_ranked(_in_folders(self._folders))}

    def names(self) -> list[str]:
        return sorted(self._loaders)

    def all(self) -> list[Connector]:
        return [self.get(name) for name in self.names()]

    def get(self, name: str) -> Connector:
        """The connector of a name. Raises `ConnectorError` where there is none or it is broken."""
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def path(self, name: str) -> Path:
        """The file of a connector. Raises `ConnectorError` as `get` does."""
        self.get(name)
        return self._paths[name]

    def _load(self, name: str) -> Connector:
        if name not in self._loaders:
            near = get_close_matches(name, self.names(), n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise ConnectorError(f"there is no connector {name!r}{hint}; see `relay connectors list`")
        try:
            module = self._loaders[name]()
        except ConnectorError:
            raise
        except Exception as error:  # third-party code may raise anything at import
            raise ConnectorError(f"connector {name!r} cannot be imported: {error!r}") from error
        connector = getattr(module, "CONNECTOR", None)
        if not isinstance(connector, Connector):
            raise ConnectorError(f"{module.__file__}: a connector module defines CONNECTOR = Connector(…)")
        self._paths[name] = Path(module.__file__ or name)
        connector = described(connector, name, self._paths[name].parent.name, module.__doc__ or "")
        faults = [*untold(connector, name), *contract_faults(connector)]
        if faults:
            raise ConnectorError(f"{module.__file__}: " + "; ".join(faults))
        return connector


def described(connector: Connector, name: str, folder: str, docstring: str) -> Connector:
    """The connector with what its file says already: its name, its folder's, its page."""
    page = inspect.cleandoc(docstring)
    told = read_page(page)
    return replace(
        connector,
        name=connector.name or name,
        group=connector.group or next((group for group in get_args(Group) if group == folder), ""),
        label=connector.label or told.label,
        docs=connector.docs or told.docs,
        confidence=connector.confidence or told.confidence,
        page=page,
    )


def untold(connector: Connector, name: str) -> Iterator[str]:
    """What neither the file nor its docstring tells about the connector."""
    if connector.name != name:
        yield f"name is {connector.name!r}, the file says {name!r}"
    if not connector.page:
        yield "the docstring is the set-up page and must not be empty"
        return
    if not connector.label:
        yield "begin the docstring with the sender's name and a colon, or give label="
    if not connector.group:
        yield f"give group=, one of {', '.join(get_args(Group))}"
    if not (connector.docs and connector.confidence):
        yield f"end the docstring with {LAST_LINE!r}, or give docs= and confidence="


def contract_faults(connector: Connector) -> list[str]:
    """What a connector's object gets wrong about the contract, as sentences."""
    faults = []
    if both := sorted(connector.ignored & connector.handlers.keys()):
        faults.append(f"event types both handled and ignored: {', '.join(both)}")
    if not connector.handlers and connector.for_source is as_it_is:
        faults.append("handlers is empty and for_source does not fill it")
    if connector.verify.secret not in connector.secrets.model_fields:
        faults.append(f"verify uses secrets.{connector.verify.secret}, which secrets does not declare")
    if connector.verify.checks_age and "tolerance" not in connector.settings.model_fields:
        faults.append("verify checks a timestamp, so settings must extend StampedSettings")
    if connector.account is not nothing and "account" not in connector.settings.model_fields:
        faults.append("account is read, so settings must extend AccountSettings")
    if not connector.default_events <= connector.enrolling_kinds:
        faults.append("default_events must be kinds that the handlers read and that do not withdraw")
    return faults


def _built_in() -> Iterator[tuple[str, Loader]]:
    for module in pkgutil.walk_packages(connectors.__path__, "connectors."):
        if not module.ispkg:
            yield module.name.rpartition(".")[2], _importer(module.name)


def _installed() -> Iterator[Found]:
    for entry in entry_points(group=ENTRY_POINTS):
        package = entry.dist.name if entry.dist else "an unknown package"
        yield Found(entry.name, f"package {package}", _entry_importer(entry))


def _in_folders(folders: Iterable[Path]) -> Iterator[Found]:
    for folder in folders:
        if not folder.is_dir():
            raise ConnectorError(f"connector folder {folder} does not exist")
        for path in sorted(folder.glob("*.py")):
            if not path.stem.startswith("_"):
                yield Found(path.stem, str(path), _file_importer(path))


def _ranked(found: Iterable[Found]) -> Mapping[str, Loader]:
    """Loaders by name; that of a name that stands twice says so instead of choosing one."""
    by_name: dict[str, list[Found]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    return {
        name: same[0].loader if len(same) == 1 else _clash(name, [one.origin for one in same])
        for name, same in by_name.items()
    }


def _clash(name: str, origins: Sequence[str]) -> Loader:
    def load() -> ModuleType:
        raise ConnectorError(
            f"there are {len(origins)} connectors {name!r}, in {' and '.join(origins)}: remove or rename one"
        )

    return load


def _importer(module: str) -> Loader:
    return lambda: importlib.import_module(module)


def _entry_importer(entry: EntryPoint) -> Loader:
    # What a package wrote there need not be a module's name, which shows only when it is read.
    return lambda: importlib.import_module(entry.module)


class _Uncached(SourceFileLoader):
    """Compiles anew: a cache goes by size and second, which an edit may leave as they were."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _file_importer(path: Path) -> Loader:
    def load() -> ModuleType:
        name = f"relay_connectors_folder.{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path, loader=_Uncached(name, str(path)))
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is not a Python module")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module

    return load
