"""What is shown to be let in: one form for all, of which nothing that was changed is taken."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from relay.core.credential import ENTROPY, Kind, mint, read

SIGNS = string.digits + string.ascii_letters
PREFIXES = {"token": "rly_", "link": "rlyl_", "session": "rlys_"}
entropies = st.binary(min_size=ENTROPY, max_size=ENTROPY)
kinds = st.sampled_from(Kind)


@given(kinds, entropies)
def test_what_was_made_is_read_and_proves_itself(kind: Kind, entropy: bytes) -> None:
    made = mint(kind, entropy)
    again = read(kind, made.text)
    assert again == made
    assert made.proves(made.digest)


@given(kinds, entropies)
def test_a_scanner_for_secrets_finds_it_by_its_form(kind: Kind, entropy: bytes) -> None:
    made = mint(kind, entropy)
    form = PREFIXES[kind] + "[0-9A-Za-z]{9}_[0-9A-Za-z]{39}"
    assert re.findall(rf"\b{form}\b", f"key = '{made.text}'") == [made.text]


@given(kinds, entropies, entropies)
def test_other_chance_makes_another_one(kind: Kind, one: bytes, other: bytes) -> None:
    assume(one != other)
    assert mint(kind, one).text != mint(kind, other).text
    assert not mint(kind, one).proves(mint(kind, other).digest)


@given(entropies, kinds, kinds)
def test_one_kind_is_never_taken_for_another(entropy: bytes, kind: Kind, other: Kind) -> None:
    made = mint(kind, entropy)
    assert (read(other, made.text) is None) == (kind is not other)
    assert mint(other, entropy).proves(made.digest) == (kind is other)


@given(kinds, entropies, st.data())
def test_one_wrong_sign_is_noticed_without_a_look_into_the_ledger(
    kind: Kind, entropy: bytes, data: st.DataObject
) -> None:
    text = mint(kind, entropy).text
    place = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.sampled_from(SIGNS + "_-é\n ").filter(lambda sign: sign != text[place]))
    assert read(kind, text[:place] + sign + text[place + 1 :]) is None


@given(kinds, entropies, st.data())
def test_neighbours_that_changed_places_are_noticed(kind: Kind, entropy: bytes, data: st.DataObject) -> None:
    text = mint(kind, entropy).text
    place = data.draw(st.integers(0, len(text) - 2))
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assume(swapped != text)
    assert read(kind, swapped) is None


@given(kinds, entropies, st.data())
def test_what_was_cut_off_or_added_is_noticed(kind: Kind, entropy: bytes, data: st.DataObject) -> None:
    text = mint(kind, entropy).text
    cut = data.draw(st.integers(0, len(text) - 1))
    assert read(kind, text[:cut]) is None
    assert read(kind, text + data.draw(st.text(min_size=1))) is None


@given(kinds, st.text())
def test_whatever_is_shown_is_answered(kind: Kind, text: str) -> None:
    assert read(kind, text) is None
    assert read(kind, kind.prefix + text) is None


@given(kinds, entropies)
def test_neither_its_looks_nor_its_digest_give_it_away(kind: Kind, entropy: bytes) -> None:
    made = mint(kind, entropy)
    secret = made.text.rpartition("_")[2]
    assert secret not in repr(made)
    assert secret.encode() not in made.digest
    assert len(made.digest) == 32


def test_the_form_does_not_change_under_those_who_hold_one() -> None:
    made = mint(Kind.TOKEN, bytes(range(ENTROPY)))
    assert made.text == "rly_0004iwreH_041ygnkW7UdLNKNjXPkg2K3Pcz3W141j304N3sT"
    assert made.digest.hex() == "37fe274197047cef43bb20b22c25eddbbf00cda7c04305222f883ee2d0cb2225"


@pytest.mark.parametrize("length", [0, 16, ENTROPY - 1, ENTROPY + 1])
def test_it_is_made_of_enough_chance_or_not_at_all(length: int) -> None:
    with pytest.raises(ValueError, match="is made of 30 bytes"):
        mint(Kind.TOKEN, bytes(length))
