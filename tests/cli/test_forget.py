"""`relay forget`: shows what would go, asks, and removes it."""

from __future__ import annotations

from io import StringIO

import pytest

from tests.cli.terminal import Terminal
from tests.store.desk import Desk

ANA = "ana@example.com"
WHY = ("--reason", "letter 17")


async def known(desk: Desk) -> None:
    await desk.enrol(ANA)
    await desk.deliver(await desk.freeze())
    await desk.enrol(ANA, key="P-2")


async def being_sent(desk: Desk) -> None:
    await desk.enrol(ANA)
    await desk.freeze()


def test_a_preview_changes_nothing(relay: Terminal) -> None:
    relay.prepare(known)
    done = relay("forget", ANA, "--preview")
    assert done.code == 0
    assert "2 enrollments lose address, name and phone number" in done.said
    assert "1 waiting of these, are never sent" in done.said
    assert ANA in relay("person", ANA).said


def test_nobody_who_agrees_at_the_terminal_means_no(relay: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    relay.prepare(known)
    monkeypatch.setattr("sys.stdin", StringIO("n\n"))
    done = relay("forget", ANA, *WHY)
    assert done.code == 1
    assert "nothing was changed" in done.said


def test_what_names_the_person_is_removed(relay: Terminal) -> None:
    relay.prepare(known)
    done = relay("forget", ANA.upper(), *WHY, "--yes")
    assert done.code == 0
    assert "A later report enrols the address" in done.said
    assert ANA not in relay("enrollments", "list").said
    assert "forgotten" in relay("enrollments", "show", 1).said
    assert relay("requests", "list").code == 0
    assert "The accounts balance" in relay("status").said
    audit = relay("audit", "list").said
    assert "person.forget" in audit
    assert "letter 17" in audit
    assert ANA not in audit


def test_machines_are_told_and_the_address_may_go_on_the_list(relay: Terminal) -> None:
    relay.prepare(known)
    done = relay("forget", ANA, *WHY, "--yes", "--suppress", "--json")
    assert done.json["suppressed"] is True
    assert done.json["removed"]["enrollments"] == 2
    assert done.json["left"] == {}
    assert ANA in relay("suppress", "list").said


def test_what_is_being_sent_is_left_and_said(relay: Terminal) -> None:
    relay.prepare(being_sent)
    done = relay("forget", ANA, *WHY, "--yes")
    assert done.code == 1
    assert "1 being sent at this moment: run this again in a while" in done.said


def test_a_reason_must_be_given_and_name_nobody(relay: Terminal) -> None:
    relay.prepare(known)
    assert "--reason is missing" in relay("forget", ANA, "--yes").said
    assert "names the person" in relay("forget", ANA, "--yes", "--reason", f"{ANA} wrote").said
    assert relay("forget", "ana", "--yes", *WHY).code == 2


def test_whoever_is_not_known_is_not_asked_about(relay: Terminal) -> None:
    relay.prepare(known)
    done = relay("forget", "eve@example.com", *WHY)
    assert (done.code, "Nothing in the ledger names this person" in done.said) == (0, True)
