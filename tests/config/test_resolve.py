"""From a configuration to an installation: all faults at once, and the warnings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from relay.config.faults import ConfigFaults
from relay.config.load import load
from relay.config.models import Config
from relay.config.resolve import resolve
from relay.core.event import Kind
from relay.core.retry import Schedule
from relay.registry import Registry
from tests.config.trying import UUID, faults_of, open_text

WORKING = f"""
public_url = "https://relay.example.com"
delivery.timeout = "20s"
delivery.retry.attempts = 3

[destinations.main]
api_key = "dem_1"
on_unknown_outcome = "hold"

[sources.studio]
connector = "booky"
secrets.signing_key = "one-secret"
settings.account = "5"

[[routes]]
name = "after-visit"
sequence = "{UUID}"
delay = "2h"
"""


def test_a_working_configuration_becomes_an_installation_without_a_warning(tmp_path: Path) -> None:
    installation = open_text(tmp_path, WORKING)
    assert installation.warnings == ()

    studio = installation.sources["studio"]
    assert studio.connector.name == "booky"
    assert studio.registered_url == "https://relay.example.com/hooks/studio"
    assert studio.source.settings.account == 5
    assert studio.source.keys("signing_key") == ("one-secret",)

    main = installation.destinations["main"]
    assert main.policy.schedule == Schedule((5.0, 15.0))
    assert main.policy.on_unknown_outcome == "hold"
    assert main.timeout == timedelta(seconds=20)

    [route] = installation.routes
    assert route.events == {Kind.APPOINTMENT_BOOKED}
    assert (route.lane.destination, route.lane.sequence) == ("main", UUID)
    assert route.delay == timedelta(hours=2)


def test_load_and_resolve_give_the_same_as_both_in_one(tmp_path: Path) -> None:
    together = open_text(tmp_path, WORKING)
    config = load(tmp_path / "config.toml", {})
    apart = resolve(config, Registry(config.connector_folders), {})
    assert apart.routes == together.routes
    assert apart.destinations == together.destinations


def test_a_url_as_registered_goes_before_the_one_that_is_made(tmp_path: Path) -> None:
    text = WORKING.replace("[[routes]]", 'public_url = "https://old.example.com/x/"\n[[routes]]')
    assert open_text(tmp_path, text).sources["studio"].registered_url == "https://old.example.com/x/"


def test_nothing_configured_is_fine_and_said(tmp_path: Path) -> None:
    installation = resolve(Config(), Registry(), {})
    assert not installation.sources
    assert installation.warnings == (
        "sources: there are none, so nothing can come in",
        "routes: there are none, so nobody is enrolled",
    )


def test_faults_of_every_part_come_together(tmp_path: Path) -> None:
    """Those of the file, of variables, of sources, secrets, destinations and routes, in one round."""
    text = f"""
    [server]
    prot = 1
    [destinations.main]
    api_key = {{ env = "NOT_SET" }}
    [sources.studio]
    connector = "boky"
    [sources.shop]
    connector = "tilly"
    settings.unknown_evnts = "park"
    [sources.broken]
    connector = 5
    [[routes]]
    name = "one"
    sequence = "abc"
    [[routes]]
    name = "two"
    sources = ["stduio", "broken"]
    sequence = "{UUID}"
    """
    found = [(fault.key, fault.problem, fault.hint) for fault in faults_of(tmp_path, text, {"RELAY_X": "1"})]
    show = "see `relay connectors show tilly`"
    assert found == [
        ("RELAY_X", "names no key of the configuration", "see the documentation of the configuration"),
        (
            "destinations.main.api_key.env",
            "the environment variable NOT_SET is not set",
            "set it where the relay is started",
        ),
        ("routes[0].sequence", f'should be a UUID such as "{UUID}" (route "one")', ""),
        ("routes[1].sources[0]", 'there is no source "stduio" (route "two")', "did you mean studio?"),
        ("server.prot", "is unknown", "did you mean port?"),
        ("sources.broken.connector", "should be text", ""),
        ("sources.shop.secrets.signing_key", "is missing", show),
        ("sources.shop.settings.unknown_evnts", "is unknown", f"did you mean unknown_events? {show}"),
        ("sources.studio.connector", 'there is no connector "boky"', "did you mean booky?"),
    ]


@pytest.mark.parametrize(
    ("settings", "key", "problem"),
    [
        ("{}", "account", "is missing"),
        ('{ account = "five" }', "account", "should be a whole number"),
        ('{ account = 5, mode = "lve" }', "mode", "should be 'live' or 'test'"),
        ('{ account = 5, default_region = "usa" }', "default_region", "should match ^[A-Z]{2}$"),
        ("{ account = 5, acount = 5 }", "acount", "is unknown"),
    ],
)
def test_a_setting_that_the_connector_refuses_is_named(
    tmp_path: Path, settings: str, key: str, problem: str
) -> None:
    text = f'[sources.studio]\nconnector = "booky"\nsecrets.signing_key = "k"\nsettings = {settings}'
    [fault] = faults_of(tmp_path, text)
    assert (fault.key, fault.problem) == (f"sources.studio.settings.{key}", problem)
    assert fault.hint.endswith("see `relay connectors show booky`")


def test_a_connector_that_cannot_be_imported_is_a_fault_of_its_source(tmp_path: Path) -> None:
    [fault] = faults_of(tmp_path, '[sources.a]\nconnector = "crash"')
    assert fault.key == "sources.a.connector"
    assert "out of paper" in fault.problem


@pytest.mark.parametrize(
    ("connector", "key", "problem"),
    [
        ("telling", "settings", "•••• goes with mode = test alone"),
        ("silent", "settings", "the connector refuses them and does not say why"),
        ("wanting", "secrets.access_token", "is missing, and the mode needs it"),
        (
            "moody",
            "settings",
            "the connector fails on them, which is a bug in it: RuntimeError: no use for ••••",
        ),
    ],
)
def test_a_connector_that_refuses_its_source_says_where_and_why(
    tmp_path: Path, connector: str, key: str, problem: str
) -> None:
    text = f'[sources.a]\nconnector = "{connector}"\nsecrets.signing_key = "long-secret"'
    [fault] = faults_of(tmp_path, text)
    assert (fault.key, fault.problem) == (f"sources.a.{key}", problem)
    assert fault.hint == f"see `relay connectors show {connector}`"


def test_a_setting_that_is_refused_without_a_word_has_a_sentence_all_the_same(tmp_path: Path) -> None:
    text = '[sources.a]\nconnector = "refused"\nsecrets.signing_key = "k"\nsettings.mode = "x"'
    [fault] = faults_of(tmp_path, text)
    assert (fault.key, fault.problem) == ("sources.a.settings.mode", "is not accepted")


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        (
            'connector = "lightspeed_x"\nsecrets.access_token = "t"\nsettings.store = "millrow"',
            "secrets",
            "should hold signing_key or url_token, to know who sends",
        ),
        (
            'connector = "generic"\nsettings.verify = { type = "hmac", header = "x-sig" }',
            "secrets.signing_key",
            "is missing, and settings.verify needs it",
        ),
    ],
)
def test_a_proof_without_its_secret_names_the_secret(
    tmp_path: Path, text: str, key: str, problem: str
) -> None:
    [fault] = faults_of(tmp_path, f"[sources.a]\n{text}")
    assert (fault.key, fault.problem) == (f"sources.a.{key}", problem)


def test_a_missing_folder_of_connectors_is_the_only_fault_of_its_sources(tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    file.write_text('connector_folders = ["nowhere"]\n[sources.a]\nconnector = "booky"')
    config = load(file, {})
    with pytest.raises(ConfigFaults) as caught:
        resolve(config, Registry(config.connector_folders), {})
    assert [fault.key for fault in caught.value.faults] == ["connector_folders[0]"]


def test_a_lease_is_longer_than_a_call(tmp_path: Path) -> None:
    [fault] = faults_of(tmp_path, 'delivery = { lease = "30s", timeout = "30s" }')
    assert (fault.key, fault.problem) == ("delivery.lease", "should be longer than delivery.timeout (30s)")


@pytest.mark.parametrize("key", ["dem_a b", "dem_a\\nb", "dem_é", "dem_\\u0000"])
def test_a_key_that_no_header_can_carry_is_a_fault(tmp_path: Path, key: str) -> None:
    [fault] = faults_of(tmp_path, f'[destinations.main]\napi_key = "{key}"')
    assert fault.key == "destinations.main.api_key"


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ('"dem_1"', '"key_1"', "destinations.main.api_key: does not begin with dem_, as API keys do"),
        (
            '"https://relay',
            '"http://relay',
            "public_url: people's data would travel unencrypted; use https",
        ),
        (
            'connector = "booky"',
            'connector = "booky"\npublic_url = "http://relay.example.com/"',
            "sources.studio.public_url: people's data would travel unencrypted; use https",
        ),
        (
            'api_key = "dem_1"',
            'api_key = "dem_1"\nbase_url = "http://api.example.com"',
            "destinations.main.base_url: the API key travels unencrypted; use https",
        ),
        (
            "[[routes]]",
            '[sources.shop]\nconnector = "tilly"\nsecrets.signing_key = "k"\n[[routes]]',
            "sources.shop: no route takes its events",
        ),
    ],
)
def test_what_is_allowed_and_probably_not_wanted_is_a_warning(
    tmp_path: Path, old: str, new: str, warning: str
) -> None:
    assert open_text(tmp_path, WORKING.replace(old, new)).warnings == (warning,)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_plain_http_on_this_machine_is_no_danger(tmp_path: Path, host: str) -> None:
    text = WORKING.replace("https://relay.example.com", f"http://{host}:8080")
    assert open_text(tmp_path, text).warnings == ()
