"""Breaks code in small ways: each mutant is a module with one expression or statement changed.

What was there stays in the syntax tree, in a branch that is never taken, so that a changed function needs the
same variables around it as before and can be put in its place (`tests/mutation/swap.py`).
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

ORDER = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
TEXT_METHODS = {"lower", "strip", "removeprefix", "replace", "split", "encode"}
OTHER_NAMES = {
    "any": "all",
    "all": "any",
    "SECONDS": "MILLISECONDS",
    "MILLISECONDS": "SECONDS",
    "base64_key": "text_key",
    "hex_key": "text_key",
    "html_key": "text_key",
}
OTHER_TEXTS = {
    "sha256": "sha1",
    "sha1": "sha256",
    "hex": "base64",
    "base64": "hex",
    "either": "hex",
    "rsa": "ed25519",
    "ecdsa": "rsa",
    "ed25519": "rsa",
    "RS256": "HS256",
    "key_then_text": "hmac",
}


@dataclass(frozen=True)
class Mutant:
    """`name` says what was changed, the same whenever the code is the same.

    `at_import`: the change is in what runs when the module is imported, not in a function or plain constant.
    """

    name: str
    at_import: bool
    source: str
    old: ast.AST
    new: ast.AST

    @property
    def tree(self) -> ast.Module:
        """The changed module."""
        tree = ast.parse(self.source)
        at = next(one for one in ast.walk(tree) if _is_same(one, self.old))
        _Replace(at, self.new).visit(tree)
        return ast.fix_missing_locations(tree)


Wanted = Callable[[tuple[str, ...]], bool]
"""Whether code in a scope, such as `("HmacSignature", "__call__")`, is to be changed.

The arguments of a call that a module gives a name are scopes, too: `("CONNECTOR", "verify")`.
"""


@dataclass(frozen=True)
class _Place:
    node: ast.AST
    path: tuple[str, ...] = ()
    in_function: bool = False

    def inside(self, node: ast.AST) -> _Place:
        return _Place(node, self.path, self.in_function or isinstance(self.node, ast.Lambda))


def mutants(source: str, wanted: Wanted) -> Iterator[Mutant]:
    """Every mutant of a module's wanted scopes."""
    seen: Counter[str] = Counter()
    tree = ast.parse(source)
    plain = {id(one.value) for one in tree.body if isinstance(one, ast.Assign | ast.AnnAssign)}
    for place in _places(_Place(tree), wanted):
        named = isinstance(place.node, ast.Constant) and id(place.node) in plain
        for change, new in _changes(place.node):
            name = f"{'.'.join(place.path)}: {change}"
            seen[name] += 1
            number = f" #{seen[name]}" if seen[name] > 1 else ""
            yield Mutant(name + number, not (place.in_function or named), source, place.node, new)


def _is_same(one: ast.AST, other: ast.AST) -> bool:
    return type(one) is type(other) and all(
        getattr(one, at, None) == getattr(other, at, 0)
        for at in ("lineno", "col_offset", "end_lineno", "end_col_offset")
    )


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _places(place: _Place, wanted: Wanted) -> Iterator[_Place]:
    """What may be changed: neither annotations nor the words of errors and docstrings."""
    node, path = place.node, place.path
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if name := _scope(node, path):
        place = _Place(node, (*path, name), place.in_function or isinstance(node, ast.FunctionDef))
    elif path and wanted(path):
        yield place
    if isinstance(node, ast.Raise | ast.JoinedStr):
        return
    for field, child in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "bases", "slice"} and not path[1:]:
            continue
        if field in {"annotation", "returns", "decorator_list"} or isinstance(child, ast.arguments):
            continue
        for one in child if isinstance(child, list) else [child]:
            if isinstance(one, ast.AST):
                yield from _places(place.inside(one), wanted)


def _scope(node: ast.AST, path: tuple[str, ...]) -> str | None:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if not path:
            return name
        case ast.keyword(arg=str(name)) if path == ("CONNECTOR",):
            return name
    return None


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.expr):
        for new in _expressions(node):
            kept = ast.IfExp(ast.Constant(value=True), new, copy.deepcopy(node))
            yield f"`{ast.unparse(node)}` is `{ast.unparse(new)}`", kept
    elif isinstance(node, ast.Expr | ast.Raise):
        text = ast.unparse(node).partition("(")[0]
        yield f"without `{text}`", ast.If(ast.Constant(value=False), [copy.deepcopy(node)], [])
    elif isinstance(node, ast.AugAssign):
        yield f"`{ast.unparse(node)}` only assigns", ast.Assign([node.target], node.value)


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(ops=[op]):
            yield ast.Constant(value=True)
            yield ast.Constant(value=False)
            if type(op) in ORDER:
                yield ast.Compare(node.left, [ORDER[type(op)]()], node.comparators)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            yield from values
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, right=right):
            yield left
            yield right
        case ast.IfExp(body=body, orelse=orelse):
            yield body
            yield orelse
        case ast.Call():
            yield from _calls(node)
        case ast.Constant(value=value):
            yield from (ast.Constant(value=other) for other in _constants(value))
        case ast.Name(id=name) if name in OTHER_NAMES:
            yield ast.Name(OTHER_NAMES[name], ast.Load())
        case ast.GeneratorExp(elt=elt, generators=[one]) | ast.ListComp(elt=elt, generators=[one]):
            for at in range(len(one.ifs)):
                fewer = ast.comprehension(one.target, one.iter, one.ifs[:at] + one.ifs[at + 1 :], 0)
                yield type(node)(elt, [fewer])


def _calls(call: ast.Call) -> Iterator[ast.expr]:
    for at in range(len(call.keywords)):
        yield ast.Call(call.func, call.args, call.keywords[:at] + call.keywords[at + 1 :])
    if len(call.args) > 1:
        for at in range(len(call.args)):
            yield ast.Call(call.func, call.args[:at] + call.args[at + 1 :], call.keywords)
    if isinstance(call.func, ast.Attribute) and call.func.attr in TEXT_METHODS:
        yield call.func.value
    if isinstance(call.func, ast.Name) and call.func.id[:1].isupper():
        for keyword in call.keywords:
            if keyword.arg == "verifier":
                yield keyword.value


def _constants(value: object) -> Iterator[str | bytes | float]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield value + 1
        case str() if value in OTHER_TEXTS:
            yield OTHER_TEXTS[value]
        case str() if "{" in value and "}" in value:
            yield from _templates(value)
        case str():
            yield value + "x"
        case bytes():
            yield value + b"x"


def _templates(text: str) -> Iterator[str]:
    """Without each of its parts, and without what stands between them."""
    pieces: list[str] = []
    for at, piece in enumerate(text.replace("}", "}\0").replace("{", "\0{").split("\0")):
        if piece or at:
            pieces.append(piece)
    for at, piece in enumerate(pieces):
        if piece:
            yield "".join(pieces[:at] + pieces[at + 1 :])
