"""The example of the guides is a connector that works, and its case one that it passes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from relay import kit
from relay.core.case import Case, differences, run_case
from relay.core.connector import Connector
from relay.core.expression import FUNCTIONS, MAX_DEPTH, MAX_LENGTH, MAX_LISTS, MAX_NODES, check_expression
from relay.core.payload import Node
from relay.registry import Registry

DOCS = Path(__file__).parent.parent / "docs"


def block(page: str, language: str) -> str:
    """The first code block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def connector(tmp_path: Path) -> Connector:
    (tmp_path / "bookwell.py").write_text(block("connectors.md", "python"))
    return Registry([tmp_path]).get("bookwell")


def test_the_example_passes_the_case_that_is_printed(connector: Connector) -> None:
    case = Case.model_validate_json(block("cases.md", "json"))
    assert list(differences(case.expect, run_case(case, connector))) == []


def test_the_example_refuses_a_body_that_was_changed(connector: Connector) -> None:
    forged = Case.model_validate_json(block("cases.md", "json").replace("b-17", "b-18"))
    assert run_case(forged, connector)["outcome"] == "unverified"


def test_the_guide_names_every_function_and_limit_of_expressions() -> None:
    guide = (DOCS / "connectors.md").read_text()
    assert [name for name in FUNCTIONS if not re.search(rf"`{name}[(`]", guide)] == []
    for limit in (MAX_LENGTH, MAX_NODES, MAX_DEPTH, MAX_LISTS):
        assert re.search(rf"\b{limit}\b", guide)


def test_the_guide_draws_a_fault_as_the_relay_does() -> None:
    with pytest.raises(ValueError, match="unexpected") as caught:
        check_expression("lower(client.mail))")
    assert str(caught.value) in (DOCS / "connectors.md").read_text()


def test_the_guide_names_every_field_of_the_contract() -> None:
    guide = (DOCS / "connectors.md").read_text()
    assert [
        name for name in Connector.__dataclass_fields__ if name != "page" and f"`{name}`" not in guide
    ] == []


def test_the_guide_names_every_piece_of_the_kit() -> None:
    guide = (DOCS / "connectors.md").read_text()
    assert [name for name in kit.__all__ if not re.search(rf"\b{name}\b", guide)] == []


def test_the_pieces_that_the_guide_calls_are_in_the_kit() -> None:
    guide = (DOCS / "connectors.md").read_text()
    tables = guide[guide.index("### Proof") : guide.index("### Checklist")]
    tables = re.sub(r"^```.*?^```$", "", tables, flags=re.MULTILINE | re.DOTALL)
    called = set(re.findall(r"(?<![.\w])([A-Za-z_]\w+)\(", " ".join(re.findall(r"`([^`]+)`", tables))))
    own = {"replace", "make_verifier", "signed", "str", "Date"}
    assert called - own - set(kit.__all__) - set(dir(Node)) == set()
