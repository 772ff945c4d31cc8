"""Our verdict on a request is the verdict of the vendor's own library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.checking.subject import load
from relay.core.errors import Unverified
from relay.core.request import Request
from relay.core.source import Source, StampedSettings
from relay.registry import Registry
from tests.test_connectors import CASES
from tests.vendors.libraries import TOLERANCE, VENDORS, Vendor, clocks_at

NOW = 1772366400
URL = "https://relay.example.com/hooks/shop-main?shop=7"
FOLDER = attrgetter("folder")
EACH = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)

bodies = st.one_of(
    st.text(min_size=1).map(str.encode),
    st.sampled_from([b"{}", b"null", b'{"a": "\\u00e9"}', b"\x00", "\u2028\ufeff€".encode(), b"x" * 300_000]),
)


def request(vendor: Vendor, body: bytes, url: str = URL) -> Request:
    return Request("POST", url, dict(vendor.given), body)


def source(vendor: Vendor, *keys: str) -> Source:
    return Source("shop", {vendor.verifier.secret: keys}, StampedSettings(tolerance=TOLERANCE))


def signed(vendor: Vendor, asked: Request, now: float = NOW) -> Request:
    return vendor.verifier.sign(asked, source(vendor, vendor.key), now)


def we_accept(vendor: Vendor, asked: Request, *keys: str, now: float = NOW) -> bool:
    try:
        vendor.verifier(asked, source(vendor, *keys), now)
    except Unverified:
        return False
    return True


def they_accept(vendor: Vendor, asked: Request, *keys: str, now: float = NOW) -> bool:
    with clocks_at(now):
        return vendor.accepts(asked, keys)


@EACH
@given(body=bodies, key=st.text("abcXYZ019_-", min_size=8, max_size=80))
def test_the_library_accepts_what_we_sign_by_any_live_secret(vendor: Vendor, body: bytes, key: str) -> None:
    own = replace(vendor, key=key if vendor.key.startswith("synthetic") else vendor.key)
    proven = signed(own, request(own, body))
    for keys in ((own.key,), (own.other, own.key), (own.key, own.other)):
        assert we_accept(own, proven, *keys)
        assert they_accept(own, proven, *keys)


@EACH
@given(body=bodies)
def test_neither_accepts_another_secret(vendor: Vendor, body: bytes) -> None:
    proven = signed(vendor, request(vendor, body))
    assert not we_accept(vendor, proven, vendor.other)
    assert not they_accept(vendor, proven, vendor.other)


def in_header(vendor: Vendor, proven: Request, change: Callable[[str], str]) -> Request:
    headers = dict(proven.headers)
    return replace(proven, headers=headers | {vendor.header: change(headers[vendor.header])})


def swapped(text: str, at: int) -> str:
    """With another digit in place of a character that is one; the last ones of base64 may have spare bits."""
    letters = [index for index, letter in enumerate(text[:-4]) if letter.isalnum()]
    at = letters[at % len(letters)]
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


def without(proven: Request, header: str) -> Request:
    return replace(proven, headers={name: text for name, text in proven.headers.items() if name != header})


@EACH
@given(body=bodies, at=st.integers(0, 400), more=st.text(min_size=1, max_size=3))
def test_what_was_changed_on_the_way_is_judged_alike(vendor: Vendor, body: bytes, at: int, more: str) -> None:
    proven = signed(vendor, request(vendor, body))
    text = body.decode()
    changes = [
        replace(proven, body=body + more.encode()),
        replace(proven, body=(text[: at % len(text)] + more + text[at % len(text) :]).encode()),
        replace(proven, url=URL + "&more=1"),
        replace(proven, url=URL.replace("relay", "delay")),
        replace(proven, method="PUT"),
        in_header(vendor, proven, lambda whole: swapped(whole, at)),
        in_header(vendor, proven, lambda whole: whole[:-5]),
        in_header(vendor, proven, lambda _: ""),
        in_header(vendor, proven, lambda _: "nothing of the kind"),
        *(without(proven, name) for name in proven.headers),
    ]
    for changed in changes:
        assert we_accept(vendor, changed, vendor.key) == they_accept(vendor, changed, vendor.key), changed


@EACH
@pytest.mark.parametrize("age", [-9000, -301, -299, 0, 299, 302, 9000])
def test_a_late_delivery_is_judged_alike_and_an_early_one_never_milder(vendor: Vendor, age: int) -> None:
    proven = signed(vendor, request(vendor, b'{"id": 1}'), NOW - age)
    ours, theirs = (judge(vendor, proven, vendor.key) for judge in (we_accept, they_accept))
    if age >= 0 or vendor.looks_ahead:
        assert ours == theirs
    assert theirs or not ours
    assert ours == (not vendor.verifier.checks_age or abs(age) <= TOLERANCE)


MILDER = {"contact_creation_percent_codes_small"}
"""HubSpot's library decodes percent codes in capitals alone, though a URL means the same with small ones."""


@pytest.mark.parametrize("vendor", [one for one in VENDORS.values() if one.folder], ids=FOLDER)
def test_every_recorded_delivery_is_judged_alike_as_it_came_and_signed_anew(vendor: Vendor) -> None:
    connector = Registry().get(vendor.folder)
    verdicts: set[bool] = set()
    for name, case in load(connector, CASES, CASES / vendor.folder).cases.items():
        if name in MILDER:
            continue
        keys = case.source.secrets.get(vendor.verifier.secret, [])
        asked = case.make_request()
        if not keys or any(key.startswith("whpk_") for key in keys):
            continue  # not proven by a shared key, which is all that the library knows
        ours = we_accept(vendor, asked, *keys, now=case.now)
        assert ours == they_accept(vendor, asked, *keys, now=case.now), name
        verdicts.add(ours)
        if asked.body:
            anew = vendor.verifier.sign(asked, source(vendor, *keys), NOW)
            assert they_accept(vendor, anew, keys[0]), name
    assert verdicts == {True, False}
