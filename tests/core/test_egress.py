"""Which addresses are public, which the configuration opens, and what it must say to open one."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.egress import Address, address, allowing, described, kind, refusal, refused_in

NAT64 = int(IPv6Address("64:ff9b::"))
EMBEDDED = ("::ffff:0:0/96", "64:ff9b::/96")
# What `ipaddress` takes for public in some version of Python, or for anything but private.
NOT_PUBLIC = [
    *("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "224.0.0.0/4"),
    *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "ff00::/8"),
]


def is_public(of: Address) -> bool:
    """The reference: the standard library's judgement, with what it does not know."""
    if isinstance(of, IPv6Address):
        for wrapped in EMBEDDED:
            if of in IPv6Network(wrapped):
                return is_public(IPv4Address(int(of) & 0xFFFFFFFF))
        if of not in IPv6Network("2000::/3"):
            return False
    return of.is_global and not any(of in ip_network(network) for network in NOT_PUBLIC)


inside = [st.ip_addresses(network=network) for network in (*NOT_PUBLIC, "2000::/3", "64:ff9b:1::/48")]
wrapped = st.builds(
    lambda high, low: IPv6Address(int(IPv6Network(high).network_address) + int(low)),
    st.sampled_from(EMBEDDED),
    st.ip_addresses(v=4),
)
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6), wrapped, *inside)


@given(addresses)
def test_what_may_be_called_is_what_is_public(of: Address) -> None:
    assert (refusal(address(str(of)), ()) is None) == is_public(of)


@given(st.lists(addresses, max_size=3))
def test_what_a_message_says_to_allow_is_enough_and_keeps_what_was_allowed(found: list[Address]) -> None:
    before = [IPv4Network("10.1.2.0/24")]
    refused = [one for one in map(address, map(str, found)) if refusal(one, before)]
    allow = [ip_network(text) for text in json.loads(allowing(refused, before))]
    assert set(before) <= set(allow)
    assert [one for one in refused if refusal(one, allow)] == []


@pytest.mark.parametrize(
    ("literal", "word"),
    [
        ("0.0.0.0", "unspecified"),  # an address to refuse, not one to listen on
        ("10.255.255.255", "private"),
        ("11.0.0.0", None),
        ("100.64.0.1", "shared by a carrier"),
        ("100.100.100.200", "shared by a carrier"),
        ("100.128.0.0", None),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "cloud metadata"),
        ("169.254.169.254", "link-local"),
        ("172.15.255.255", None),
        ("172.31.255.255", "private"),
        ("172.32.0.0", None),
        ("192.0.0.9", "reserved"),
        ("192.88.99.1", "6to4"),
        ("192.168.0.1", "private"),
        ("198.19.0.1", "benchmarking"),
        ("203.0.113.7", "documentation"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("8.8.8.8", None),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::127.0.0.1", "reserved"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:7f00:1", "loopback"),
        ("::ffff:8.8.8.8", None),
        ("64:ff9b::169.254.169.254", "link-local"),
        ("64:ff9b::8.8.8.8", None),
        ("64:ff9b:1::8.8.8.8", "reserved"),
        ("100::1", "reserved"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::1", "6to4"),
        ("2606:4700::1", None),
        ("fd00:ec2::254", "unique-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "reserved"),
        ("ff02::1", "multicast"),
    ],
)
def test_each_kind_of_address_is_known_by_its_name(literal: str, word: str | None) -> None:
    assert kind(address(literal)) == word


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1%lo"]
)
def test_what_only_some_readers_take_for_an_address_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="IPv4 or IPv6"):
        address(text)


@pytest.mark.parametrize("network", ["127.0.0.0/8", "127.0.0.1/32"])
def test_an_allowed_network_opens_a_mapped_address_as_the_one_it_is(network: str) -> None:
    assert refusal(address("::ffff:127.0.0.1"), [ip_network(network)]) is None


def test_an_allowed_network_does_not_open_what_a_translator_would_reach_with_it() -> None:
    assert refusal(address("64:ff9b::10.0.0.1"), [ip_network("10.0.0.0/8")]) == "private"


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("http://127.0.0.1:8090/api", "127.0.0.1 (loopback)"),
        ("https://[::ffff:10.0.0.1]/", "10.0.0.1 (private)"),
        ("http://localhost", "127.0.0.1 (loopback), ::1 (loopback)"),
        ("http://LOCALHOST:1", "127.0.0.1 (loopback), ::1 (loopback)"),
        ("https://api.example.com", ""),
        ("https://8.8.8.8", ""),
        ("http://[fe80::1%25eth0]/", "fe80::1 (link-local)"),
        ("http://[::1", ""),
        ("nonsense", ""),
    ],
)
def test_what_a_url_spells_out_is_judged_before_it_is_dialled(url: str, refused: str) -> None:
    assert described(refused_in(url, ())) == refused


def test_a_name_with_several_addresses_may_be_called_where_one_may() -> None:
    assert refused_in("http://localhost", [ip_network("127.0.0.1/32")]) == []
