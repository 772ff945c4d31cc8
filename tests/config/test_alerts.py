"""Channels: what must be given for which kind, and what is said where it is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from relay.core.alert_messages import Channel
from relay.core.alerts import AlertKind, Rules, Severity
from tests.config.trying import faults_of, open_text

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WEBHOOK = {"name": "team", "kind": "webhook", "url": "https://hooks.example.com/relay", "secret": SECRET}
SLACK = {"name": "chat", "kind": "slack", "url": "https://chat.example.com/T0/B1"}
APPRISE = {"name": "mail", "kind": "apprise", "url": "json://hooks.example.com/relay"}
SERVICES = "https://appriseit.com/services lists them"
HOW = 'make one with `echo "whsec_$(openssl rand -base64 32)"`'

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def written(*channels: dict[str, str]) -> str:
    tables = ("\n".join(f'{key} = "{value}"' for key, value in channel.items()) for channel in channels)
    return "".join(f"[[alerts.channels]]\n{table}\n" for table in tables)


def faults(tmp_path: Path, *channels: dict[str, str], more: str = "") -> list[str]:
    return [str(fault) for fault in faults_of(tmp_path, more + written(*channels))]


def test_each_kind_of_channel_works_with_what_it_needs(tmp_path: Path) -> None:
    assert open_text(tmp_path, written(WEBHOOK, SLACK, APPRISE)).channels == (
        Channel(name="team", kind="webhook", url=WEBHOOK["url"], secret=SECRET),
        Channel(name="chat", kind="slack", url=SLACK["url"]),
        Channel(name="mail", kind="apprise", url=APPRISE["url"]),
    )


def test_url_and_secret_may_stand_elsewhere_and_severity_and_kinds_are_chosen(tmp_path: Path) -> None:
    text = """
        [[alerts.channels]]
        name = "team"
        kind = "webhook"
        url = { env = "HOOK_URL" }
        secret = { env = "HOOK_SECRET" }
        severity = "critical"
        kinds = ["held", "dead"]
    """
    (channel,) = open_text(tmp_path, text, {"HOOK_URL": WEBHOOK["url"], "HOOK_SECRET": SECRET}).channels
    assert (channel.url, channel.secret) == (WEBHOOK["url"], SECRET)
    assert channel.severity is Severity.CRITICAL
    assert channel.kinds == frozenset({AlertKind.HELD, AlertKind.DEAD})


def test_the_rules_are_in_milliseconds(tmp_path: Path) -> None:
    text = '[alerts]\nwaiting = "2h"\nbreaker = "1m"\nbudget = "5m"\ncause = "2d"\ncalm = "30s"\nremind = 0\n'
    assert open_text(tmp_path, text).alert_rules == Rules(
        waiting=7_200_000, breaker=60_000, budget=300_000, cause=172_800_000, calm=30_000, remind=0
    )
    assert open_text(tmp_path, "").alert_rules == Rules()


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        (
            WEBHOOK | {"secret": "too short!"},
            f"alerts.channels[0].secret: is no secret of Standard Webhooks: whsec_ and base64; {HOW}",
        ),
        (
            WEBHOOK | {"secret": "whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="},
            f"alerts.channels[0].secret: is no secret of Standard Webhooks: whsec_ and base64; {HOW}",
        ),
        (
            {name: value for name, value in WEBHOOK.items() if name != "secret"},
            f"alerts.channels[0].secret: is missing: a webhook is signed; {HOW}",
        ),
        (
            SLACK | {"secret": SECRET},
            "alerts.channels[0].secret: has no meaning for slack: only a webhook is signed",
        ),
        (
            SLACK | {"url": "chat.example.com"},
            'alerts.channels[0].url: should be an address such as "https://relay.example.com"',
        ),
        (
            APPRISE | {"url": "nothing://of/this"},
            f"alerts.channels[0].url: is no URL that apprise understands; {SERVICES}",
        ),
        (SLACK | {"kind": "fax"}, "alerts.channels[0].kind: should be 'webhook', 'slack' or 'apprise'"),
        (
            SLACK | {"severity": "mild"},
            "alerts.channels[0].severity: should be 'warning' or 'critical'",
        ),
    ],
)
def test_what_a_channel_lacks_is_said_with_its_key(
    tmp_path: Path, channel: dict[str, str], told: str
) -> None:
    assert faults(tmp_path, channel) == [told]


def test_a_secret_that_is_nowhere_is_a_fault_of_its_variable(tmp_path: Path) -> None:
    text = '[[alerts.channels]]\nname = "chat"\nkind = "slack"\nurl = { env = "HOOK_URL" }\n'
    (fault,) = faults_of(tmp_path, text)
    assert (fault.key, fault.problem) == (
        "alerts.channels[0].url.env",
        "the environment variable HOOK_URL is not set",
    )


def test_two_channels_of_one_name_are_a_fault_of_both(tmp_path: Path) -> None:
    found = faults(tmp_path, SLACK, WEBHOOK, SLACK)
    assert found == [f"alerts.channels[{n}].name: is the name of another channel, too" for n in (0, 2)]


def test_an_address_that_the_guard_refuses_is_a_fault_that_repeats_no_url(tmp_path: Path) -> None:
    inside = [SLACK | {"url": "http://10.1.2.3/T0/hidden"}, WEBHOOK | {"url": "http://127.0.0.1:9/hidden"}]
    found = faults(tmp_path, *inside)
    allow = 'set egress.allow = ["10.1.2.3/32", "127.0.0.1/32"]'
    assert found == [
        f"alerts.channels[0].url: is not called unless allowed: 10.1.2.3 (private); {allow}",
        f"alerts.channels[1].url: is not called unless allowed: 127.0.0.1 (loopback); {allow}",
    ]
    allowed = 'egress.allow = ["10.1.2.3", "127.0.0.1"]\n'
    assert faults(tmp_path, *inside, more=allowed) == []
    assert faults(tmp_path, APPRISE | {"url": "json://127.0.0.1:9/"}) == []


def test_alerts_that_travel_unencrypted_are_a_warning(tmp_path: Path) -> None:
    warnings = open_text(tmp_path, written(SLACK | {"url": "http://chat.example.com/T0"})).warnings
    assert "alerts.channels[0].url: alerts would travel unencrypted; use https" in warnings


def test_without_the_extra_a_channel_by_apprise_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    (fault,) = faults(tmp_path, APPRISE)
    problem, _, what_to_do = fault.partition("; ")
    assert problem == "alerts.channels[0].kind: needs the extra alerts, which is not installed"
    assert what_to_do == "pip install 'sequence-relay[alerts]'"
