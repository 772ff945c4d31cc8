"""The code of the core that decides whether a request is authentic, and its mutants."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.mutation.mutate import Mutant, mutants
from tests.mutation.swap import Swappable, find_caches

MODULES = (
    "combined",
    "jwt",
    "key_by_url",
    "keys",
    "places",
    "proof",
    "public_keys",
    "signatures",
    "signed",
    "signed_items",
    "stamps",
    "standard_webhooks",
    "tokens",
)
# These make signatures, where the relay plays a sender, or write words for people.
NOT_DECIDING = {
    "_LASTS",
    "_Rule",
    "_part",
    "_put",
    "_signature",
    "_where",
    "_write_iso",
    "_write_json",
    "keyed_hash",
    "make_signature",
    "sign",
    "signing_key",
    "with_keys",
    "write",
}


def source(name: str) -> str:
    """Its text, without importing it."""
    spec = importlib.util.find_spec(f"relay.core.{name}")
    return Path(str(spec and spec.origin)).read_text("utf-8")


def core_mutants(name: str) -> dict[str, Mutant]:
    """The mutants of one module by their names that can be put in the place of what runs."""
    return {one.name: one for one in _mutants(name) if not one.at_import}


def import_mutants(name: str) -> dict[str, Mutant]:
    """Those of what runs when the module is imported, such as the defaults of a class."""
    return {one.name: one for one in _mutants(name) if one.at_import}


@cache
def _mutants(name: str) -> list[Mutant]:
    # `signed._part` decides which part of a request is signed; `jwt._part` only writes.
    skipped = NOT_DECIDING - ({"_part"} if name == "signed" else set())
    return list(mutants(source(name), lambda path: not skipped & set(path)))


@cache
def _swappable(name: str) -> Swappable:
    return Swappable(importlib.import_module(f"relay.core.{name}"), source(name))


def prepare() -> None:
    """Finds the functions of all modules, which takes a look at every object that there is."""
    for name in MODULES:
        _swappable(name)
    find_caches()


@contextmanager
def in_place(name: str, mutant: Mutant) -> Iterator[None]:
    """Within this the relay runs with the mutant of a module."""
    with _swappable(name).replaced_by(mutant.tree):
        yield
