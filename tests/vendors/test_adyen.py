"""Adyen signs each item inside the body; its own library agrees on which items are authentic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from Adyen.util import is_valid_hmac_notification
from hypothesis import given
from hypothesis import strategies as st

from relay.checking.subject import load
from relay.core.errors import Unverified
from relay.core.request import Request
from relay.core.source import Source
from relay.registry import Registry
from tests.test_connectors import CASES

KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
OTHER = KEY.replace("DEF", "DEA")
CONNECTOR = Registry().get("adyen")
SOURCE = Source("adyen", {"signing_key": (KEY,)}, CONNECTOR.settings())

# What is signed is joined by colons: the relay refuses fields that hold one, which the library does not.
texts = st.text(st.characters(exclude_characters=":"), max_size=12)
items = st.fixed_dictionaries(
    {
        "pspReference": texts,
        "merchantAccountCode": texts,
        "merchantReference": texts,
        "amount": st.fixed_dictionaries({"value": st.integers(-(2**63), 2**63 - 1), "currency": texts}),
        "eventCode": texts,
        "success": st.sampled_from(["true", "false"]),
    },
    optional={"originalReference": texts},
)


def notification(*given_items: Mapping[str, Any]) -> Request:
    wrapped = [{"NotificationRequestItem": {**one, "additionalData": {}}} for one in given_items]
    body = json.dumps({"live": "false", "notificationItems": wrapped}).encode()
    return Request("POST", "https://relay.example.com/hooks/adyen-main", {}, body)


def we_accept(request: Request, *keys: str) -> bool:
    try:
        CONNECTOR.verify(request, replace(SOURCE, secrets={"signing_key": keys}), 0)
    except Unverified:
        return False
    return True


def they_accept(request: Request, *keys: str) -> bool:
    """The library looks at one item, so it is asked for each; it raises for one without a signature."""
    try:
        return all(
            any(is_valid_hmac_notification({"notificationItems": [one]}, key) for key in keys)
            for one in json.loads(request.body)["notificationItems"]
        )
    except (KeyError, ValueError):
        return False


@given(given_items=st.lists(items, min_size=1, max_size=3))
def test_the_library_accepts_what_we_sign_and_refuses_another_key(given_items: list[dict[str, Any]]) -> None:
    proven = CONNECTOR.verify.sign(notification(*given_items), SOURCE, 0)
    for keys in ((KEY,), (OTHER, KEY)):
        assert we_accept(proven, *keys)
        assert they_accept(proven, *keys)
    assert not we_accept(proven, OTHER)
    assert not they_accept(proven, OTHER)


@given(item=items, field=st.sampled_from(["pspReference", "merchantReference", "eventCode"]), text=texts)
def test_an_item_that_was_changed_is_judged_alike(item: dict[str, Any], field: str, text: str) -> None:
    proven = json.loads(CONNECTOR.verify.sign(notification(item, item), SOURCE, 0).body)
    second = proven["notificationItems"][1]["NotificationRequestItem"]
    for change in ({field: text}, {"amount": {**second["amount"], "value": 1}}, {"shopperName": text}):
        changed = {"NotificationRequestItem": {**second, **change}}
        body = json.dumps({**proven, "notificationItems": [proven["notificationItems"][0], changed]}).encode()
        request = replace(notification(), body=body)
        assert we_accept(request, KEY) == they_accept(request, KEY)


def test_every_recorded_delivery_is_judged_alike() -> None:
    verdicts = set()
    for name, case in load(CONNECTOR, CASES, CASES / "adyen").cases.items():
        request, keys = case.make_request(), case.source.secrets["signing_key"]
        if name.startswith("authorisation_shifted_"):
            # The relay is stricter, as above.
            assert (we_accept(request, *keys), they_accept(request, *keys)) == (False, True), name
        elif b"hmacSignature" in request.body and case.source.secrets.keys() == {"signing_key"}:
            verdicts.add(ours := we_accept(request, *keys))
            assert ours == they_accept(request, *keys), name
    assert verdicts == {True, False}
