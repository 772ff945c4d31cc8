"""Several proofs of one request: what they say of themselves together, and accounts beside a proof."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relay.core.combined import AllOf, AnyOf, FromAccount
from relay.core.errors import Unverified
from relay.core.places import in_header
from relay.core.request import Request
from relay.core.signatures import HmacSignature, Verifier
from relay.core.signed import stamp_dot_body
from relay.core.source import Source, StampedSettings
from relay.core.stamps import SECONDS
from relay.core.tokens import BasicAuth, BodyToken, SharedToken

NOW = 1772366400.0
BARE = Request("POST", "https://relay.example.com/hooks/shop", {}, b'{"shop": "s-1"}')


class ShopSettings(StampedSettings):
    account: str | None = None


SOURCE = Source("shop", {"signing_key": ("k-1",), "basic": ("user:pass",)}, ShopSettings(account="s-1"))
STAMPED = HmacSignature(place=in_header("x-s", stamp="x-t"), signed=stamp_dot_body, stamp=SECONDS)
TOKEN = SharedToken(header="x-token", secret="signing_key")
IN_BODY = BodyToken(path=("token",), secret="signing_key")


def said_of(verifier: Verifier) -> tuple[str, bool, bool, frozenset[str]]:
    return verifier.secret, verifier.checks_age, verifier.in_body, verifier.secret_headers


def test_any_of_several_proofs_is_as_weak_as_the_weakest_and_hides_what_each_shows() -> None:
    assert said_of(AnyOf(STAMPED, TOKEN)) == ("signing_key", False, False, frozenset({"x-token"}))
    assert said_of(AnyOf(STAMPED, STAMPED)) == ("signing_key", True, False, frozenset())
    assert said_of(AnyOf(TOKEN, IN_BODY)) == ("signing_key", False, True, frozenset({"x-token"}))


def test_all_of_several_proofs_are_as_the_first_and_hide_what_each_shows() -> None:
    both = AllOf(STAMPED, BasicAuth())
    assert said_of(both) == ("signing_key", True, False, frozenset({"authorization"}))
    proven = both.sign(BARE, SOURCE, NOW)
    both(proven, SOURCE, NOW)
    for name in ("x-s", "authorization"):
        headers = {key: text for key, text in proven.headers.items() if key != name}
        with pytest.raises(Unverified):
            both(replace(proven, headers=headers), SOURCE, NOW)


def test_a_refusal_by_all_of_several_proofs_says_why_each_refused() -> None:
    with pytest.raises(Unverified, match=r"^header x-s is missing.*; the token is missing from header x-t"):
        AnyOf(STAMPED, TOKEN)(BARE, SOURCE, NOW)


def test_who_names_no_account_is_refused_however_accounts_are_compared() -> None:
    lenient = FromAccount(
        verifier=TOKEN,
        account=lambda root: root.get("shop").text_or_none(),
        setting="account",
        same=lambda _named, _ours: True,
    )
    assert said_of(lenient) == said_of(TOKEN)
    lenient(lenient.sign(BARE, SOURCE, NOW), SOURCE, NOW)
    with pytest.raises(Unverified, match=r"settings\.account"):
        lenient(lenient.sign(replace(BARE, body=b"{}"), SOURCE, NOW), SOURCE, NOW)
