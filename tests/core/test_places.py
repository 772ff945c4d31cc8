"""Where a signature and its time stand, and what is signed: read to the letter."""

from __future__ import annotations

import pytest

from relay.core.errors import Unreadable
from relay.core.places import Place, in_header, in_pairs
from relay.core.request import Request
from relay.core.signed import Claim, signed_as, url_then_sorted_form

URL = "https://relay.example.com/hooks/shop"


def request(body: bytes = b"{}", **headers: str) -> Request:
    return Request("POST", URL, {key.replace("_", "-"): value for key, value in headers.items()}, body)


@pytest.mark.parametrize(
    ("place", "header", "claim"),
    [
        (in_header("x-s"), "ab", Claim(("ab",))),
        (in_header("x-s", prefix="sha256="), "sha256= ab ", Claim(("ab",))),
        (in_header("x-s", prefix="sha256="), "ab", Claim(())),
        (in_header("x-s", prefix="sha256=", bare=True), "ab", Claim(("ab",))),
        (in_header("x-s", stamp="x-t"), "ab", Claim(("ab",), "12")),
        (in_header("x-s", stamp="x-none"), "ab", Claim(("ab",))),
        (in_pairs("x-s", signature="v1"), "t=12,v1=ab", Claim(("ab",))),
        (in_pairs("x-s", signature="v1", stamp="t"), "v1=ab", Claim(("ab",))),
        (in_pairs("x-s", signature="v1", stamp="t"), "t=12, v1=ab,v1=a=", Claim(("ab", "a="), "12")),
    ],
)
def test_a_place_reads_what_stands_there_and_nothing_else(place: Place, header: str, claim: Claim) -> None:
    assert place.read(request(x_s=header, x_t="12")) == claim
    assert place.read(request(x_t="12")) == Claim(())


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"a": {"b": " to the letter "}}', b" to the letter ."),
        (b'{"a": {"b": 5}}', b"5."),
    ],
)
def test_a_field_of_the_body_is_signed_to_the_letter(body: bytes, text: bytes) -> None:
    assert signed_as("{field:a.b}.")(request(body), Claim(())) == text


def test_a_field_that_is_not_there_cannot_be_signed() -> None:
    with pytest.raises(Unreadable, match=r"\$\.a\.b"):
        signed_as("{field:a.b}")(request(b'{"a": {}}'), Claim(()))


@pytest.mark.parametrize("part", ["salt", "salt:x", "header:", "field:", "header"])
def test_a_part_that_there_is_not_is_a_fault_of_the_template(part: str) -> None:
    with pytest.raises(
        ValueError, match=f"unknown part {{{part}}}; there are body, .*, header:NAME, field:PATH$"
    ):
        signed_as(f"{{{part}}}{{body}}")


def test_empty_fields_and_odd_bytes_of_a_form_are_signed_as_they_came() -> None:
    assert url_then_sorted_form(request(b"b=%FF&a=&c=\xfe"), Claim(())) == URL.encode() + b"ab\xffc\xfe"
