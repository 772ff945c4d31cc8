"""The cookie of a session, as browsers are told of it and show it."""

from __future__ import annotations

import pytest

from relay.core.session_cookie import SessionCookie

SAFE, PLAIN = SessionCookie(encrypted=True), SessionCookie(encrypted=False)


def test_over_https_it_belongs_to_the_host_alone_and_no_script() -> None:
    assert SAFE.giving("abc", 60) == "__Host-relay=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"


def test_without_https_a_browser_would_not_keep_it_so() -> None:
    assert PLAIN.giving("abc", 60) == "relay=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"


@pytest.mark.parametrize("cookie", [SAFE, PLAIN])
def test_it_is_taken_back_as_it_was_given(cookie: SessionCookie) -> None:
    assert cookie.taking == cookie.giving("", 0)


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("relay=abc", "abc"),
        ("other=1; relay=abc;more=2", "abc"),
        ("relay=a=b", "a=b"),
        ("relay=", ""),
        ("xrelay=abc; __Host-relay=def", None),
        ("relay", ""),
        ("", None),
    ],
)
def test_it_is_found_among_others(header: str, shown: str | None) -> None:
    assert PLAIN.shown_in({"cookie": header}) == shown


def test_the_cookie_of_an_unencrypted_page_is_not_taken_over_https() -> None:
    assert SAFE.shown_in({"cookie": "relay=abc"}) is None
    assert PLAIN.shown_in({}) is None
