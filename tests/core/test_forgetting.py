"""Where an address stands in what was received."""

from __future__ import annotations

from urllib.parse import quote, quote_plus, urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.forgetting import names

ANA = names("ana+shop@example.com")


@pytest.mark.parametrize(
    "raw",
    [
        b'{"email":"ana+shop@example.com"}',
        b"Ana+Shop@Example.COM",
        b"mail=ana%2Bshop%40example.com&x=1",
        b"x=1%26mail%3Dana%252Bshop%2540example.com",
        rb'{"email":"ana\u002Bshop\u0040example.com"}',
        rb'{"text":"Dear\nana+shop@example.com\r"}',
        b"<a>ana&#43;shop&#64;example.com</a>",
        b"\xff ana+shop@example.com.",
    ],
)
def test_an_address_is_found_in_every_form(raw: bytes) -> None:
    assert ANA(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"joana+shop@example.com",
        b"x.ana+shop@example.com",
        b"ana+shop@example.community",
        b"ana+shop@example.com.br",
        b"ana+shop@example.com-x",
        b"ana@example.com",
    ],
)
def test_others_are_not_taken_for_the_person(raw: bytes) -> None:
    assert not ANA(raw)


@given(st.from_regex(r"[a-z0-9]{1,8}([.+_-][a-z0-9]{1,5}){0,2}@[a-z]{1,8}\.(com|co\.uk)", fullmatch=True))
def test_whatever_the_address_it_is_found_as_json_and_as_a_form(address: str) -> None:
    named = names(address)
    assert named(orjson.dumps({"contact": {"email": address.upper()}}))
    assert named(urlencode({"a": "b", "email": address}).encode())
    assert named(quote(quote_plus(f"to={address}")).encode())
