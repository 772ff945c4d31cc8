"""`relay quarantine`: after a secret was mixed up, what was refused by mistake is taken on."""

from __future__ import annotations

import orjson

from tests.cli.terminal import Terminal
from tests.factories import NOW_MS, quarantined
from tests.installing import TOKEN
from tests.store.desk import Desk

SALE = orjson.dumps({"event": "paid", "id": "P-1", "email": "ana@example.com"})


async def three_refused(desk: Desk) -> None:
    for token in (TOKEN, TOKEN, "guess"):
        await desk.store.add_quarantined(quarantined(token=token, query="?token=x&a=1", body=SALE), keep=10)


async def nothing(desk: Desk) -> None:
    await desk.store.ledger()


async def taken_on(desk: Desk) -> list[tuple[int, str, bytes]]:
    desk.now = 2**53
    return [(claimed.received_at, claimed.query, claimed.body) for claimed in await desk.claim()]


def test_an_empty_quarantine_is_good_news(relay: Terminal) -> None:
    relay.prepare(nothing)
    assert relay("quarantine", "list").said == "The quarantine is empty: every request was verified."
    assert relay("quarantine", "list", "--json").json == []
    done = relay("quarantine", "release")
    assert (done.code, done.said) == (0, "0 released, 0 still not verified.")


def test_the_list_gives_the_reason_and_shows_no_token_and_no_body(relay: Terminal) -> None:
    relay.prepare(three_refused)
    done = relay("quarantine", "list")
    assert "header x-signature does not match any secrets.signing_key" in done.said
    assert "relay quarantine release" in done.said
    assert TOKEN not in done.said
    assert "ana@example.com" not in done.said
    shown = relay("quarantine", "list", "--json", "--limit", 2).json
    assert [entry["id"] for entry in shown] == [3, 2]
    assert (shown[0]["source"], shown[0]["bytes"]) == ("shop", len(SALE))


def test_what_is_verified_now_enters_the_pipeline_dated_by_its_arrival_and_the_rest_stays(
    relay: Terminal,
) -> None:
    relay.prepare(three_refused)
    done = relay("quarantine", "release", "--json")
    assert (done.code, done.json) == (0, {"released": 2, "refused": 1})
    assert relay.prepare(taken_on) == [(NOW_MS, "?a=1", SALE)] * 2
    assert len(relay("quarantine", "list", "--json").json) == 1


def test_where_nothing_is_verified_the_exit_code_says_no(relay: Terminal) -> None:
    relay.prepare(three_refused)
    relay.configure(token="another-token")
    done = relay("quarantine", "release")
    assert done.code == 1
    assert "0 released, 3 still not verified." in done.said
    assert "relay quarantine list gives the reasons" in done.said


def test_requests_of_a_source_that_is_gone_stay_in_quarantine(relay: Terminal) -> None:
    relay.prepare(three_refused)
    relay.config.write_text(
        relay.config.read_text().replace("sources.shop", "sources.kiosk").replace('"shop"', '"kiosk"')
    )
    assert relay("quarantine", "release", "--json").json == {"released": 0, "refused": 3}


def test_one_entry_is_shown_as_it_came(relay: Terminal) -> None:
    relay.prepare(three_refused)
    done = relay("quarantine", "show", 3)
    assert "POST ?token=x&a=1" in done.said
    assert SALE.decode() in done.said
    assert relay("quarantine", "show", 3, "--json").json["body"] == SALE.decode()


def test_an_entry_that_is_not_there_is_named(relay: Terminal) -> None:
    relay.prepare(three_refused)
    done = relay("quarantine", "show", 9)
    assert done.code == 1
    assert "no entry 9" in done.said
