"""Secrets that are shown as they are: what counts as showing one, and where it is a credential."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from relay.core.errors import Unverified
from relay.core.request import Request
from relay.core.source import Settings, Source
from relay.core.tokens import BasicAuth, BodyToken, SharedToken

BARE = Request("POST", "https://relay.example.com/hooks/shop", {}, b"{}")
SOURCE = Source("shop", {"url_token": ("tok-1",), "basic": ("user:päss",)}, Settings())
IN_HEADER = SharedToken(header="authorization", prefix="Bearer ")
BASIC = BasicAuth()


def showing(text: str) -> Request:
    return replace(BARE, headers={"authorization": text})


def basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_token_in_a_header_comes_after_its_prefix_and_is_a_credential() -> None:
    IN_HEADER(showing("Bearer tok-1"), SOURCE, 0)
    for text in ("tok-1", "Basic tok-1", "Bearer tok-2", "Bearer "):
        with pytest.raises(Unverified):
            IN_HEADER(showing(text), SOURCE, 0)
    assert IN_HEADER.secret_headers == {"authorization"}


def test_a_token_in_the_url_stands_in_its_path_or_in_the_parameter_that_was_named() -> None:
    by_url, by_path = SharedToken(query="key"), SharedToken(query=None)
    asked = replace(BARE, url=BARE.url + "?key=tok-1")
    by_url(asked, SOURCE, 0)
    for verifier in (by_url, by_path):
        verifier(replace(BARE, token="tok-1"), SOURCE, 0)
        assert verifier.secret_headers == frozenset()
    for one, verifier in ((asked, by_path), (asked, SharedToken()), (BARE, by_url)):
        with pytest.raises(Unverified, match="missing from the URL"):
            verifier(one, SOURCE, 0)


@pytest.mark.parametrize("scheme", ["Basic ", "basic ", "Basic   "])
def test_basic_credentials_are_user_and_password_in_base64(scheme: str) -> None:
    BASIC(showing(scheme + basic("user:päss")), SOURCE, 0)
    assert (BASIC.checks_age, BASIC.in_body, BASIC.secret_headers) == (
        False,
        False,
        frozenset({"authorization"}),
    )


@pytest.mark.parametrize("text", ["", "Basic !", "Bearer " + basic("user:päss"), basic("user:päss")])
def test_what_are_no_basic_credentials_are_missing_ones(text: str) -> None:
    with pytest.raises(Unverified, match="are missing"):
        BASIC(showing(text), SOURCE, 0)


def test_basic_credentials_that_are_no_text_do_not_match() -> None:
    with pytest.raises(Unverified, match="do not match"):
        BASIC(showing("Basic " + base64.b64encode(b"user:p\xff").decode()), SOURCE, 0)


def test_a_token_in_the_body_is_no_header_and_its_path_is_told() -> None:
    in_body = BodyToken(path=("meta", "token"), secret="url_token")
    in_body(replace(BARE, body=b'{"meta": {"token": "tok-1"}}'), SOURCE, 0)
    for body, told in (
        (b"{}", r"missing from meta\.token in"),
        (b'{"meta": {"token": "x"}}', r"in meta\.token of"),
    ):
        with pytest.raises(Unverified, match=told):
            in_body(replace(BARE, body=body), SOURCE, 0)
    assert (in_body.in_body, in_body.secret_headers) == (True, frozenset())
