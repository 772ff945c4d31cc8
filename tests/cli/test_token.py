"""`relay token`: made, listed and revoked at a terminal; shown once and kept nowhere."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from relay.cli.wiring import running
from relay.config.resolve import open_installation
from relay.core.credential import Kind, read
from relay.web.api.app import ROOT
from tests.cli.terminal import Terminal, in_background
from tests.store.desk import Desk


async def made(desk: Desk) -> None:
    """A ledger that is there."""
    await desk.store.ledger()


@pytest.fixture(autouse=True)
def _ledger(relay: Terminal) -> None:
    relay.prepare(made)


def listed(relay: Terminal, *words: str) -> list[dict[str, Any]]:
    tokens: list[dict[str, Any]] = relay("token", "list", "--json", *words).json
    return tokens


def test_a_token_is_printed_alone_so_that_a_script_can_take_it(relay: Terminal) -> None:
    done = relay("token", "create", "nightly-report")
    shown = read(Kind.TOKEN, done.out.strip())
    assert shown is not None
    assert done.out == f"{shown.text}\n"
    assert done.err == "It is not shown again. It lets in as viewer, until it is revoked.\n"
    assert [(one["id"], one["name"], one["role"]) for one in listed(relay)] == [
        (shown.id, "nightly-report", "viewer")
    ]


def test_what_is_printed_is_kept_nowhere(relay: Terminal) -> None:
    shown = relay("token", "create", "report", "--json").json["token"]
    assert shown not in relay("token", "list", "--json").said + relay("audit", "list", "--json").said
    secret = shown.rpartition("_")[2].encode()
    files = list(relay.folder.glob("relay.db*"))
    assert files
    assert [file.name for file in files if secret in file.read_bytes()] == []


def test_the_ledger_lets_in_who_holds_what_was_printed(relay: Terminal) -> None:
    shown = read(Kind.TOKEN, relay("token", "create", "report", "--role", "admin").out.strip())
    assert shown is not None

    async def found(desk: Desk) -> bool:
        token, digest = await desk.store.access.find_token(shown.id) or (None, b"")
        return token is not None and token.role == "admin" and shown.proves(digest)

    assert relay.prepare(found)


def test_a_token_may_end_by_itself(relay: Terminal) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    relay("token", "create", "report", "--expires", "90d")
    (token,) = listed(relay)
    ends = datetime.fromisoformat(token["expires_at"])
    assert before <= ends - timedelta(days=90) <= datetime.now(UTC)
    assert token["ended"] is None


def test_who_made_and_who_revoked_a_token_is_told(relay: Terminal) -> None:
    relay("token", "create", "report", "--role", "operator", "--expires", "1d")
    relay("token", "revoke", "report")
    revoked, created = relay("audit", "list", "--json").json
    its_id = revoked["detail"]["token"]
    assert (created["action"], revoked["action"]) == ("token.create", "token.revoke")
    assert revoked["detail"] == {"token": its_id, "name": "report"}
    assert datetime.fromisoformat(created["detail"].pop("expires_at")) > datetime.now(UTC)
    assert created["detail"] == {"token": its_id, "name": "report", "role": "operator"}


def test_tokens_are_revoked_by_name_or_id(relay: Terminal) -> None:
    ids = [relay("token", "create", name, "--json").json["id"] for name in ("one", "two", "three")]
    done = relay("token", "revoke", "one", ids[1])
    assert (done.code, done.said) == (0, "2 revoked.")
    assert [token["name"] for token in listed(relay)] == ["three"]
    assert {token["name"]: token["ended"] for token in listed(relay, "--all")} == {
        "one": "was revoked",
        "two": "was revoked",
        "three": None,
    }


def test_revoking_what_is_not_there_is_a_no(relay: Terminal) -> None:
    relay("token", "create", "one")
    done = relay("token", "revoke", "one", "two", "--json")
    assert (done.code, len(done.json["revoked"]), done.json["not_found"]) == (1, 1, ["two"])
    assert "1 of 2 are no tokens that let anybody in relay token list shows those that do" in done.said
    assert relay("token", "revoke", "one").code == 1


def test_two_tokens_of_one_name_are_refused(relay: Terminal) -> None:
    relay("token", "create", "report")
    done = relay("token", "create", "report")
    assert (done.code, done.out) == (1, "")
    assert done.said == "there is a token report already revoke it first, or choose another name"
    relay("token", "revoke", "report")
    assert relay("token", "create", "report").code == 0


def test_an_empty_list_says_how_to_fill_it(relay: Terminal) -> None:
    done = relay("token", "list")
    assert (done.code, listed(relay)) == (0, [])
    assert done.said == "There is no token. relay token create makes one."


def test_more_tokens_than_a_page_holds_are_all_listed(
    relay: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.cli.token._PAGE", 2)
    for number in range(5):
        relay("token", "create", f"report-{number}")
    assert {token["name"] for token in listed(relay)} == {f"report-{number}" for number in range(5)}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("",), "should be a name of 1 to 60"),
        (("x" * 61,), "should be a name of 1 to 60"),
        (("a", "--role", "boss"), "'boss' is not one of 'viewer', 'operator', 'admin'"),
        (("a", "--expires", "soon"), "write a span such as 12h, 90d"),
        (("a", "--expires", "0d"), "write a span such as 12h, 90d"),
        (("a", "--expires", "4000d"), "ten years at most"),
        ((), "Missing argument 'NAME'"),
    ],
)
def test_a_mistake_is_told_and_makes_no_token(relay: Terminal, words: tuple[str, ...], said: str) -> None:
    done = relay("token", "create", *words)
    assert (done.code, done.out) == (2, "")
    assert said in " ".join(done.said.replace("│", "").split())
    assert listed(relay, "--all") == []


def test_no_name_passes_for_markup(relay: Terminal) -> None:
    relay("token", "create", "[red]report[/]")
    assert "[red]report[/]" in relay("token", "list").out
    assert "there is a token [red]report[/] already" in relay("token", "create", "[red]report[/]").said


def test_a_relay_at_work_makes_tokens_lets_their_holders_in_and_heeds_their_end(
    relay: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_background(lambda: running(open_installation(relay.config, os.environ))) as at_work:
        shown = relay("token", "create", "report").out.strip()
        monkeypatch.setenv("RELAY_URL", at_work.url)
        monkeypatch.setenv("RELAY_TOKEN", shown)
        assert relay("audit", "list", "--json").json[0]["action"] == "token.create"
        assert "report by token is viewer, and this needs admin" in relay("token", "list").said
        monkeypatch.delenv("RELAY_URL")
        relay("token", "revoke", "report")
        monkeypatch.setenv("RELAY_URL", at_work.url)
        done = relay("audit", "list")
        assert (done.code, done.said.partition(" relay")[0]) == (2, "this token was revoked")


def test_guessing_at_a_relay_at_work_is_answered_with_a_wait_and_the_terminal_beside_it_is_heard(
    relay: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_background(lambda: running(open_installation(relay.config, os.environ))) as at_work:
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("RELAY_URL", at_work.url)
            elsewhere.setenv("RELAY_TOKEN", "rly_guess")
            done = [relay("audit", "list") for _ in range(6)]
        assert [one.code for one in done] == [2] * 5 + [3]
        assert "too many wrong ones were shown; try again in 5 s" in done[-1].said
        assert relay("audit", "list").code == 0


@pytest.mark.parametrize("shown", ["\xff", "rly_\xe9", "", " "])
def test_bytes_that_are_no_token_are_answered_like_any_guess(relay: Terminal, shown: str) -> None:
    with in_background(lambda: running(open_installation(relay.config, os.environ))) as at_work:
        place = urlsplit(at_work.url)
        with closing(HTTPConnection(str(place.hostname), place.port, timeout=10)) as http:
            http.request("GET", f"{ROOT}/whoami", headers={"Authorization": f"Bearer {shown}"})
            assert http.getresponse().status == 401


def test_without_a_ledger_it_says_how_to_make_one(relay: Terminal) -> None:
    (relay.folder / "relay.db").unlink()
    for words in (("token", "create", "report"), ("token", "list"), ("login",), ("sessions", "list")):
        done = relay(*words)
        assert done.code == 3
        assert "start the relay once" in done.said
