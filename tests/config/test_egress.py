"""Networks that the configuration opens, and addresses that it spells out and keeps closed."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.config.trying import faults_of, open_text

DESTINATION = '[destinations.main]\napi_key = "dem_1"\nbase_url = "{}"\n'


@pytest.mark.parametrize(
    ("text", "network"),
    [("10.1.2.0/24", "10.1.2.0/24"), ("127.0.0.1", "127.0.0.1/32"), ("fd00::/8", "fd00::/8")],
)
def test_a_network_or_a_single_address_can_be_allowed(tmp_path: Path, text: str, network: str) -> None:
    config = open_text(tmp_path, f'egress.allow = ["{text}"]').config
    assert config.egress.allow == [ip_network(network)]
    assert config.model_dump(mode="json")["egress"] == {"allow": [network]}


def test_the_environment_can_allow(tmp_path: Path) -> None:
    environ = {"RELAY_EGRESS__ALLOW": '["127.0.0.0/8"]'}
    assert open_text(tmp_path, "", environ).config.egress.allow == [ip_network("127.0.0.0/8")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('"10.1.2.3/24"', 'should begin where the network begins: "10.1.2.0/24"'),
        ('"localhost"', 'should be a network such as "10.1.2.0/24", or an address such as "127.0.0.1"'),
        ('"10.1.2.0/33"', 'should be a network such as "10.1.2.0/24", or an address such as "127.0.0.1"'),
        ('""', 'should be a network such as "10.1.2.0/24", or an address such as "127.0.0.1"'),
        ("5", 'should be a network such as "10.1.2.0/24", or an address such as "127.0.0.1"'),
    ],
)
def test_what_is_no_network_is_a_fault_and_the_only_one(tmp_path: Path, text: str, problem: str) -> None:
    local = DESTINATION.format("http://127.0.0.1:8090")
    [fault] = faults_of(tmp_path, f"egress.allow = [{text}]\n{local}")
    assert (fault.key, fault.problem) == ("egress.allow[0]", problem)


def test_addresses_that_are_spelled_out_are_faults_with_one_line_that_allows_them_all(tmp_path: Path) -> None:
    text = f"""
    egress.allow = ["10.1.2.0/24"]
    [lookups.origins]
    "https://connect.squareup.com" = "http://192.168.0.5:9000"
    "https://api.example.com" = "http://10.1.2.3"
    {DESTINATION.format("http://127.0.0.1:8090")}
    """
    hint = 'set egress.allow = ["10.1.2.0/24", "127.0.0.1/32", "192.168.0.5/32"]'
    assert [(fault.key, fault.problem, fault.hint) for fault in faults_of(tmp_path, text)] == [
        ("destinations.main.base_url", "is not called unless allowed: 127.0.0.1 (loopback)", hint),
        (
            'lookups.origins."https://connect.squareup.com"',
            "is not called unless allowed: 192.168.0.5 (private)",
            hint,
        ),
    ]


@pytest.mark.parametrize("url", ["https://api.example.com", "http://localhost:8090", "http://127.0.0.1:8090"])
def test_what_is_allowed_or_public_is_no_fault(tmp_path: Path, url: str) -> None:
    assert faults_of(tmp_path, f'egress.allow = ["127.0.0.1/32"]\n{DESTINATION.format(url)}') == []
