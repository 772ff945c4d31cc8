"""The page of guarantees: every promise is shown by tests that exist, and says where it stops."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
PROMISES = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


def title(promise: str) -> str:
    return promise.partition("\n")[0]


def functions_of(path: Path) -> set[str]:
    found = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_is_named_exists(file: str, test: str) -> None:
    assert test in functions_of(ROOT / file)


@pytest.mark.parametrize("promise", PROMISES, ids=title)
def test_a_promise_is_shown_by_tests_and_says_where_it_stops(promise: str) -> None:
    assert re.search(r"^Shown by `tests/", promise, re.MULTILINE)
    assert re.search(r"^Where it stops:", promise, re.MULTILINE)
    assert set(re.findall(r"`(tests/[^`]*)`", promise)) == {
        f"{file}::{test}" for file, test in NAMED if f"{file}::{test}" in promise
    }
