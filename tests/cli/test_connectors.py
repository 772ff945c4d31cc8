"""`relay connectors`: which senders are understood, how they are set up, and trying a delivery."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from relay.cli.cases import cases_folder
from tests.cli.terminal import Terminal

BOOKED = cases_folder() / "generic" / "appointment_booked_flat.json"
STEERING = "\x1b[2J\u202e\x07"


def changed(folder: Path, **changes: object) -> Path:
    """The recorded case with other values, in a file of its own."""
    path = folder / "case.json"
    path.write_bytes(orjson.dumps(orjson.loads(BOOKED.read_bytes()) | changes))
    return path


def with_body(folder: Path, body: object, **settings: object) -> Path:
    case = orjson.loads(BOOKED.read_bytes())
    source = case["source"] | {"settings": case["source"]["settings"] | settings}
    request = case["request"] | {"body": orjson.dumps(body).decode()}
    return changed(folder, source=source, request=request, expect=None)


def test_the_list_names_every_connector(relay: Terminal) -> None:
    said = relay("connectors", "list").said
    for name in ("square", "shopify", "calendly", "hubspot", "salesforce", "acuity", "generic"):
        assert name in said


def test_the_list_can_be_searched_by_name_sender_group_and_kind(relay: Terminal) -> None:
    def names(search: str) -> set[str]:
        return {entry["name"] for entry in relay("connectors", "list", search, "--json").json}

    assert names("SHOPI") == {"shopify"}
    assert names("Cal.com") == {"cal_com"}
    assert {"acuity", "calendly"} <= names("booking")
    assert "typeform" in names("form.submitted")


def test_a_search_that_finds_nothing_is_exit_1_and_names_what_reads_anything(relay: Terminal) -> None:
    done = relay("connectors", "list", "no such sender")
    assert (done.code, done.out) == (1, "")
    assert "generic reads any sender by configuration" in done.said


def test_machines_get_names_kinds_and_where_the_facts_come_from(relay: Terminal) -> None:
    found = {entry["name"]: entry for entry in relay("connectors", "list", "--json").json}
    assert "appointment.booked" in found["calendly"]["kinds"]
    assert found["square"].keys() == {
        "name",
        "label",
        "group",
        "kinds",
        "default_events",
        "confidence",
        "docs",
    }


def test_a_connectors_page_says_how_to_set_it_up(relay: Terminal) -> None:
    said = relay("connectors", "show", "square").said
    for shown in ("Developer Console", "signing_key", "access_token", "default_region"):
        assert shown in said
    shown = relay("connectors", "show", "square", "--json").json
    assert "payment_completed" in shown["cases"]
    assert "signing_key" in shown["secrets"]["properties"]


@pytest.mark.parametrize("words", [("show",), ("try", "--case", str(BOOKED))])
def test_an_unknown_connector_is_named_with_the_nearest_one(relay: Terminal, words: tuple[str, ...]) -> None:
    verb, *rest = words
    done = relay("connectors", verb, "calendy", *rest)
    assert done.code == 2
    assert "did you mean 'calendly'?" in done.said


def test_a_case_that_ends_as_expected_is_exit_0(relay: Terminal) -> None:
    done = relay("connectors", "try", "generic", "--case", BOOKED)
    assert done.code == 0
    assert "contact.created for Ana@example.com" in done.said
    assert relay("connectors", "try", "generic", "--case", BOOKED, "--json").json["outcome"] == "events"


def test_a_case_that_ends_otherwise_is_exit_1_and_says_where(relay: Terminal) -> None:
    case = changed(relay.folder, expect={"outcome": "ignored"})
    done = relay("connectors", "try", "generic", "--case", case)
    assert done.code == 1
    assert 'expect.outcome: expected "ignored", got "events"' in done.said


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        (b"{", "is not JSON"),
        (b"[]", "is not a case"),
        (b'{"title": "t", "connector": "generic"}', "is not a case: now: field required"),
        (b"\xff\xfe", "is not JSON"),
    ],
)
def test_a_file_that_is_no_case_is_told_in_a_sentence(
    relay: Terminal, content: bytes | None, told: str
) -> None:
    path = relay.folder / "case.json"
    if content is not None:
        path.write_bytes(content)
    done = relay("connectors", "try", "generic", "--case", path)
    assert done.code == 2
    assert told in done.said


def test_settings_that_a_connector_does_not_take_are_named(relay: Terminal) -> None:
    source = orjson.loads(BOOKED.read_bytes())["source"]
    case = changed(relay.folder, source=source | {"settings": {"no_such_setting": 1}})
    done = relay("connectors", "try", "generic", "--case", case)
    assert done.code == 1
    assert "no_such_setting" in done.said


@pytest.mark.parametrize("text", ["[/red]", "[/]", "[bold", f"{STEERING}[link=x]"])
def test_no_payload_steers_the_terminal_or_passes_for_markup(relay: Terminal, text: str) -> None:
    body = {"event": text, "id": text, "email": "ana@example.com", "location_id": text}
    kinds = {"other": "contact.created"}
    unknown = relay("connectors", "try", "generic", "--case", with_body(relay.folder, body, kind=kinds))
    known = relay(
        "connectors", "try", "generic", "--case", with_body(relay.folder, body, kind="contact.created")
    )
    assert (unknown.code, known.code) == (0, 0)
    assert not set(STEERING) & set(unknown.out + known.out) - set("[2J")
    assert "unknown event type" in unknown.said
    assert text.replace(STEERING, "\ufffd[2J\ufffd\ufffd") in known.said


def test_a_folder_of_connectors_that_is_not_there_is_named(relay: Terminal) -> None:
    done = relay("connectors", "list", "--folder", relay.folder / "missing")
    assert done.code == 2
    assert "missing does not exist" in done.said


def test_a_connector_that_cannot_be_imported_is_named_with_the_reason(relay: Terminal) -> None:
    folder = relay.folder / "own"
    folder.mkdir()
    (folder / "broken.py").write_text("import no_such_module\n")
    done = relay("connectors", "show", "broken", "--folder", folder)
    assert done.code == 2
    assert "connector 'broken' cannot be imported" in done.said
