"""`relay dead`: dead letters are found, understood and repaired at a terminal."""

from __future__ import annotations

import pytest

from relay.core.outcome import Certainty, Scope
from tests.cli.terminal import Terminal
from tests.factories import failure, incoming, parked_event, policy, translation
from tests.store.desk import Desk

NO_ANSWER = failure(Certainty.UNKNOWN, Scope.DESTINATION, reason="no answer within 30 s")
STEERING = "\x1b[2J\u202e[red]\x07"


async def two_letters(desk: Desk) -> None:
    await desk.report(parked_event())
    desk.move(60_000)
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), NO_ANSWER, policy(on_unknown_outcome="hold"))


async def hostile_letter(desk: Desk) -> None:
    """Every text that a sender can choose tries to steer the terminal, or to be markup."""
    body = f'{{"name": "{STEERING}"}}'.encode()
    await desk.store.add_request(incoming(body=body, headers=b'{"x":"[/bold]"}'))
    event = parked_event(event_type=f"[/red]{STEERING}", reason=f"[/] {STEERING}", path=f"$.[/x]{STEERING}")
    await desk.store.save_translations([translation(await desk.claim_one(), event)], desk.now)


async def no_letter(desk: Desk) -> None:
    await desk.enrol("ana@example.com")


async def counts(desk: Desk) -> dict[str, int]:
    return await desk.counts()


async def fates(desk: Desk) -> dict[str, int]:
    return await desk.fates()


def test_without_dead_letters_the_list_says_that_this_is_good(relay: Terminal) -> None:
    relay.prepare(no_letter)
    done = relay("dead", "list")
    assert done.code == 0
    assert "No dead letters. Everything accepted was read, delivered or is waiting." in done.said
    assert relay("dead", "list", "--json").json == []


def test_the_list_names_each_letter_and_what_to_do(relay: Terminal) -> None:
    relay.prepare(two_letters)
    done = relay("dead", "list")
    assert done.code == 0
    assert done.out.index("dead-1") < done.out.index("parked-1")
    for shown in ("ana@example.com", "unknown", "no answer within 30 s", "relay dead retry ID"):
        assert shown in done.said


def test_machines_get_every_letter_whole(relay: Terminal) -> None:
    relay.prepare(two_letters)
    first, second = relay("dead", "list", "--json").json
    assert (first["id"], first["email"], first["cause"]) == ("dead-1", "ana@example.com", "unknown")
    assert (second["id"], second["email"], second["cause"]) == ("parked-1", None, "unreadable")
    assert len(relay("dead", "list", "--limit", 1, "--json").json) == 1


def test_the_story_has_the_request_the_contact_and_every_attempt(relay: Terminal) -> None:
    relay.prepare(two_letters)
    said = relay("dead", "show", "dead-1").said
    for shown in (
        "after-visit",
        "Contact",
        "Body as received",
        '"id": "P-1"',
        "Attempts",
        "no answer within",
    ):
        assert shown in said
    story = relay("dead", "show", "dead-1", "--json").json
    assert story["request"]["headers"] == {"content-type": "application/json"}
    assert story["contact"]["email"] == "ana@example.com"
    assert [attempt["certainty"] for attempt in story["attempts"]] == ["unknown"]


@pytest.mark.parametrize("words", [("list",), ("show", "parked-1")])
def test_no_payload_steers_the_terminal_or_passes_for_markup(relay: Terminal, words: tuple[str, ...]) -> None:
    relay.prepare(hostile_letter)
    done = relay("dead", *words)
    assert done.code == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(done.out)
    assert "[/]" in done.said
    assert "[red]" in done.said


@pytest.mark.parametrize("letter", ["dead-99", "parked-99", "nonsense", "[/red]", "dead-"])
def test_a_letter_that_is_not_there_is_said_to_be_missing(relay: Terminal, letter: str) -> None:
    relay.prepare(two_letters)
    for words in (("show", letter), ("retry", letter), ("discard", letter)):
        done = relay("dead", *words)
        assert done.code == 1
        assert letter in done.said
        assert "relay dead list shows them" in done.said


def test_letters_are_retried_by_their_ids(relay: Terminal) -> None:
    relay.prepare(two_letters)
    done = relay("dead", "retry", "dead-1", "parked-1")
    assert done.code == 0
    assert done.said.startswith("2 retried.")
    assert relay.prepare(counts) == {"sending": 1}
    assert relay("dead", "list", "--json").json == []


def test_what_could_be_retried_is_retried_although_an_id_is_wrong(relay: Terminal) -> None:
    relay.prepare(two_letters)
    done = relay("dead", "retry", "dead-1", "dead-7", "--json")
    assert (done.code, done.json) == (1, {"retried": ["dead-1"], "not_found": ["dead-7"]})


def test_all_letters_can_be_retried_at_once(relay: Terminal) -> None:
    relay.prepare(two_letters)
    done = relay("dead", "retry", "--all", "--yes")
    assert done.code == 0
    assert "The rest goes on when the relay runs" in done.said
    assert relay("dead", "list", "--json").json == []
    assert relay("dead", "retry", "--all", "--yes").code == 1


def test_nothing_is_retried_or_discarded_unless_it_is_named(relay: Terminal) -> None:
    relay.prepare(two_letters)
    for verb in ("retry", "discard"):
        done = relay("dead", verb)
        assert done.code == 2
        assert "name ids, give options that choose, or --all" in done.said
    assert len(relay("dead", "list", "--json").json) == 2


def test_a_discarded_letter_is_gone_from_the_list_and_stays_in_the_books(relay: Terminal) -> None:
    relay.prepare(two_letters)
    done = relay("dead", "discard", "--all", "--reason", "moved away", "--yes")
    assert done.code == 0
    assert "Job 1 is done: 2 discarded." in done.said
    assert relay("dead", "list", "--json").json == []
    assert relay.prepare(counts) == {"discarded": 1}
    assert relay.prepare(fates) == {"read": 1, "discarded": 1}


@pytest.mark.parametrize("limit", ["0", "10001", "many"])
def test_a_limit_out_of_range_is_a_mistake_of_words(relay: Terminal, limit: str) -> None:
    assert relay("dead", "list", "--limit", limit).code == 2


def test_letters_are_listed_by_what_they_have_in_common(relay: Terminal) -> None:
    relay.prepare(two_letters)
    done = relay("dead", "groups", "--json")
    assert done.code == 0
    assert {(group["cause"], group["count"]) for group in done.json} == {("unknown", 1), ("unreadable", 1)}
    shown = " ".join(relay("dead", "groups").said.split())
    assert "unknown: It was sent, and no answer said whether it worked." in shown


def test_letters_are_chosen_by_options(relay: Terminal) -> None:
    relay.prepare(two_letters)
    assert [one["code"] for one in relay("dead", "list", "--code", "SOME_CODE", "--json").json] == [
        "SOME_CODE"
    ]
    assert "No dead letter is like that." in relay("dead", "list", "--code", "OTHER").said
    found = relay("dead", "list", "--cause", "unknown", "--source", "shop", "--json").json
    assert [letter["cause"] for letter in found] == ["unknown"]
    done = relay("dead", "list", "--text", "no such words")
    assert (done.code, "No dead letter is like that" in done.said) == (0, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--cause", "sadness"), "there are unreadable"), (("--since", "yesterday"), "write a span such as 2h")],
)
def test_options_that_mean_nothing_are_told(relay: Terminal, words: tuple[str, ...], told: str) -> None:
    relay.prepare(two_letters)
    done = relay("dead", "list", *words)
    assert done.code == 2
    assert told in " ".join(done.err.split())
