"""`relay check`: is the configuration right, and does the destination agree?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from relay.sandbox import Running, running
from relay.sandbox.first import DRAFT, OTHERS_SEQUENCE, READ_KEY
from tests.cli.terminal import Terminal, in_background


@pytest.fixture(name="sandbox", scope="module")
def _sandbox() -> Iterator[Running]:
    with in_background(running) as sandbox:
        sandbox.switch(rate_limits=False)
        yield sandbox


def test_a_right_configuration_is_ready_and_nobody_is_enrolled(relay: Terminal, sandbox: Running) -> None:
    relay.configure(sandbox.url)
    done = relay("check")
    assert done.code == 0
    assert "Ready. Start with relay serve." in done.said
    assert "https://relay.example.com/hooks/shop" in done.said
    assert sandbox.sendings() == []


def test_machines_get_every_finding(relay: Terminal, sandbox: Running) -> None:
    relay.configure(sandbox.url)
    done = relay("check", "--json")
    assert done.code == 0
    assert done.json["ok"]
    assert {finding["key"]: finding["state"] for finding in done.json["findings"]} == {
        "sources.shop": "ok",
        "destinations.main": "ok",
        "routes after-purchase.sequence": "ok",
    }


def test_offline_nothing_is_asked(relay: Terminal) -> None:
    done = relay("check", "--offline")
    assert done.code == 0
    assert "destinations.main" not in done.said


def test_a_key_that_is_refused_is_named_without_being_shown(relay: Terminal, sandbox: Running) -> None:
    key = "dem_unknown" + "0" * 36
    relay.configure(sandbox.url, key)
    done = relay("check")
    assert done.code == 1
    assert "destinations.main.api_key the key is refused" in done.said
    assert "There are faults." in done.said
    assert key not in done.said


@pytest.mark.parametrize(
    ("sequence", "finding"),
    [
        ("aaaaaaaa-9999-4000-8000-000000000000", "main has no sequence aaaaaaaa-9999"),
        (OTHERS_SEQUENCE, f"main has no sequence {OTHERS_SEQUENCE}"),
        (DRAFT, "Spring newsletter is draft: it takes nobody until it is active"),
    ],
)
def test_a_sequence_that_takes_nobody_is_a_fault(
    relay: Terminal, sandbox: Running, sequence: str, finding: str
) -> None:
    relay.configure(sandbox.url, sequence=sequence)
    done = relay("check")
    assert done.code == 1
    assert finding in done.said


def test_a_key_that_may_only_read_can_be_checked(relay: Terminal, sandbox: Running) -> None:
    relay.configure(sandbox.url, READ_KEY)
    assert relay("check").code == 0


def test_a_destination_that_cannot_be_reached_is_a_fault_and_no_traceback(relay: Terminal) -> None:
    done = relay("check", "--json")
    assert done.code == 1
    (fault,) = [finding for finding in done.json["findings"] if finding["state"] == "fault"]
    assert fault["key"] == "destinations.main.base_url"
    assert "cannot be reached" in fault["message"]


def test_every_fault_of_a_configuration_is_told_at_once(relay: Terminal) -> None:
    text = relay.config.read_text()
    text = (
        text.replace("port = 0", "prot = 0")
        .replace('"generic"', '"genric"')
        .replace("sequence =", "sequense =")
    )
    relay.config.write_text(text)
    done = relay("check")
    assert done.code == 2
    for told in ("server.prot", "did you mean port?", "did you mean generic?", "routes[0].sequense"):
        assert told in done.said


def test_an_address_that_is_not_allowed_is_told_before_anything_is_asked(relay: Terminal) -> None:
    relay.config.write_text(relay.config.read_text().replace('"127.0.0.1/32"', ""))
    done = relay("check", "--offline")
    assert done.code == 2
    for told in ("destinations.main.base_url", "127.0.0.1 (loopback)", 'set egress.allow = ["127.0.0.1/32"]'):
        assert told in done.said


def test_a_name_that_leads_where_the_relay_may_not_call_is_told_with_what_to_configure(
    relay: Terminal, sandbox: Running
) -> None:
    unread = f"http://0x7f000001:{sandbox.port}"
    relay.configure(unread)
    origins = f'\n[lookups.origins]\n"https://api.example.com" = "{unread}"\n'
    relay.config.write_text(relay.config.read_text().replace('"127.0.0.1/32"', '"10.0.0.0/8"') + origins)
    done = relay("check", "--json")
    assert done.code == 1
    faults = {
        finding["key"]: finding["message"] for finding in done.json["findings"] if finding["state"] == "fault"
    }
    assert faults.keys() == {"destinations.main.base_url", 'lookups.origins."https://api.example.com"'}
    for message in faults.values():
        assert message.startswith(f"{unread} cannot be reached: the egress guard refuses 0x7f000001 at")
        assert message.endswith(
            '127.0.0.1 (loopback); if it is meant, set egress.allow = ["10.0.0.0/8", "127.0.0.1/32"]'
        )


def test_where_look_ups_are_sent_instead_is_tried(relay: Terminal, sandbox: Running) -> None:
    relay.configure(sandbox.url)
    origins = f'\n[lookups.origins]\n"https://api.example.com" = "{sandbox.url}"\n"https://b.example.com" = "http://127.0.0.1:9"\n'
    relay.config.write_text(relay.config.read_text() + origins)
    done = relay("check", "--json")
    assert done.code == 1
    assert {finding["key"]: finding["state"] for finding in done.json["findings"][-2:]} == {
        'lookups.origins."https://api.example.com"': "ok",
        'lookups.origins."https://b.example.com"': "fault",
    }
