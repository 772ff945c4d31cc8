"""A connector with a broken declaration of its proof."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterator
from pathlib import Path

from relay.core.connector import Connector
from relay.registry import described
from tests.mutation.mutate import Mutant, mutants

PROOF = ("verify", "for_source")
NOT_DECIDING = {
    # They write what a sender would, where the relay plays one.
    "sign",
    "write",
    "write_claim",
    "written",
    # They read and answer what was proven, in the connector whose proof is a setting among others.
    "ECHOES",
    "Echo",
    "FixedReply",
    "PARSERS",
    "Probe",
}


def proof_mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of what a connector's `verify` and `for_source` are made of."""
    names = _names_behind_the_proof(ast.parse(source))

    def wanted(path: tuple[str, ...]) -> bool:
        if path[0] == "CONNECTOR":
            return path[1:2] in {(name,) for name in PROOF}
        return path[0] in names and not NOT_DECIDING & set(path)

    return mutants(source, wanted)


def _names_behind_the_proof(tree: ast.Module) -> set[str]:
    made: dict[str, ast.AST] = {}
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                made[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                made[name] = value
    found: set[str] = set()
    waiting = [one.value for one in made["CONNECTOR"].keywords if one.arg in PROOF]  # type: ignore[attr-defined]
    while waiting:
        named = {one.id for one in ast.walk(waiting.pop()) if isinstance(one, ast.Name)}
        fresh = (named & made.keys()) - found - {"CONNECTOR"}
        found |= fresh
        waiting += [made[name] for name in fresh]
    return found


def made_by(original: str, tree: ast.Module) -> Connector:
    """The connector of another making of the module `original`. Raises whatever broken code raises."""
    module = types.ModuleType(original, ast.get_docstring(tree))
    file = module.__file__ = str(sys.modules[original].__file__)
    exec(compile(tree, file, "exec"), module.__dict__)  # that is the point
    path = Path(file)
    return described(module.CONNECTOR, path.stem, path.parent.name, module.__doc__ or "")
