"""`relay demo`: a real process that shows every trouble, and a verdict that would notice a broken ledger."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from rich.console import Console

from relay.cli.demo.closing import show
from relay.cli.demo.command import perform, playbook_of
from relay.cli.demo.people import Cast
from relay.cli.demo.player import Answered, Pace, settled
from relay.cli.demo.retelling import Role, vary
from relay.cli.demo.scene import SCENE, Act, Send, cases_of, write_script
from relay.cli.demo.vendors import Vendors, standing_in
from relay.cli.demo.verdict import Record, Report, as_data
from relay.core.case import differences, run_case, sign_anew
from relay.registry import Registry
from relay.store.base import Ledger
from tests.factories import NONE_RETIRED

NOW = 1_795_300_000.0
RELAY = Path(sys.executable).parent / "relay"
PLAYBOOK = playbook_of(SCENE)


def relay(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([RELAY, *words], capture_output=True, text=True, timeout=60, check=False)


# --- the whole of it, as a process ---


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "kept"


@pytest.fixture(scope="module")
def played(kept: Path) -> dict[str, Any]:
    done = relay("demo", "--once", "--json", "--keep", kept)
    assert done.stderr == ""
    document: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 0
    return document


def test_the_demo_balances_and_everybody_is_enrolled_once(played: dict[str, Any]) -> None:
    assert played["faults"] == []
    assert played["ok"]
    assert played["balanced"]
    assert played["sandbox"]["twice"] == 0
    assert played["sandbox"]["enrolled"] == played["sandbox"]["sendings"] == played["expected"] > 50
    assert played["ledger"]["enrollments"]["delivered"] == played["expected"]
    assert played["seconds"] < 60


def test_the_demo_sends_from_six_senders_and_looks_thin_payloads_up(played: dict[str, Any]) -> None:
    senders = {"square", "shopify", "calendly", "hubspot", "salesforce", "acuity"}
    assert senders <= played["sources"].keys()
    assert played["looked_up"] > 10
    assert sum(played["answers"].values()) == played["sent"]


@pytest.mark.parametrize("state", ["merged", "withdrawn", "dead", "waiting"])
def test_each_fate_of_an_enrollment_is_in_the_ledger(played: dict[str, Any], state: str) -> None:
    assert played["ledger"]["enrollments"][state] > 0


@pytest.mark.parametrize("fate", ["ignored", "parked", "duplicate"])
def test_each_fate_of_an_event_is_in_the_ledger(played: dict[str, Any], fate: str) -> None:
    assert played["ledger"]["events"][fate] > 0


def test_each_trouble_of_the_destination_was_met(played: dict[str, Any]) -> None:
    assert {"0", "400", "429", "500", "503"} <= played["sandbox"]["answers"].keys()
    assert played["sandbox"]["repeated"] == 2
    # Calls that were refused a connection are in the relay's ledger alone.
    assert played["ledger"]["calls"] > played["sandbox"]["calls"]


def test_forged_webhooks_are_turned_away_and_kept_apart(played: dict[str, Any]) -> None:
    assert played["answers"]["401"] == played["ledger"]["quarantined"] == 2


def test_dead_letters_are_the_refused_contact_and_the_unreadable_order(played: dict[str, Any]) -> None:
    letters = {letter["kind"]: letter for letter in played["dead_letters"]}
    assert letters["dead"]["cause"] == "refused"
    assert letters["parked"]["source"] == "shopify"
    assert len(played["dead_letters"]) == 2


def test_other_commands_work_on_what_the_demo_leaves(played: dict[str, Any], kept: Path) -> None:
    status = relay("status", "--json", "-c", played["config"])
    letter = played["dead_letters"][0]["id"]
    story = relay("dead", "show", letter, "--json", "-c", kept / "config.toml")

    assert status.returncode == 0
    assert json.loads(status.stdout)["enrollments"] == played["ledger"]["enrollments"]
    assert json.loads(story.stdout)["letter"]["id"] == letter


def test_a_folder_with_a_ledger_is_left_alone(played: dict[str, Any], kept: Path) -> None:
    refused = relay("demo", "--once", "--keep", kept)

    assert refused.returncode == 2
    assert "holds a ledger already" in refused.stderr


def test_an_interrupted_demo_ends_cleanly_and_its_ledger_balances(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [RELAY, "demo", "--keep", tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Six senders")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "Stopped." in out
    assert err == ""
    assert relay("status", "--json", "-c", tmp_path / "config.toml").returncode == 0


# --- what is shown ---


async def test_a_terminal_shows_sources_enrollments_and_the_state_of_the_destination(tmp_path: Path) -> None:
    scene = (
        SCENE[0],
        Act("Two purchases.", (Send("shopify/orders_paid_online", 2),), outage="503"),
        Act("And a forged one.", (Send("shopify/orders_paid_online", fate="forged"),)),
    )
    script = write_script(scene, playbook_of(scene), 1, time.time())
    screen = Console(file=io.StringIO(), force_terminal=True, width=100, height=40)
    # Long enough for a frame of the outage.
    report = await perform(tmp_path, script, Pace(outage=0.3), screen)
    assert isinstance(screen.file, io.StringIO)
    seen = screen.file.getvalue()

    assert report.faults() == []
    for shown in ("And a forged one.", "shopify", "1 x 401", "answers 503", "delivered"):
        assert shown in seen


# --- the verdict ---

GOOD = Report(
    answers=(Answered("shopify", forged=False, status=200), Answered("shopify", forged=True, status=401)),
    looked_up=0,
    ledger=Ledger(
        requests={"translated": 1},
        accepted=1,
        events={"read": 1},
        promised_events=1,
        enrollments={"delivered": 1},
        promised_enrollments=1,
        letters={},
        retired=NONE_RETIRED,
        stray=0,
        quarantined=1,
        oldest_waiting=None,
        open_batches=0,
        calls=1,
        pauses=(),
    ),
    letters=(),
    record=Record(
        enrolled=frozenset({"ana@example.com"}), sendings=1, twice={}, answers={200: 1}, repeated=0, port=1
    ),
    expected=frozenset({"ana@example.com"}),
    unsettled=(),
    config=Path("config.toml"),
    seconds=1.0,
)


def test_a_demo_that_kept_its_promises_has_no_faults() -> None:
    assert GOOD.faults() == []
    assert as_data(GOOD)["ok"]


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (replace(GOOD, ledger=replace(GOOD.ledger, accepted=2)), "2 requests were accepted, 1 have a state"),
        (
            replace(GOOD, record=replace(GOOD.record, twice={"ana@example.com": 2})),
            "enrolled more than once: ana@example.com",
        ),
        (
            replace(GOOD, expected=GOOD.expected | {"bo@example.com"}),
            "not enrolled: bo@example.com",
        ),
        (replace(GOOD, expected=frozenset()), "enrolled though they should not be: ana@example.com"),
        (
            replace(GOOD, record=replace(GOOD.record, sendings=2)),
            "the ledger says 1 delivered, the sandbox made 2 enrollments",
        ),
        (replace(GOOD, unsettled=("An act.",)), "work was left when patience ran out: An act."),
        (
            replace(GOOD, answers=(Answered("shopify", forged=False, status=503),)),
            "1 genuine webhooks were not accepted",
        ),
        (
            replace(GOOD, answers=(Answered("shopify", forged=True, status=200),)),
            "1 forged webhooks were not answered 401",
        ),
    ],
)
def test_what_went_wrong_is_said_and_nothing_else(broken: Report, fault: str) -> None:
    assert broken.faults() == [fault]
    assert not as_data(broken)["ok"]


def test_the_end_shows_the_accounts_the_proof_and_commands_that_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(GOOD)
    shown = capsys.readouterr().out

    assert "The accounts balance" in shown
    assert "1 people enrolled, 0 of them twice" in shown
    assert "Everybody who should be enrolled is" in shown
    assert "status -c config.toml" in shown
    assert "sandbox --port 1" in shown


def test_the_end_shows_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    show(replace(GOOD, unsettled=("An act.",)))
    shown = capsys.readouterr().out

    assert "work was left when patience ran out: An act." in shown
    assert "Everybody" not in shown


@pytest.mark.parametrize(
    ("ledger", "done"),
    [
        (GOOD.ledger, True),
        (replace(GOOD.ledger, requests={"waiting": 1}), False),
        (replace(GOOD.ledger, enrollments={"sending": 1}), False),
        (replace(GOOD.ledger, open_batches=1), False),
        (replace(GOOD.ledger, oldest_waiting=int(NOW * 1000)), False),
        (replace(GOOD.ledger, oldest_waiting=int(NOW * 1000) + 86_400_000), True),
    ],
)
def test_an_act_is_over_when_nothing_is_left_but_what_waits_for_another_day(
    ledger: Ledger, done: bool
) -> None:
    assert settled(ledger, NOW) is done


# --- the script ---


@pytest.mark.parametrize("name", cases_of(SCENE))
def test_a_case_told_of_somebody_else_is_still_what_it_was(name: str) -> None:
    """Its own expectation is told anew with it, and must hold."""
    told = PLAYBOOK.tell(name, Role("a subject", "a delivery", NOW), Cast(1).play).case
    connector = Registry().get(told.connector)
    source = told.make_source(connector)
    request = sign_anew(told, connector, source, told.now)
    signed = told.request.model_copy(update={"headers": dict(request.headers)})

    result = run_case(told.model_copy(update={"request": signed}), connector)

    assert list(differences(told.expect, result)) == []


@pytest.mark.parametrize("name", cases_of(SCENE))
def test_two_tellings_of_a_case_share_nobody_and_nothing(name: str) -> None:
    cast = Cast(1)
    one, other = (PLAYBOOK.tell(name, Role(role, role, NOW), cast.play) for role in ("one", "other"))

    assert {person.email for person in one.people}.isdisjoint(person.email for person in other.people)
    assert one.case.request.body != other.case.request.body or one.case.request != other.case.request


def test_another_report_of_a_purchase_keeps_the_purchase_and_its_customer() -> None:
    cast = Cast(1)
    first, second = (
        PLAYBOOK.tell("square/payment_completed", Role("a purchase", delivery, NOW), cast.play)
        for delivery in ("first", "second")
    )

    assert first.people == second.people
    assert first.case.upstream == second.case.upstream
    assert first.case.request.body != second.case.request.body


def test_the_same_seed_writes_the_same_script_and_another_seed_another() -> None:
    first, again, other = (write_script(SCENE, PLAYBOOK, seed, NOW) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_invented_people_do_not_exist_and_differ() -> None:
    cast = Cast(1)
    addresses = {cast.play(str(number)).email for number in range(600)}

    assert len(addresses) == 600
    assert cast.play("0") == Cast(1).play("0")
    assert {address.rpartition("@")[2] for address in addresses} == {
        "example.com",
        "example.org",
        "example.net",
    }


def test_an_id_keeps_its_shape() -> None:
    varied = vary("6a8f5f28-54a1-4eb0-A98X", "somebody")

    assert varied != "6a8f5f28-54a1-4eb0-A98X"
    assert varied.startswith("6a8")
    assert [sign.isdigit() for sign in varied] == [sign.isdigit() for sign in "6a8f5f28-54a1-4eb0-A98X"]


# --- the vendors ---


async def test_vendors_answer_with_credentials_and_for_people_they_know() -> None:
    cases = [PLAYBOOK.cases[name] for name in ("acuity/scheduled", "hubspot/contact_creation")]
    credentials = {"authorization": "Bearer anything"}
    wanted = {"inputs": [{"id": "65059681032"}, {"id": "404"}]}
    async with standing_in(Vendors(cases)) as origin, aiohttp.ClientSession() as http:
        page = f"{origin}/api/v1/appointments/1109810062"
        async with http.get(page) as nobody:
            assert nobody.status == 401
        async with http.get(page, headers=credentials) as known:
            assert (await known.json())["email"] == "tomas.brandt@example.com"
        async with http.get(f"{origin}/api/v1/appointments/1", headers=credentials) as unknown:
            assert unknown.status == 404
        records = f"{origin}/crm/v3/objects/contacts/batch/read"
        async with http.post(records, json=wanted, headers=credentials) as batch:
            assert [one["id"] for one in (await batch.json())["results"]] == ["65059681032"]
