"""The shape of the code, held by checks: sizes, and what the pure middle may not touch."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tokenize import COMMENT, DEDENT, ENDMARKER, INDENT, NEWLINE, NL, generate_tokens

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted([*ROOT.glob("relay/**/*.py"), *ROOT.glob("connectors/**/*.py")])
TESTS = sorted(ROOT.glob("tests/**/*.py"))
PURE = sorted(ROOT.glob("relay/core/*.py"))

LONGEST_FUNCTION = 60
LONGEST_FILE = 400
CONNECTORS = sorted(path for path in ROOT.glob("connectors/*/*.py") if path.stem != "__init__")
MIDDLE_CONNECTOR = 80
LONGEST_CONNECTOR = 130

TOP_LEVEL = {
    "relay",
    "connectors",
    "tests",
    "docs",
    "deploy",
    "Dockerfile",
    "pyproject.toml",
    "README.md",
    "config.example.toml",
    "Makefile",
    "requirements.lock",
    "CHANGELOG.md",
    "LICENSE",
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Every dotted name that is called, such as `time.sleep`, with its line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_is_one_idea_and_its_functions_fit_on_a_page(path: Path) -> None:
    long = [
        f"{found.name}: {lines} lines"
        for found in functions(path)
        if (lines := (found.end_lineno or found.lineno) - found.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


def code_lines(path: Path) -> int:
    """Lines with code on them, imports included: no blank ones, comments, docstrings (of fields neither)."""
    text = path.read_text("utf-8")
    quiet = {COMMENT, NL, NEWLINE, INDENT, DEDENT, ENDMARKER}
    lines = {
        line
        for token in generate_tokens(io.StringIO(text).readline)
        if token.type not in quiet
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and node.value.value is not ...
        ):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_connectors_stay_small() -> None:
    sizes = {name(path): code_lines(path) for path in CONNECTORS}
    assert median(sizes.values()) <= MIDDLE_CONNECTOR
    assert {path: lines for path, lines in sizes.items() if lines > LONGEST_CONNECTOR} == {}


def test_only_lines_with_code_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "till.py"
    path.write_text(
        '"""A till.\n\nIts page.\n"""\n\nfrom a import (\n    b,\n)\n\n# why\n\n\n'
        'class C:\n    d: int  # what\n    """Its field."""\n\n\nE = """\none\n\ntwo\n"""\n'
    )
    assert code_lines(path) == 3 + 2 + 5


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8"))) or not path.read_text("utf-8")


@pytest.mark.parametrize("path", PURE, ids=name)
def test_the_core_reads_no_clock_and_draws_no_chance(path: Path) -> None:
    forbidden = {
        "time.time",
        "time.monotonic",
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "uuid.uuid4",
        "open",
        "print",
    }
    imported = {
        alias.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in ([ast.alias(node.module or "")] if isinstance(node, ast.ImportFrom) else node.names)
    }
    assert imported & {"random", "secrets", "socket", "asyncio", "os", "pathlib.Path", "structlog"} == set()
    assert [f"{call} in line {line}" for call, line in calls(path) if call in forbidden] == []


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_no_test_sleeps(path: Path) -> None:
    """Waiting for a condition is bounded polling in one helper; `asyncio.sleep(0)` only lets others run."""
    asleep = [
        line
        for line, text in enumerate(path.read_text("utf-8").splitlines(), 1)
        if ("time.sleep(" in text or ("asyncio.sleep(" in text and "asyncio.sleep(0)" not in text))
        and "poll" not in text
        and path != Path(__file__)
    ]
    assert asleep == []


def test_the_top_level_holds_what_belongs_there_and_nothing_else() -> None:
    tracked = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    leavings = {"dist", "htmlcov", "bench-report", "config.toml"} | {
        path.name for path in ROOT.glob("*.db*") if path.is_file()
    }
    assert tracked - leavings == TOP_LEVEL


def test_the_lock_holds_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    assert "file:" not in lock
    entries = [line for line in lock.splitlines() if "==" in line]
    assert lock.count("--hash=sha256:") >= len(entries) > 50
