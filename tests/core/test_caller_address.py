"""Who calls through proxies: what a trusted one saw, and nothing that a stranger could write."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.caller_address import caller_address
from relay.core.egress import Network

LOCAL = [ip_network("127.0.0.0/8")]
TWO = [*LOCAL, ip_network("10.0.0.0/8")]


def told(peer: str | None, forwarded: str = "", trusted: Sequence[Network] = ()) -> str | None:
    found = caller_address(peer, forwarded, trusted)
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", None),
        (None, None),
        ("/run/relay.sock", None),
    ],
)
def test_without_a_proxy_it_is_whoever_connected(peer: str | None, address: str | None) -> None:
    assert told(peer) == address
    assert told(peer, trusted=[ip_network("10.0.0.0/8")]) == address


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("1.1.1.1, 8.8.8.8", "8.8.8.8"),
        ("1.1.1.1,8.8.8.8,127.0.0.5", "8.8.8.8"),
        ("127.0.0.1", "127.0.0.1"),
        ("nonsense, 8.8.8.8", "8.8.8.8"),
        ("8.8.8.8:4711", "8.8.8.8"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ('"[2001:db8::1]"', "2001:db8::1"),
        (" , ", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_a_trusted_proxy_is_believed_what_it_saw_and_nothing_before(forwarded: str, address: str) -> None:
    assert told("127.0.0.1", forwarded, LOCAL) == address


@pytest.mark.parametrize("forwarded", ["unknown", "8.8.8.8, unknown", "8.8.8.8, _hidden, 127.0.0.2"])
def test_where_a_trusted_proxy_does_not_tell_nobody_knows(forwarded: str) -> None:
    assert told("127.0.0.1", forwarded, LOCAL) is None


def test_a_row_of_trusted_proxies_is_followed_to_its_end() -> None:
    assert told("127.0.0.1", "1.1.1.1, 8.8.8.8, 10.1.2.3", TWO) == "8.8.8.8"
    assert told("127.0.0.1", "1.1.1.1, 8.8.8.8, 10.1.2.3", LOCAL) == "10.1.2.3"


def test_what_a_stranger_says_of_the_address_is_not_believed() -> None:
    assert told("8.8.8.8", "127.0.0.1") == "8.8.8.8"
    assert told("8.8.8.8", "127.0.0.1", LOCAL) == "8.8.8.8"


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "fd00::1"])
def test_a_proxy_nearby_that_nobody_named_stands_for_nobody(peer: str) -> None:
    assert told(peer, "8.8.8.8") is None
    assert told(peer) == peer


@given(st.text(), st.text())
def test_whatever_headers_say_there_is_an_answer(before: str, after: str) -> None:
    assert caller_address("8.8.8.8", before, LOCAL) is not None
    assert told("127.0.0.1", f"{before}, 9.9.9.9", LOCAL) == "9.9.9.9"
    caller_address("127.0.0.1", f"{before},{after}", LOCAL)


def test_a_long_header_is_looked_at_from_its_end() -> None:
    assert told("127.0.0.1", ",".join(["1.1.1.1"] * 100_000 + ["9.9.9.9"]), LOCAL) == "9.9.9.9"
