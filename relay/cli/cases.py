"""Where recorded cases are found, and how a file becomes one."""

from __future__ import annotations

from pathlib import Path

import orjson
from pydantic import ValidationError

import relay
from relay.cli.output import Exit, fail
from relay.core.case import Case


def cases_folder() -> Path:
    """The recorded cases that came with the package, or those of the checkout it runs from."""
    package = Path(relay.__file__).parent
    packed = package / "cases"
    return packed if packed.is_dir() else package.parent / "tests" / "connectors"


def case_names(connector: str) -> list[str]:
    return sorted(path.stem for path in (cases_folder() / connector).glob("*.json"))


def find_case(connector: str, name: str) -> Case:
    """A recorded case by connector and name. Exits with what there is when there is no such case."""
    path = cases_folder() / connector / f"{name.removesuffix('.json')}.json"
    if not path.is_file():
        known = ", ".join(case_names(connector)) or "none are recorded"
        raise fail(f"{connector} has no case {name!r}", Exit.USAGE, f"its cases: {known}")
    return read_case(path)


def read_case(path: Path) -> Case:
    """A case file. Exits with what is wrong with it."""
    try:
        return Case.model_validate(orjson.loads(path.read_bytes()))
    except OSError as error:
        raise fail(f"{path}: {error.strerror}", Exit.USAGE) from None
    except orjson.JSONDecodeError as error:
        raise fail(f"{path} is not JSON: {error}", Exit.USAGE) from None
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].lower()}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise fail(f"{path} is not a case: {faults}", Exit.USAGE, "docs/cases.md has the format") from None
