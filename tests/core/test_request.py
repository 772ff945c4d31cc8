"""The URL that signatures cover, and what a connector may read of it."""

from __future__ import annotations

import pytest

from relay.core.request import Request, public_url

REGISTERED = "https://relay.example.com/hooks/shop"


@pytest.mark.parametrize(
    ("registered", "seen", "url"),
    [
        (REGISTERED, "", REGISTERED),
        (REGISTERED, "?a=1", f"{REGISTERED}?a=1"),
        (f"{REGISTERED}?a=1", "?a=1", f"{REGISTERED}?a=1"),
        (f"{REGISTERED}?a=%7e", "?a=~", f"{REGISTERED}?a=%7e"),
        (f"{REGISTERED}?a=1", "?a=1&b=2", f"{REGISTERED}?a=1&b=2"),
        (f"{REGISTERED}?a=1", "?a=2", f"{REGISTERED}?a=2"),
        (f"{REGISTERED}?a=1", "", REGISTERED),
        (None, "https://other.example.com/?a=1", "https://other.example.com/?a=1"),
    ],
)
def test_the_public_url_is_the_registered_one_with_the_query_that_came(
    registered: str | None, seen: str, url: str
) -> None:
    assert public_url(registered, seen) == url


def test_a_token_in_the_registered_url_is_not_shown_by_a_call_without_it() -> None:
    request = Request("POST", public_url(f"{REGISTERED}?token=secret", ""), {}, b"")
    assert request.query("token") is None
