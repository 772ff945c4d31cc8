"""Connectors are found by name, wherever they live, and a broken one says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.registry import ConnectorError, Registry

GOOD = '''
"""Tilly, a till."""
from relay.kit import Connector, Keys, Kind, Person, Reading, Secrets, SharedToken, field_text


class TillySecrets(Secrets):
    url_token: Keys
    """The token in the URL."""


def on_sale(event, source):
    return Reading(kind=Kind.PURCHASE_COMPLETED, key=event["id"].text(), occurred_at=event["at"].time(),
                   people=(Person(email=event["email"].text()),))


CONNECTOR = Connector(
    name="tilly", label="Tilly", group="pos", docs="https://tilly.example", confidence="best effort",
    verify=SharedToken(), event_type=field_text("type"), handlers={"sale": on_sale},
    kinds=frozenset({Kind.PURCHASE_COMPLETED}), secrets=TillySecrets,
)
'''


def registry(folder: Path, code: str, name: str = "tilly") -> Registry:
    (folder / f"{name}.py").write_text(code, "utf-8")
    return Registry([folder])


def problem(folder: Path, code: str, name: str = "tilly") -> str:
    with pytest.raises(ConnectorError) as caught:
        registry(folder, code, name).get(name)
    return str(caught.value)


def test_a_folder_of_ones_own_adds_a_connector_and_its_docstring_is_its_page(tmp_path: Path) -> None:
    found = registry(tmp_path, GOOD)
    assert "tilly" in found.names()
    assert found.get("tilly").page == "Tilly, a till."
    assert found.get("tilly") is found.get("tilly")


def test_a_folder_of_ones_own_corrects_a_built_in_connector(tmp_path: Path) -> None:
    found = registry(tmp_path, GOOD.replace('name="tilly"', 'name="shopify"'), "shopify")
    assert found.get("shopify").label == "Tilly"


def test_files_that_begin_with_an_underscore_are_no_connectors(tmp_path: Path) -> None:
    (tmp_path / "_shared.py").write_text("HELP = 1", "utf-8")
    assert "_shared" not in Registry([tmp_path]).names()


def test_every_built_in_connector_keeps_the_contract() -> None:
    assert [connector.name for connector in Registry().all()] == Registry().names()


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('name="tilly"', 'name="tally"', "name is 'tally', the file says 'tilly'"),
        ('"""Tilly, a till."""', "", "the docstring is the set-up page and must not be empty"),
        ("handlers={", 'ignored=frozenset({"sale"}), handlers={', "both handled and ignored: sale"),
        ('handlers={"sale": on_sale}', "handlers={}", "handlers is empty"),
        ("secrets=TillySecrets,", "", "verify uses secrets.url_token, which secrets does not declare"),
        (
            "secrets=TillySecrets,",
            "secrets=TillySecrets, default_events=frozenset({Kind.PURCHASE_REFUNDED}),",
            "default_events must be kinds that the handlers read and that do not withdraw",
        ),
        ("CONNECTOR = Connector", "OTHER = Connector", "defines CONNECTOR = Connector"),
        ("from relay.kit", "from relay.kitt", "cannot be imported"),
    ],
)
def test_a_broken_connector_says_what_is_wrong(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert told in problem(tmp_path, GOOD.replace(before, after, 1))


def test_a_signed_timestamp_asks_for_a_tolerance(tmp_path: Path) -> None:
    stamped = (
        'HmacSignature(place=in_header("x-sig", stamp="x-at"), signed=stamp_dot_body, stamp=SECONDS, '
        'secret="url_token")'
    )
    code = GOOD.replace("verify=SharedToken()", f"verify={stamped}").replace(
        "from relay.kit import ", "from relay.kit import SECONDS, HmacSignature, in_header, stamp_dot_body, "
    )
    assert "settings must extend StampedSettings" in problem(tmp_path, code)


def test_an_unknown_name_gets_the_nearest_known_one() -> None:
    with pytest.raises(ConnectorError, match=r"did you mean 'shopify'\?"):
        Registry().get("shopfy")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectorError, match="nowhere does not exist"):
        Registry([tmp_path / "nowhere"]).names()
