"""Every connector against its recorded cases and what all of them inherit.

Nothing here knows a provider: connectors come from the registry, their cases from the folder of their name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import connectors
from relay.checking.cases import case_faults
from relay.checking.checks import CHECKS, Check
from relay.checking.run import run
from relay.checking.subject import NotApplicable, Subject, deliver, load, recorded
from relay.checking.variants import ODD_VALUES, document_in, places
from relay.core.case import Case
from relay.core.connector import Connector
from relay.core.lookup import Answer, LookUp
from relay.core.payload import Node
from relay.core.source import Source
from relay.registry import Registry

CASES = Path(__file__).parent / "connectors"


def built_in() -> Iterator[Subject]:
    files = {path.stem: path for path in Path(connectors.__path__[0]).rglob("*.py")}
    for connector in Registry().all():
        if connector.name in files:
            yield load(connector, files[connector.name], CASES / connector.name)


SUBJECTS = list(built_in())
RECORDED = [
    pytest.param(subject, case, id=f"{subject}-{name}")
    for subject in SUBJECTS
    for name, case in subject.cases.items()
]


@pytest.mark.parametrize(("subject", "case"), RECORDED)
def test_a_recorded_delivery_becomes_what_its_case_expects_and_names_nobody(
    subject: Subject, case: Case
) -> None:
    assert list(case_faults(case, subject.connector)) == []


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_connector(check: Check, subject: Subject) -> None:
    try:
        assert list(check(subject)) == []
    except NotApplicable as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_a_connector_that_is_built_in_is_short(subject: Subject) -> None:
    assert len(subject.path.read_text("utf-8").splitlines()) <= 200


def test_every_folder_of_cases_belongs_to_a_connector() -> None:
    assert {folder.name for folder in CASES.iterdir()} == {str(subject) for subject in SUBJECTS}
    assert [subject.unreadable for subject in SUBJECTS if subject.unreadable] == []


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
@settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=[*HealthCheck]
)
@given(data=st.data())
def test_whatever_stands_in_a_body_or_an_answer_gets_a_fate(subject: Subject, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(subject.accepted))
    known = recorded(case)

    def answer(call: LookUp) -> Answer:
        found = known(call)
        return Answer(found.status, Node(mutated(found.body.raw, data)), found.retry_after)

    body = mutated_bytes(case.request.content, data)
    assert deliver(subject, case, body, answer)


def mutated_bytes(body: bytes, data: st.DataObject) -> bytes:
    """A JSON body with other values in it; of any other kind of body a piece is replaced."""
    document = document_in(body)
    if document is not None:
        return json.dumps(mutated(document, data)).encode()
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, len(body)))
    return body[:start] + data.draw(st.binary(max_size=12)) + body[end:]


def mutated(document: Any, data: st.DataObject) -> Any:
    """A copy in which some values are dropped or are something else."""
    root = {"root": json.loads(json.dumps(document))}
    for _ in range(data.draw(st.integers(0, 3))):
        container, key, _ = data.draw(st.sampled_from(list(places(root))))
        if data.draw(st.booleans()) and container is not root:
            del container[key]
        else:
            container[key] = json.loads(json.dumps(data.draw(st.sampled_from(ODD_VALUES))))
    return root["root"]


TILL = '''\
"""A till of one's own. Its secret is `signing_key`. Documentation: https://till.example/webhooks"""

from relay.kit import Connector, HmacSignature, Keys, Kind, Node, Person, Reading, Secrets, Source
from relay.kit import field_text, in_header


class TillSecrets(Secrets):
    signing_key: Keys


def on_sale(event: Node, source: Source) -> Reading:
    buyer = Person(email=event["buyer"].text_or_none(), full_name=event.get("name").text_or_none())
    return Reading(kind=Kind.PURCHASE_COMPLETED, key=event["id"].text(), people=(buyer,))


CONNECTOR = Connector(
    name="till",
    label="Till",
    group="pos",
    docs="https://till.example/webhooks",
    confidence="best effort",
    verify=HmacSignature(place=in_header("x-till-signature")),
    event_type=field_text("type"),
    handlers={"sale": on_sale},
    ignored=frozenset({"drawer.opened"}),
    kinds=frozenset({Kind.PURCHASE_COMPLETED}),
    secrets=TillSecrets,
)
'''
TILL_CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "sale": (
        {"type": "sale", "id": 7, "buyer": "kim@example.com", "name": "Kim Roe"},
        {"outcome": "events", "events": [{"key": "7", "contacts": [{"email": "kim@example.com"}]}]},
    ),
    "sale_walk_in": ({"type": "sale", "id": 8, "buyer": None}, {"outcome": "ignored"}),
    "drawer_opened": ({"type": "drawer.opened"}, {"outcome": "ignored"}),
    "sale_forged": ({"type": "sale", "id": 9, "buyer": "kim@example.com"}, {"outcome": "unverified"}),
}


def test_one_file_and_one_folder_of_cases_add_a_connector(tmp_path: Path) -> None:
    (tmp_path / "till.py").write_text(TILL)
    till = Registry([tmp_path]).get("till")
    for name, (body, expect) in TILL_CASES.items():
        write_case(till, tmp_path / "till" / f"{name}.json", body, expect)
    subject = load(till, tmp_path / "till.py", tmp_path / "till")
    verdicts = list(run(subject))
    assert [verdict for verdict in verdicts if verdict.state == "failed"] == []
    assert [verdict for verdict in verdicts if verdict.state == "passed"]


def write_case(connector: Connector, path: Path, body: dict[str, Any], expect: dict[str, Any]) -> None:
    source = {"secrets": {"signing_key": ["till-key"]}}
    request: dict[str, Any] = {"url": "https://relay.example.com/hooks/till", "body": json.dumps(body)}
    case = {
        "title": path.stem,
        "evidence": "invented",
        "connector": "till",
        "now": 1772366400,
        "source": source,
        "expect": expect,
    }
    unsigned = Case.model_validate({**case, "request": request})
    if expect["outcome"] != "unverified":
        key = Source("till", {"signing_key": ("till-key",)}, connector.settings())
        request["headers"] = dict(connector.verify.sign(unsigned.make_request(), key, unsigned.now).headers)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**case, "request": request}))
