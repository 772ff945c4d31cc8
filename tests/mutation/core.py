"""The code of the core that decides whether a request is authentic, and its mutants."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

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
    "with_key",
    "write",
}


def module(name: str) -> ModuleType:
    return importlib.import_module(f"relay.core.{name}")


@cache
def core_mutants(name: str) -> dict[str, Mutant]:
    """The mutants of one module by their names; those of what runs at import cannot be put in place."""
    source = Path(str(module(name).__file__)).read_text("utf-8")
    # `signed._part` decides which part of a request is signed; `jwt._part` only writes.
    skipped = NOT_DECIDING - ({"_part"} if name == "signed" else set())
    made = mutants(source, lambda path: not skipped & set(path))
    return {one.name: one for one in made if not one.at_import}


@cache
def _swappable(name: str) -> Swappable:
    found = module(name)
    return Swappable(found, Path(str(found.__file__)).read_text("utf-8"))


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
