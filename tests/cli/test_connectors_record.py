"""`relay connectors record`: what a relay received becomes a case that can be shared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from relay.cli.cases import cases_folder
from tests.cli.terminal import Terminal, in_background
from tests.factories import incoming, parked_event, translation
from tests.installing import TOKEN
from tests.store.desk import Desk
from tests.work.provider import Provider, Said, listening

SALE = {
    "event": "paid",
    "id": "S-1",
    "email": "zora@quill.io",
    "name": "Zora Quill",
    "phone": "+1 415 867 5309",
    "note": f"Zora asked for {TOKEN} and the seat at the window",
}
SQUARE = """
[sources.till]
connector = "square"
secrets.signing_key = "key-of-the-till"
secrets.access_token = "access-to-the-till"

[lookups]
origins = { "https://connect.squareup.com" = "URL" }
"""


def received(relay: Terminal, body: object, **given: Any) -> None:
    async def work(desk: Desk) -> None:
        await desk.store.add_request(incoming(body=orjson.dumps(body), **given))

    relay.prepare(work)


def parked(relay: Terminal) -> None:
    async def work(desk: Desk) -> None:
        await desk.store.add_request(incoming(body=orjson.dumps(SALE | {"event": "odd"})))
        await desk.store.save_translations([translation(await desk.claim_one(), parked_event())], desk.now)

    relay.prepare(work)


def case_in(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


def test_a_request_becomes_a_case_that_passes_and_names_nobody(relay: Terminal) -> None:
    received(
        relay,
        SALE,
        query="?ref=zora%40quill.io",
        headers=b'{"content-type":"application/json","via":"1.1 x"}',
    )
    done = relay("connectors", "record", "1", "--name", "Sale paid")
    assert done.code == 0
    assert "wrote generic/sale_paid.json, which expects events purchase.completed" in done.said
    path = relay.folder / "generic" / "sale_paid.json"
    text = path.read_text()
    for gone in ("zora", "quill", "8675309", "867 5309", TOKEN, "via"):
        assert gone not in text.casefold()
    case = case_in(path)
    assert case["expect"]["events"][0]["contacts"][0]["phone"] == "+12025550100"
    assert case["source"]["settings"] == {"kind": {"paid": "purchase.completed"}}
    assert relay("connectors", "try", "generic", "--case", path).code == 0


def test_it_shows_what_was_replaced_and_what_was_kept(relay: Terminal) -> None:
    received(relay, SALE)
    said = relay("connectors", "record", "request-1").said
    for shown in ("e-mail address", "zora@quill.io", "@example.com", "phone number", "body.phone"):
        assert shown in said
    assert "Kept: look at these before you share the case" in said
    assert "free text" in said
    assert TOKEN not in said


def test_machines_get_the_replacements_with_their_places(relay: Terminal) -> None:
    received(relay, SALE | {"contact": {"email": "ZORA@quill.io"}})
    done = relay("connectors", "record", "1", "--json")
    assert done.json["file"] == "generic/recorded_1.json"
    assert done.json["outcome"] == "events"
    mails = [one for one in done.json["replaced"] if one["what"] == "e-mail address"]
    assert [one["where"] for one in mails] == [["body.email"], ["body.contact.email"]]
    assert len({one["now"] for one in mails}) == 1
    assert [one["was"] for one in done.json["replaced"] if one["what"] == "token or secret"] == ["…"]
    assert [one["where"] for one in done.json["kept"]] == ["body.note"]


def test_a_dead_letter_is_recorded_by_its_id(relay: Terminal) -> None:
    parked(relay)
    done = relay("connectors", "record", "parked-1", "--folder", relay.folder / "cases")
    assert done.code == 0
    case = case_in(relay.folder / "cases" / "recorded_parked_1.json")
    assert case["expect"]["outcome"] == "parked"
    assert "quill" not in json.dumps(case)


def test_a_connector_of_ones_own_gets_the_case_beside_it(relay: Terminal) -> None:
    own = relay.folder / "own"
    relay("connectors", "new", "bookwell", "--folder", own)
    top = f'connector_folders = ["{own}"]\n'
    source = '\n[sources.salon]\nconnector = "bookwell"\nsecrets.signing_key = "the-real-signing-key"\n'
    relay.config.write_text(top + relay.config.read_text() + source)
    sent = case_in(own / "bookwell" / "appointment_completed.json")["request"]
    body = json.loads(sent["body"].replace("ana.reyes@example.com", "zora@quill.io"))
    received(relay, body, source="salon", headers=orjson.dumps(sent["headers"]))
    assert relay("connectors", "record", "1", "--name", "again").code == 0
    assert (own / "bookwell" / "again.json").is_file()
    assert relay("connectors", "test", "bookwell").code == 0


def test_nothing_is_overwritten(relay: Terminal) -> None:
    received(relay, SALE)
    assert relay("connectors", "record", "1").code == 0
    again = relay("connectors", "record", "1")
    assert again.code == 2
    assert "recorded_1.json is there already" in again.said


def test_a_key_can_be_named_as_personal(relay: Terminal) -> None:
    received(relay, SALE)
    done = relay("connectors", "record", "1", "--also", "note", "--json")
    assert done.json["kept"] == []
    assert "window" not in (relay.folder / "generic" / "recorded_1.json").read_text()


@pytest.mark.parametrize("id_", ["7", "parked-7", "nonsense"])
def test_what_is_not_in_the_ledger_is_told(relay: Terminal, id_: str) -> None:
    received(relay, SALE)
    done = relay("connectors", "record", id_)
    assert done.code == 1
    assert f"the ledger has no request or dead letter {id_}" in done.said


def test_a_source_that_is_gone_is_told(relay: Terminal) -> None:
    received(relay, SALE, source="former")
    done = relay("connectors", "record", "1")
    assert done.code == 2
    assert "source former is no longer configured" in done.said


def test_a_secret_that_cannot_be_cut_out_stops_the_writing(relay: Terminal) -> None:
    received(relay, SALE | {"glued": f"xx{TOKEN}yy"})
    done = relay("connectors", "record", "1")
    assert done.code == 1
    assert "a secret of the source stands in the request; nothing was written" in done.said
    assert not (relay.folder / "generic").exists()


def paid(relay: Terminal, url: str) -> dict[str, Any]:
    """A payment of Square's in the ledger, and the answer of its API about the buyer."""
    relay.config.write_text(relay.config.read_text() + SQUARE.replace("URL", url))
    case = case_in(cases_folder() / "square" / "payment_completed.json")
    received(relay, json.loads(case["request"]["body"]), source="till")
    answer: dict[str, Any] = case["upstream"][0]["body"]
    return answer


def test_look_ups_without_answers_leave_a_case_that_expects_nothing(relay: Terminal) -> None:
    paid(relay, "http://127.0.0.1:9")
    done = relay("connectors", "record", "1")
    assert done.code == 1
    assert "look-up without a recorded answer" in done.said
    assert "repeat with --ask" in done.said
    assert "expect" not in case_in(relay.folder / "square" / "recorded_1.json")


def test_look_ups_are_made_when_asked_for_and_their_people_replaced_too(relay: Terminal) -> None:
    provider = Provider()
    with in_background(lambda: listening(provider)):
        provider.answers = [Said(200, paid(relay, provider.url))]
        done = relay("connectors", "record", "1", "--ask")
    assert done.code == 0
    assert provider.asked[0][1] == "Bearer access-to-the-till"
    path = relay.folder / "square" / "recorded_1.json"
    case = case_in(path)
    (contact,) = case["expect"]["events"][0]["contacts"]
    assert contact["email"] == case["upstream"][0]["body"]["customer"]["email_address"]
    text = json.dumps(case)
    for gone in ("okafor", "maria", "0123", "JDKYHBWT1D4F8MFH", "access-to-the-till", "key-of-the-till"):
        assert gone not in text
    assert relay("connectors", "try", "square", "--case", path).code == 0
