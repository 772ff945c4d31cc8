"""`relay login` and `relay sessions`: a link for the console, who came in by one, and out again."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from relay.core.access import LINK_LASTS
from relay.core.credential import Kind, read
from relay.web.access import Gate, Refusal
from tests.cli.terminal import Terminal
from tests.store.desk import Desk


async def made(desk: Desk) -> None:
    """A ledger that is there."""
    await desk.store.ledger()


@pytest.fixture(autouse=True)
def _ledger(relay: Terminal) -> None:
    relay.prepare(made)


def use(relay: Terminal, url: str) -> str:
    """Press the button behind a link; why that opened nothing, or the address that is told."""

    async def opened(desk: Desk) -> str:
        gate = Gate(desk.store.access, "https://relay.example.com")
        (link,) = parse_qs(urlsplit(url).query)["link"]
        found = await gate.log_in(gate.visit([], "192.0.2.7", int(time.time() * 1000)), link)
        return found.detail if isinstance(found, Refusal) else found[0].id

    return relay.prepare(opened)


def sessions(relay: Terminal) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = relay("sessions", "list", "--json").json
    return listed


def test_a_link_is_printed_alone_and_leads_to_the_console(relay: Terminal) -> None:
    done = relay("login")
    assert re.fullmatch(r"https://relay\.example\.com/console/login\?link=rlyl_\w+\n", done.out)
    assert re.fullmatch(r"It opens the console once, as \w+ \(admin\), until [-\d: ]+ UTC\.\n", done.err)


def test_a_link_logs_in_whom_it_was_made_for(relay: Terminal) -> None:
    session = use(relay, relay("login", "--name", "Ana Lopes", "--role", "operator").out.strip())
    (listed,) = sessions(relay)
    told = {key: listed[key] for key in ("id", "name", "role", "address")}
    assert told == {"id": session, "name": "Ana Lopes", "role": "operator", "address": "192.0.2.7"}
    assert "Ana Lopes" in relay("sessions", "list").said


def test_a_link_is_used_once(relay: Terminal) -> None:
    url = relay("login").out.strip()
    use(relay, url)
    assert use(relay, url) == "this link was used already"


def test_a_link_is_for_machines_too_and_kept_nowhere(relay: Terminal) -> None:
    link = relay("login", "--role", "viewer", "--json").json
    lasts = datetime.fromisoformat(link["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=9) < lasts <= timedelta(milliseconds=LINK_LASTS)
    (text,) = parse_qs(urlsplit(link["url"]).query)["link"]
    shown = read(Kind.LINK, text)
    assert shown is not None
    assert shown.id == link["id"]
    secret = text.rpartition("_")[2].encode()
    assert [file.name for file in relay.folder.glob("relay.db*") if secret in file.read_bytes()] == []


def test_who_let_whom_in_is_told(relay: Terminal) -> None:
    session = use(relay, relay("login", "--name", "Ana", "--role", "viewer").out.strip())
    relay("sessions", "revoke", "Ana")
    revoked, opened, created = relay("audit", "list", "--json").json
    assert (created["action"], created["detail"]["name"], created["detail"]["role"]) == (
        "link.create",
        "Ana",
        "viewer",
    )
    assert (opened["action"], opened["who"]) == ("session.open", "Ana at the console")
    assert (revoked["action"], revoked["detail"]) == ("session.revoke", {"name": "Ana", "session": session})


def test_sessions_are_revoked_by_id_or_name_or_all(relay: Terminal) -> None:
    first, *_ = [use(relay, relay("login", "--name", name).out.strip()) for name in ("Ana", "Ben", "Eve")]
    assert relay("sessions", "revoke", first, "Ben").said == "2 revoked."
    assert [session["name"] for session in sessions(relay)] == ["Eve"]
    assert relay("sessions", "revoke", "--all").said == "1 revoked."
    assert sessions(relay) == []


def test_revoking_what_is_not_there_is_a_no(relay: Terminal) -> None:
    done = relay("sessions", "revoke", "Ana", "--json")
    assert (done.code, done.json) == (1, {"revoked": [], "not_found": ["Ana"]})
    assert "1 of 1 have no session relay sessions list shows who has" in done.said


def test_revoking_says_which_or_all(relay: Terminal) -> None:
    done = relay("sessions", "revoke")
    assert (done.code, done.out) == (2, "")
    assert done.said == "name ids or people, or give --all relay sessions list shows them"


def test_an_empty_list_says_how_to_log_in(relay: Terminal) -> None:
    assert relay("sessions", "list").said == "Nobody is logged in. relay login prints a link."


def test_more_sessions_than_a_page_holds_are_all_listed(
    relay: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.cli.sessions._PAGE", 2)
    opened = {use(relay, relay("login").out.strip()) for _ in range(5)}
    assert {session["id"] for session in sessions(relay)} == opened


def test_where_the_machine_knows_no_account_somebody_is_at_work_all_the_same(
    relay: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert relay("login").code == 0
    (entry,) = relay("audit", "list", "--json").json
    assert (entry["who"], entry["detail"]["name"]) == ("somebody at the terminal", "somebody")


def test_a_name_that_is_none_is_refused(relay: Terminal) -> None:
    done = relay("login", "--name", "\x1b[2J")
    assert (done.code, done.out) == (2, "")
    assert "should be a name" in done.said
