"""`relay connectors try` with a bare payload: signed for the test, read as a source would, nothing called."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import orjson
import pytest

from relay.cli.cases import cases_folder
from tests.cli.terminal import Done, Terminal

SALE = {"event": "paid", "id": "S-1", "email": "ana@example.com", "name": "Ana Reyes"}
MULTIPART = "".join(
    f'--edge\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in SALE.items()
)


def trying(relay: Terminal, body: str, *words: object, connector: str = "generic") -> Done:
    path = relay.folder / "payload"
    path.write_text(body)
    return relay("connectors", "try", connector, path, *words)


def payload_of(connector: str, case: str) -> str:
    body: str = orjson.loads((cases_folder() / connector / f"{case}.json").read_bytes())["request"]["body"]
    return body


BODIES = {
    "json": json.dumps(SALE),
    "form": urlencode(SALE),
    "multipart": f"{MULTIPART}--edge--\r\n",
}


@pytest.mark.parametrize("form", BODIES)
def test_a_payload_is_read_with_the_settings_of_the_source_with_its_connector(
    relay: Terminal, form: str
) -> None:
    done = trying(relay, BODIES[form], "--json")
    assert done.code == 0
    (event,) = done.json["events"]
    assert (event["kind"], event["key"]) == ("purchase.completed", "S-1")
    assert event["contacts"][0]["email"] == "ana@example.com"


def test_a_payload_is_read_without_a_configured_source_too(relay: Terminal) -> None:
    booked = payload_of("calendly", "invitee_created")
    assert trying(relay, booked, "--json", connector="calendly").json["outcome"] == "events"


def test_settings_that_are_needed_come_from_a_source(relay: Terminal) -> None:
    message = payload_of("salesforce", "contact_updated")
    without = trying(relay, message, connector="salesforce")
    assert without.code == 2
    assert "source.settings is not what salesforce takes: organization_id" in without.said
    crm = 'connector = "salesforce"\nsecrets.url_token = "t"\nsettings.organization_id = "00D24000000TestEAA"'
    relay.config.write_text(f"{relay.config.read_text()}\n[sources.crm]\n{crm}\n")
    done = trying(relay, message, "--json", connector="salesforce")
    assert done.json["events"][0]["kind"] == "contact.updated"


def test_people_see_the_fate_the_event_and_the_contact(relay: Terminal) -> None:
    said = trying(relay, json.dumps(SALE)).said
    assert "purchase.completed for ana@example.com" in said
    assert "Ana Reyes, ana@example.com" in said
    assert "answered 200" in said


def test_headers_of_the_sender_can_be_given(relay: Terminal) -> None:
    order = payload_of("shopify", "orders_paid_online")
    assert trying(relay, order, "--json", connector="shopify").json["outcome"] == "parked"
    done = trying(relay, order, "--json", "-H", "X-Shopify-Topic: orders/paid", connector="shopify")
    assert done.json["events"][0]["kind"] == "purchase.completed"


def test_look_ups_are_named_and_not_made(relay: Terminal) -> None:
    done = trying(relay, payload_of("square", "payment_completed"), "--json", connector="square")
    (call,) = done.json["lookups"]
    assert call["url"].startswith("https://connect.squareup.com/v2/customers/")
    assert "not made" in done.json["reason"]


def test_a_source_is_chosen_by_name(relay: Terminal) -> None:
    other = 'connector = "generic"\nsecrets.url_token = "other-token"\nsettings.kind = "form.submitted"'
    relay.config.write_text(f"{relay.config.read_text()}\n[sources.other]\n{other}\n")
    done = trying(relay, json.dumps(SALE), "--source", "other", "--json")
    assert done.json["events"][0]["kind"] == "form.submitted"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--source", "nowhere"), "the configuration has no source nowhere"),
        (("--header", "no colon"), "is not of the form `name: value`"),
        (("--case", "also.json"), "name one file"),
    ],
)
def test_words_that_are_at_fault_are_told(relay: Terminal, words: tuple[str, ...], told: str) -> None:
    done = trying(relay, "{}", *words)
    assert done.code == 2
    assert told in done.said


def test_a_payload_that_is_not_there_is_told(relay: Terminal) -> None:
    done = relay("connectors", "try", "generic", relay.folder / "missing")
    assert done.code == 2
    assert "No such file" in done.said


def test_settings_that_do_not_fit_are_told(relay: Terminal) -> None:
    relay.config.write_text(relay.config.read_text().replace("settings.kind", "settings.kindly"))
    done = trying(relay, "{}")
    assert done.code == 2
    assert "kindly" in done.said
