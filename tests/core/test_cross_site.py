"""Forms: only those of our own pages are taken, and only in the session that they were made for."""

from __future__ import annotations

import pytest

from relay.core.credential import Kind
from relay.core.cross_site import form_token, is_from_elsewhere, is_ours
from tests.letting_in import credential

PUBLIC = "https://relay.example.com"
ANA, BEN = credential(Kind.SESSION, 1), credential(Kind.SESSION, 2)


def test_a_form_belongs_to_its_session() -> None:
    assert is_ours(ANA, form_token(ANA))
    assert not is_ours(BEN, form_token(ANA))


@pytest.mark.parametrize(
    "shown", ["", "0" * 48, "é", "\ud800", form_token(ANA)[:-1], form_token(ANA).upper()]
)
def test_nothing_else_passes_for_the_token_of_a_form(shown: str) -> None:
    assert not is_ours(ANA, shown)


def test_a_form_gives_no_session_away() -> None:
    assert form_token(ANA) not in ANA.text
    assert form_token(ANA) != ANA.digest.hex()[: len(form_token(ANA))]


@pytest.mark.parametrize(
    ("site", "elsewhere"),
    [("same-origin", False), ("none", False), ("same-site", True), ("cross-site", True), ("", True)],
)
def test_the_word_of_the_browser_counts_before_the_origin(site: str, elsewhere: bool) -> None:
    for origin in ({}, {"origin": PUBLIC}, {"origin": "https://evil.example"}, {"origin": "null"}):
        assert is_from_elsewhere({"sec-fetch-site": site, **origin}, PUBLIC) is elsewhere


@pytest.mark.parametrize(
    ("origin", "host", "elsewhere"),
    [
        (PUBLIC, "127.0.0.1:8080", False),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", False),
        ("HTTPS://RELAY.example.com", "relay.EXAMPLE.com", False),
        ("http://localhost:8080", "LOCALHOST:8080", False),
        ("https://evil.example", "relay.example.com", True),
        ("https://relay.example.com.evil.example", "relay.example.com", True),
        ("https://evil.relay.example.com", "relay.example.com", True),
        ("http://127.0.0.1:9090", "127.0.0.1:8080", True),
        ("null", "relay.example.com", True),
        ("", "", True),
        ("http://[", "relay.example.com", True),
    ],
)
def test_without_it_the_origin_must_be_the_place_that_was_called(
    origin: str, host: str, elsewhere: bool
) -> None:
    assert is_from_elsewhere({"origin": origin, "host": host}, PUBLIC) is elsewhere


def test_a_program_says_neither() -> None:
    assert not is_from_elsewhere({"host": "relay.example.com"}, PUBLIC)
