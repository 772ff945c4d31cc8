"""Where recorded cases are found, and how a file becomes one."""

from __future__ import annotations

from pathlib import Path

import relay
from relay.cli.output import Exit, fail
from relay.core.case import Case, CaseFault, parse_case
from relay.registry import Registry


def cases_folder() -> Path:
    """The recorded cases that came with the package, or those of the checkout it runs from."""
    package = Path(relay.__file__).parent
    packed = package / "cases"
    return packed if packed.is_dir() else package.parent / "tests" / "connectors"


def folder_of_cases(registry: Registry, name: str) -> Path:
    """A connector's cases: the folder of its name beside its file, or those that came with the package."""
    beside = registry.path(name).with_name(name)
    return beside if beside.is_dir() else cases_folder() / name


def case_names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.json"))


def find_case(connector: str, name: str, *, folder: Path | None = None) -> Case:
    """A recorded case by name, of those in `folder` or else of those that came with the package.

    Exits with what there is when there is no such case.
    """
    folder = folder or cases_folder() / connector
    path = folder / f"{name.removesuffix('.json')}.json"
    if not path.is_file():
        known = ", ".join(case_names(folder)) or "none are recorded"
        raise fail(f"{connector} has no case {name!r}", Exit.USAGE, f"its cases: {known}")
    return read_case(path)


def read_case(path: Path) -> Case:
    """A case file. Exits with what is wrong with it."""
    try:
        return parse_case(path.read_bytes())
    except OSError as error:
        raise fail(f"{path}: {error.strerror}", Exit.USAGE) from None
    except CaseFault as fault:
        raise fail(f"{path} {fault}", Exit.USAGE, "docs/cases.md has the format") from None
