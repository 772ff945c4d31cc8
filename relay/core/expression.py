"""JMESPath expressions of the configuration: a closed set of functions, checked before anything runs.

An expression cannot loop, yet nested lists multiply; the limits below keep the work of one small. What is
found is plain data; a fault while evaluating names the function and never a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, Final

import jmespath
import orjson
from jmespath import exceptions as faults
from jmespath import functions
from jmespath.visitor import TreeInterpreter
from pydantic import AfterValidator

from relay.core.errors import Unreadable
from relay.core.payload import Node

MAX_LENGTH: Final = 500
MAX_NODES: Final = 120
MAX_DEPTH: Final = 20
MAX_LISTS: Final = 3
MAX_CHOICES: Final = 16
_MAX_TEXT: Final = 10_000

_LISTS = frozenset({"projection", "filter_projection", "value_projection"})
_SIDE_BY_SIDE = frozenset({"function_expression", "multi_select_list", "multi_select_dict", "or_expression"})
_KEPT = frozenset({"contains", "ends_with", "keys", "length", "not_null", "reverse", "sort", "sort_by",
                   "starts_with", "to_array", "to_number", "type", "values"})  # fmt: skip

Tree = Mapping[str, Any]
_ANY: Any = {"types": []}
_MORE: Any = {"types": [], "variadic": True}


def _text(value: Any) -> str | None:
    """Text and numbers as text, everything else as nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


class _Functions(functions.Functions):
    """What expressions may call. Text functions answer null with null: a missing field is no fault."""

    @functions.signature(_ANY)
    def _func_text(self, value: Any) -> str | None:
        return _text(value)

    @functions.signature(_ANY)
    def _func_lower(self, value: Any) -> str | None:
        text = _text(value)
        return text.lower() if text else None

    @functions.signature(_ANY)
    def _func_upper(self, value: Any) -> str | None:
        text = _text(value)
        return text.upper() if text else None

    _func_trim = _func_text

    @functions.signature(_MORE)
    def _func_pick(self, *values: Any) -> Any:
        """The first that is not null, blank or an empty list or object."""
        return next((value for value in values if not _is_empty(value)), None)

    @functions.signature(_MORE)
    def _func_words(self, *values: Any) -> str | None:
        """Non-blank texts joined by single spaces."""
        return _bounded(" ".join(text for value in values if (text := _text(value))))

    @functions.signature(_ANY, _ANY)
    def _func_join(self, separator: Any, values: Any) -> str | None:
        texts = values if isinstance(values, list) else []
        return _bounded(str(separator or "").join(text for value in texts if (text := _text(value))))

    @functions.signature(_ANY, {"types": ["string"]})
    def _func_split(self, value: Any, separator: str) -> list[str]:
        text = _text(value)
        if text is None:
            return []
        return [part.strip() for part in (text.split(separator) if separator else text.split())]

    @functions.signature(_ANY, _ANY, _ANY)
    def _func_replace(self, value: Any, old: Any, new: Any) -> str | None:
        text = _text(value)
        return _bounded(text.replace(str(old), str(new))) if text and old else text

    @functions.signature(_ANY)
    def _func_from_json(self, value: Any) -> Any:
        """The data in a text that is itself JSON; null where it is not."""
        try:
            return orjson.loads(value) if isinstance(value, str) else None
        except orjson.JSONDecodeError:
            return None

    @functions.signature({"types": ["object", "null"]}, _ANY)
    def _func_value_of(self, table: dict[str, Any] | None, key: Any) -> Any:
        """The value at a key that is itself found by an expression."""
        return (table or {}).get(_text(key) or "")


_OWN = frozenset(name.removeprefix("_func_") for name in vars(_Functions) if name.startswith("_func_"))
_Functions.FUNCTION_TABLE = {
    name: spec for name, spec in _Functions.FUNCTION_TABLE.items() if name in _OWN | _KEPT
}
FUNCTIONS: Final = tuple(sorted(_Functions.FUNCTION_TABLE))


class _Interpreter(TreeInterpreter):
    """The library's, which finds the method of each step anew for each search."""

    def __init__(self) -> None:
        super().__init__(jmespath.Options(custom_functions=_Functions()))
        names = [name for name in dir(self) if name.startswith("visit_")]
        self._methods = {name.removeprefix("visit_"): getattr(self, name) for name in names}

    def visit(self, node: Tree, value: Any) -> Any:
        return self._methods[node["type"]](node, value)


_INTERPRETER = _Interpreter()


def _is_empty(value: Any) -> bool:
    return not value.strip() if isinstance(value, str) else value in (None, [], {})


def _bounded(text: str) -> str | None:
    if len(text) > _MAX_TEXT:
        raise Unreadable(f"makes a text of more than {_MAX_TEXT} characters")
    return text or None


class Expression:
    """A compiled expression. `name` is the setting it stands in, for errors."""

    __slots__ = ("_name", "_tree")

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._tree: Tree = jmespath.compile(check_expression(text)).parsed

    def __call__(self, node: Node) -> Node:
        """What the expression finds below `node`. Raises `Unreadable` where a function cannot take it."""
        path = f"{node.path} (settings.{self._name})"
        try:
            return Node(_INTERPRETER.visit(self._tree, node.raw), path)
        except faults.JMESPathTypeError as error:
            raise Unreadable(f"{error.function_name}() cannot take {error.actual_type}", path) from None
        except Unreadable as error:
            raise Unreadable(error.problem, path) from None
        except (faults.JMESPathError, TypeError, ValueError, RecursionError):
            # The library's own message may repeat a value of the payload.
            raise Unreadable("cannot be evaluated over this payload", path) from None


def is_true(node: Node) -> bool:
    """Truth as expressions have it: nothing, false and emptiness are not true, the number 0 is."""
    return node.raw is not False and not _is_empty(node.raw)


@lru_cache(maxsize=1024)  # most sources have the usual ones
def check_expression(text: str) -> str:
    """The text as it is. Raises `ValueError` that says what is wrong and draws where."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the expression has {len(text)} characters, at most {MAX_LENGTH} are allowed")
    try:
        tree: Tree = jmespath.compile(text).parsed
    except faults.EmptyExpressionError:
        raise ValueError("the expression is empty") from None
    except faults.LexerError as error:
        raise ValueError(_drawn(text, error.lexer_position, "a character that cannot be here")) from None
    except faults.IncompleteExpressionError:
        raise ValueError(_drawn(text, len(text), "the expression ends too early")) from None
    except faults.ParseError as error:
        found = f"unexpected {error.token_value!r}" if error.token_value else "the expression ends too early"
        raise ValueError(_drawn(text, error.lex_position, found)) from None
    except (faults.JMESPathError, RecursionError):
        raise ValueError("the expression is nested too deeply or is not JMESPath") from None
    for fault in _tree_faults(tree):
        raise ValueError(fault)
    return text


ExpressionText = Annotated[str, AfterValidator(check_expression)]


def _drawn(text: str, position: int, problem: str) -> str:
    """The fault with a caret below the place; columns count from 1."""
    start = text.rfind("\n", 0, position) + 1
    line = text[start:].partition("\n")[0]
    row = text.count("\n", 0, position) + 1
    where = (
        f"column {position - start + 1}" if "\n" not in text else f"line {row}, column {position - start + 1}"
    )
    return f"{problem} at {where}:\n  {line}\n  {' ' * (position - start)}^"


def _children(tree: Tree) -> list[Tree]:
    return [child for child in tree["children"] if isinstance(child, Mapping)]


def _walk(tree: Tree, depth: int = 1) -> Iterator[tuple[Tree, int]]:
    yield tree, depth
    for child in _children(tree):
        yield from _walk(child, depth + 1)


def _tree_faults(tree: Tree) -> Iterator[str]:
    walked = list(_walk(tree))
    if len(walked) > MAX_NODES:
        yield f"the expression has {len(walked)} parts, at most {MAX_NODES} are allowed"
    if max(depth for _, depth in walked) > MAX_DEPTH:
        yield f"the expression is nested more than {MAX_DEPTH} deep"
    if _lists(tree) > MAX_LISTS:
        yield f"the expression goes through lists within lists more than {MAX_LISTS} times"
    for part, _ in walked:
        if part["type"] == "multi_select_list" and len(part["children"]) > MAX_CHOICES:
            yield f"the expression makes a list of more than {MAX_CHOICES} items"
        if part["type"] == "function_expression":
            yield from _call_faults(part["value"], len(part["children"]))


def _lists(tree: Tree) -> int:
    """How often a result may be multiplied by a list: steps in a row add up, arguments do not."""
    below = [_lists(child) for child in _children(tree)]
    gathered = max(below, default=0) if tree["type"] in _SIDE_BY_SIDE else sum(below)
    return gathered + (tree["type"] in _LISTS)


def _call_faults(name: str, given: int) -> Iterator[str]:
    spec = _Functions.FUNCTION_TABLE.get(name)
    if spec is None:
        yield f"there is no function {name}(); there are {', '.join(FUNCTIONS)}"
        return
    wanted = spec["signature"]
    variadic = bool(wanted and wanted[-1].get("variadic"))
    if given < len(wanted) or (given > len(wanted) and not variadic):
        least = "at least " if variadic else ""
        yield f"{name}() takes {least}{len(wanted)} argument{'s' * (len(wanted) != 1)}, {given} given"
