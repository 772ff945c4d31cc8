"""Keys: how they are written, and which ones a model knows at a place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel

Path = tuple[str | int, ...]
"""A place in the configuration: names of tables and keys, and numbers of list items from 0."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def bare(name: str) -> str:
    """A name as TOML wants it before `=`, quoted where it must be."""
    return name if _BARE.fullmatch(name) else literal(name)


def written(path: Path) -> str:
    """A path in TOML notation: `sources.square-main.secrets.signing_key`, `routes[2].sequence`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{bare(part)}" for part in path)
    return text.removeprefix(".")


def literal(value: Any) -> str:
    """A JSON value as TOML writes it on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{bare(name)} = {literal(item)}" for name, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, float):
        return repr(value)
    # JSON's texts, whole numbers, true and false are TOML's, but for one control sign.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known name that was probably meant; `likeness` is from 0 (anything) to 1 (the same)."""
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=likeness)), None)


def alternatives(annotation: Any) -> Iterator[Any]:
    """The plain types that a type hint allows: `Annotated[A | B, …] | None` is A and B."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from alternatives(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from alternatives(part)
    elif annotation is not NoneType:
        yield annotation


def is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def below(annotation: Any, part: str | int) -> Any:
    """The type hint of what stands at `part` of a value; None where nothing can stand."""
    for option in alternatives(annotation):
        if is_model(option) and part in option.model_fields:
            return option.model_fields[part].annotation
        if get_origin(option) in (dict, Mapping) and isinstance(part, str):
            return get_args(option)[1]
        if get_origin(option) in (list, tuple, Sequence) and isinstance(part, int):
            return get_args(option)[0]
        if option is Any:
            return Any
    return None


def at(annotation: Any, path: Path) -> Any:
    """The type hint of what stands at a path."""
    for part in path:
        annotation = below(annotation, part)
    return annotation


def names(annotation: Any) -> list[str]:
    """The keys that a table of this type may have, where they are fixed."""
    models = [option for option in alternatives(annotation) if is_model(option)]
    return [name for model in models for name in model.model_fields]
