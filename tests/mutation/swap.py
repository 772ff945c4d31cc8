"""Puts a mutant of a module in the place of the code that runs, and back.

Functions are found wherever they are held, in classes, closures and tables, and get the code of the mutant.
"""

from __future__ import annotations

import ast
import functools
import gc
import types
from collections.abc import Iterator
from contextlib import contextmanager


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


def _by_name(code: types.CodeType) -> dict[tuple[str, int], types.CodeType]:
    """Lambdas share a name, so the place in the file tells them apart."""
    return {(one.co_qualname, _column(one)): one for one in _codes(code)}


def _column(code: types.CodeType) -> int:
    columns = [at for _, _, at, _ in code.co_positions() if at is not None]
    return code.co_firstlineno * 1000 + (columns[0] if code.co_name == "<lambda>" and columns else 0)


class Swappable:
    """A module whose functions can be swapped; made before any mutant of it runs."""

    def __init__(self, module: types.ModuleType, source: str) -> None:
        self._module = module
        self._file = str(module.__file__)
        known = {(one.co_qualname, one.co_firstlineno) for one in _codes(compile(source, self._file, "exec"))}
        self._functions: list[types.FunctionType] = [
            one
            for one in gc.get_objects()
            if isinstance(one, types.FunctionType)
            and one.__code__.co_filename == self._file
            and (one.__code__.co_qualname, one.__code__.co_firstlineno) in known
        ]

    @contextmanager
    def replaced_by(self, tree: ast.Module) -> Iterator[None]:
        codes = _by_name(compile(tree, self._file, "exec"))
        before = [(one, one.__code__) for one in self._functions]
        constants = {name: self._module.__dict__[name] for name in _constants(tree)}
        _forget()
        try:
            for function, code in before:
                new = codes.get((code.co_qualname, _column(code)))
                if new is not None:
                    function.__code__ = new
            self._module.__dict__.update(_constants(tree))
            yield
        finally:
            self._module.__dict__.update(constants)
            for function, code in before:
                function.__code__ = code
            _forget()


def _constants(tree: ast.Module) -> dict[str, object]:
    """The module's plain numbers and texts, of which one may be another."""
    found: dict[str, object] = {}
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ):
                # A mutant keeps what was there beside it, in the branch that is never taken.
                made = value.body if isinstance(value, ast.IfExp) else value
                if isinstance(made, ast.Constant):
                    found[name] = made.value
    return found


def _forget() -> None:
    """What was computed by the code before is not remembered after it."""
    for one in find_caches():
        one.cache_clear()


@functools.cache
def find_caches() -> list[functools._lru_cache_wrapper[object]]:
    found = [one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper)]
    return [one for one in found if str(one.__module__).startswith("relay.")]
