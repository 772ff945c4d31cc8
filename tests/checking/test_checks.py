"""Each check finds the fault that it is there for, in a connector that is otherwise right."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from relay.checking.checks import CHECKS
from relay.checking.run import Verdict, count, run
from relay.checking.subject import Subject, load
from relay.cli.connectors.scaffold import write_connector
from relay.core.connector import Connector
from relay.registry import Registry

LOOKING_UP = """
def on_sale_paid(event: Node, _source: Source):
    answer = yield get("https://api.bookwell.example/buyers/1")
    return Reading(
        kind=Kind.PURCHASE_COMPLETED,
        key=event["data"]["id"].text(),
        people=(Person(email="kim@example.com"),),
    )


CONNECTOR"""
USUAL = """HmacSignature(
        place=in_header("x-bookwell-signature", stamp="x-bookwell-timestamp"),
        signed=stamp_dot_body,
        stamp=SECONDS,
    )"""
OWN_VERIFIER = """
class Lenient:
    secret = "signing_key"
    checks_age = True
    in_body = False
    secret_headers: frozenset[str] = frozenset()
    usual = USUAL

    def __call__(self, request, source, now):
        CONDITION

    def sign(self, request, source, now):
        return self.usual.sign(request, source, now)


CONNECTOR"""


def verifying(condition: str) -> tuple[tuple[str, str], ...]:
    """Changes that replace the verifier by one of its own."""
    own = OWN_VERIFIER.replace("CONDITION", condition).replace("USUAL", USUAL)
    return (f"verify={USUAL}", "verify=Lenient()"), ("CONNECTOR", own)


def subject(folder: Path, *changes: tuple[str, str]) -> Subject:
    """The connector that `new` writes, with changes of its code."""
    path = write_connector(folder, "bookwell", "pos", "Bookwell")[0]
    code = path.read_text()
    for before, after in changes:
        assert before in code
        code = code.replace(before, after, 1)
    path.write_text(code)
    return load(Registry([folder]).get("bookwell"), path, folder / "bookwell")


def verdict(folder: Path, name: str, *changes: tuple[str, str]) -> Verdict:
    found = {one.name: one for one in run(subject(folder, *changes))}
    return found[name]


def bound_by(account: str) -> tuple[tuple[str, str], ...]:
    """A change that binds the connector to an account, which `default_region` plays."""
    bound = f"FromAccount(verifier={USUAL}, account={account}, setting='default_region')"
    return ((f"verify={USUAL}", f"verify={bound}"),)


TALKATIVE = """if self.sign(request, source, now).headers != request.headers:
            raise Unverified("wanted " + "".join(source.keys("signing_key")))"""
FRAGILE = 'parse_json(request) if request.body[:1] == b"{" else Node(request.body[1 << 20])'
FAULTS = {
    "every handler has a case": (
        (('{"sale.paid": on_sale_paid}', '{"sale.paid": on_sale_paid, "sale.due": on_sale_paid}'),),
        "event type 'sale.due' has a handler and no case",
    ),
    "its kinds are those that its cases show": (
        (
            (
                "kinds={Kind.PURCHASE_COMPLETED}",
                "kinds={Kind.PURCHASE_COMPLETED, Kind.DEAL_WON}",
            ),
        ),
        "`kinds` names deal.won, and no case gives it",
    ),
    "its page names every secret and setting": (
        (("signing key into `signing_key`", "signing key"),),
        "the docstring does not name `signing_key`",
    ),
    "it imports the kit and nothing impure": (
        (("from relay.kit import", "import random\nimport orjson\nfrom relay.kit import"),),
        "it imports orjson: a connector needs only relay.kit and the standard library",
    ),
    "a changed body is refused": (
        verifying("pass"),
        "byte 0 of the body was changed, and the request is accepted",
    ),
    "a delivery without proof is refused": (
        verifying("pass"),
        "without headers, query and token the request is accepted",
    ),
    "the proof of another secret is refused": (
        verifying("pass"),
        "what was signed with another secret is accepted",
    ),
    "without a secret everything is refused": (
        verifying("pass"),
        "with an empty list of secrets the request is accepted",
    ),
    "an old or future stamp is refused": (verifying("pass"), "a timestamp 660 s old is accepted"),
    "a recorded delivery is verified": (
        verifying('raise Unverified("no")'),
        "case sale_paid is refused: no",
    ),
    "each of several live secrets is accepted": (
        verifying(
            'self.usual(request, Source(source.name, {"signing_key": source.keys("signing_key")[:1]}, '
            "source.settings), now)"
        ),
        "with several live secrets the right one is not found",
    ),
    "a refusal holds no secret": (
        verifying(TALKATIVE),
        "the reason of a refusal repeats a secret",
    ),
    "a tolerance belongs to a time that is checked": (
        (("stamp=SECONDS,", ""),),
        "there is `settings.tolerance`, and no case's proof checks a time",
    ),
    "a request of another account is refused": (
        bound_by("lambda _root: None"),
        "no accepted case has a source that names its account: record one",
    ),
    "a key is fetched from the vendor alone": (
        ((f"verify={USUAL}", f"verify=KeyByUrl(verifier={USUAL}, address=lambda _: KEY, below=(KEY[:9],))"),),
        "the first accepted request does not say where its key is",
    ),
    "a source without the secret of its proof is refused": (
        (("signing_key: Keys", "signing_key: OptionalKeys = ()"),),
        "a source without secrets.signing_key is configured and refuses everything",
    ),
    "any value of a body may be missing or odd": (
        (('sale["id"].text()', 'sale["id"].raw.strip()'),),
        "the connector failed, which is a bug in it: AttributeError at bookwell.py",
    ),
    "odd bodies have a fate": (
        (("handlers={", "parse=lambda request: PARSE,\n    handlers={".replace("PARSE", FRAGILE)),),
        "the connector failed",
    ),
    "reading twice reads the same": (
        (
            ("CONNECTOR", "SEEN = []\n\n\nCONNECTOR"),
            ('key=sale["id"].text()', "key=str(SEEN.append(1) or len(SEEN))"),
        ),
        "is read in two ways",
    ),
}
NEEDS = (
    "from relay.kit import",
    """KEY = 'http://a/key'
from relay.kit import FromAccount, KeyByUrl, OptionalKeys, Unverified, get, parse_json
from relay.kit import""",
)


def test_what_new_writes_passes_every_check(tmp_path: Path) -> None:
    good = subject(tmp_path)
    verdicts = list(run(good))
    assert [one for one in verdicts if one.state == "failed"] == []
    assert {one.reason for one in verdicts if one.state == "skipped"} == {
        "the proof says whose account it is",
        "the key is configured and never fetched",
        "the secret is always there",
    }
    assert len(verdicts) == count(good) == len(CHECKS) + 6


@pytest.mark.parametrize("name", FAULTS)
def test_a_check_says_what_it_found(tmp_path: Path, name: str) -> None:
    changes, told = FAULTS[name]
    found = verdict(tmp_path, name, *changes, NEEDS)
    assert found.state == "failed"
    assert told in " ".join(found.faults)


def test_a_secret_in_a_header_that_is_stored_is_found(tmp_path: Path) -> None:
    made = subject(tmp_path)
    path = tmp_path / "bookwell" / "ping.json"
    case = orjson.loads(path.read_bytes())
    case["request"]["headers"]["x-api-key"] = "Bearer " + case["source"]["secrets"]["signing_key"][0]
    path.write_bytes(orjson.dumps(case))
    found = {one.name: one for one in run(load(made.connector, made.path, path.parent))}
    (told,) = found["a header that shows a secret is never stored"].faults
    assert "header x-api-key shows a secret" in told


def test_too_few_cases_are_counted(tmp_path: Path) -> None:
    made = subject(tmp_path)
    for name in ("sale_paid_forged", "sale_paid_stale", "other_unknown"):
        (tmp_path / "bookwell" / f"{name}.json").unlink()
    few = load(made.connector, made.path, tmp_path / "bookwell")
    found = {one.name: one for one in run(few)}["it has cases enough"]
    assert found.faults == (
        "there are 3 cases; record at least 4",
        "no case is refused: record one whose signature is wrong",
    )


def test_without_an_event_checks_are_skipped_and_one_says_why(tmp_path: Path) -> None:
    made = subject(tmp_path)
    empty = load(made.connector, made.path, tmp_path / "nowhere")
    found = {one.name: one for one in run(empty)}
    assert found["it has cases enough"].state == "failed"
    assert found["a changed body is refused"].reason == "needs a case that has an event"


def test_a_case_whose_look_up_has_no_answer_fails_alone(tmp_path: Path) -> None:
    before = subject(tmp_path).path.read_text()
    start, end = before.index("\ndef on_sale_paid"), before.index("CONNECTOR")
    changed = load(*_written(tmp_path, before[:start] + LOOKING_UP + before[end + len("CONNECTOR") :]))
    found = {one.name: one for one in run(changed)}
    assert found["sale_paid"].faults == (
        "look-up without a recorded answer in upstream: GET https://api.bookwell.example/buyers/1",
    )
    assert found["ping"].state == "passed"


def _written(folder: Path, code: str) -> tuple[Connector, Path, Path]:
    path = folder / "bookwell.py"
    path.write_text(code.replace(*NEEDS, 1))
    return Registry([folder]).get("bookwell"), path, folder / "bookwell"


def test_a_case_that_differs_shows_the_difference_in_its_place(tmp_path: Path) -> None:
    found = verdict(
        tmp_path, "sale_paid", ('location=sale.get("location_id")', 'location=sale.get("employee_id")')
    )
    assert found.faults == ('expect.events[0].location: expected "north", got "kim"',)
    shown = [line for line in found.diff if line[0] in "+-"]
    assert [line.split() for line in shown] == [
        ["-", '"location":', '"north",'],
        ["+", '"location":', '"kim",'],
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"evidence": ""}, "evidence: is empty"),
        ({"title": ""}, "title: is empty"),
        ({"connector": "square"}, "the case is of 'square', its folder of 'bookwell'"),
        ({"expect": None}, "expect: is missing, so the case proves nothing"),
        ({"evidence": "from ana@realmail.io"}, "an address at realmail.io may be a real person's"),
        ({"now": "soon"}, "is not a case: now"),
    ],
)
def test_a_case_that_proves_nothing_or_names_somebody_is_refused(
    tmp_path: Path, change: dict[str, object], told: str
) -> None:
    made = subject(tmp_path)
    path = tmp_path / "bookwell" / "ping.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | change))
    found = {one.name: one for one in run(load(made.connector, made.path, path.parent))}["ping"]
    assert found.state == "failed"
    assert told in " ".join(found.faults)
