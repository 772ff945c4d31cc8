"""`relay dead` and `relay jobs` on many letters at once."""

from __future__ import annotations

from io import StringIO

import pytest

from tests.cli.terminal import Terminal
from tests.factories import parked_event
from tests.store.desk import Desk


async def three_parked(desk: Desk) -> None:
    for _ in range(3):
        await desk.report(parked_event())


async def refused(desk: Desk) -> None:
    await desk.refuse("ana@example.com", "ben@example.com")


def test_without_jobs_the_list_says_how_one_is_made(relay: Terminal) -> None:
    relay.prepare(three_parked)

    done = relay("jobs", "list")

    assert (done.code, relay("jobs", "list", "--json").json) == (0, [])
    assert "relay dead retry --all would make one" in done.said


def test_many_letters_are_discarded_by_a_job_with_a_reason(relay: Terminal) -> None:
    relay.prepare(three_parked)

    done = relay("dead", "discard", "--cause", "unreadable", "--reason", "sent twice", "--yes")

    assert done.code == 0
    assert "What is in it" in done.said
    assert "Job 1 is done: 3 discarded." in done.said
    assert relay("dead", "list", "--json").json == []
    items = relay("jobs", "items", 1, "--outcome", "discarded", "--json").json
    assert [item["letter"] for item in items] == ["parked-3", "parked-2", "parked-1"]
    assert relay("jobs", "show", 1, "--json").json["job"]["reason"] == "sent twice"


@pytest.mark.parametrize("said", ["n\n", ""])
def test_a_job_that_nobody_agrees_to_changes_nothing(
    relay: Terminal, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    relay.prepare(three_parked)
    monkeypatch.setattr("sys.stdin", StringIO(said))

    done = relay("dead", "discard", "--all")

    assert done.code == 1
    assert len(relay("dead", "list", "--json").json) == 3
    assert relay("jobs", "list", "--json").json[0]["state"] == "cancelled"


def test_where_none_is_like_that_it_is_said(relay: Terminal) -> None:
    relay.prepare(three_parked)

    done = relay("dead", "retry", "--source", "other", "--yes")

    assert done.code == 1
    assert "no dead letter is like that" in done.said


def test_ids_and_options_that_choose_are_not_mixed(relay: Terminal) -> None:
    done = relay("dead", "retry", "dead-1", "--source", "shop")

    assert done.code == 2
    assert "name ids, or give options that choose" in done.said


def test_a_contact_is_corrected_after_a_look_at_it(relay: Terminal) -> None:
    relay.prepare(refused)

    shown = relay("dead", "preview", "dead-1", "--phone", "+1 202 555 0100")
    assert shown.code == 0
    assert "+12025550100" in shown.said
    assert relay("dead", "show", "dead-1", "--json").json["corrections"] == []

    done = relay("dead", "correct", "dead-1", "--phone", "+1 202 555 0100", "--why", "asked", "--yes")
    assert done.code == 0
    assert "dead-1 was corrected and is on its way." in done.said
    story = relay("enrollments", "show", 1, "--json").json
    assert story["contact"]["phone"] == "+12025550100"
    assert story["corrections"][0]["why"] == "asked"
    assert [field["field"] for field in story["corrections"][0]["fields"]] == ["phone"]


def test_a_correction_that_is_not_valid_names_the_field_and_changes_nothing(relay: Terminal) -> None:
    relay.prepare(refused)

    done = relay("dead", "correct", "dead-1", "--phone", "12", "--why", "asked", "--yes")

    assert done.code == 2
    assert "phone" in done.said
    assert relay("dead", "show", "dead-1", "--json").json["corrections"] == []


def test_a_correction_says_why_and_what(relay: Terminal) -> None:
    assert "--why should say why" in relay("dead", "correct", "dead-1", "--phone", "1").said
    assert "give what is new" in relay("dead", "correct", "dead-1", "--why", "asked").said


def test_one_correction_is_applied_to_all_with_the_same_cause(relay: Terminal) -> None:
    relay.prepare(refused)

    words = ("--cause", "refused", "--last-name", "", "--why", "they had our shop's name", "--yes", "--json")
    done = relay("dead", "correct", *words)

    assert done.code == 0
    assert done.json["total"] == 2
    assert done.json["fields"] == {"last_name": ""}
    assert relay("dead", "list", "--json").json == []


def test_letters_are_chosen_by_the_connector_of_their_source(relay: Terminal) -> None:
    relay.prepare(three_parked)

    assert len(relay("dead", "list", "--connector", "generic", "--json").json) == 3
    assert relay("dead", "list", "--connector", "square", "--json").json == []
    done = relay("dead", "discard", "--connector", "square", "--reason", "gone", "--yes")
    assert done.code == 1
