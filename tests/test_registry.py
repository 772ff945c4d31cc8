"""Connectors are found by name, wherever they live, and a broken one says what is wrong with it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
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


def test_an_edit_counts_though_neither_size_nor_time_of_the_file_tell_of_it(tmp_path: Path) -> None:
    registry(tmp_path, GOOD).get("tilly")
    before = (tmp_path / "tilly.py").stat()
    edited = registry(tmp_path, GOOD.replace('label="Tilly"', 'label="Tully"'))
    os.utime(tmp_path / "tilly.py", (before.st_atime, before.st_mtime))
    assert edited.get("tilly").label == "Tully"
    assert not (tmp_path / "__pycache__").exists()


SHORT = re.sub(
    r'name="tilly".*?confidence="best effort",',
    "",
    GOOD.replace(
        '"""Tilly, a till."""',
        '"""Tilly: a till.\n\nDocumentation: https://tilly.example (confidence: from public captures)\n"""',
    ),
)


def test_what_the_file_says_is_not_said_again(tmp_path: Path) -> None:
    folder = tmp_path / "pos"
    folder.mkdir()
    tilly = registry(folder, SHORT).get("tilly")
    assert (tilly.name, tilly.group, tilly.label) == ("tilly", "pos", "Tilly")
    assert (tilly.docs, tilly.confidence) == ("https://tilly.example", "from public captures")


def test_what_is_said_goes_before_what_the_file_says(tmp_path: Path) -> None:
    code = SHORT.replace(
        "Connector(\n", 'Connector(label="Till", group="crm", docs="https://till.example",\n'
    )
    tilly = registry(tmp_path, code).get("tilly")
    assert (tilly.label, tilly.group, tilly.docs) == ("Till", "crm", "https://till.example")


def test_what_nothing_says_is_asked_for(tmp_path: Path) -> None:
    told = problem(tmp_path, SHORT.replace("Tilly: a till", "A till").replace("Documentation:", "See"))
    assert "begin the docstring with the sender's name and a colon, or give label=" in told
    assert "give group=, one of booking, pos, crm, forms, generic" in told
    assert (
        "end the docstring with 'Documentation: ADDRESS (confidence: verified | from public captures" in told
    )


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


def test_an_account_asks_for_the_setting_of_that_name(tmp_path: Path) -> None:
    code = GOOD.replace("secrets=TillySecrets,", 'secrets=TillySecrets, account=field_text("shop"),')
    assert "settings must extend AccountSettings" in problem(tmp_path, code)


def test_an_unknown_name_gets_the_nearest_known_one() -> None:
    with pytest.raises(ConnectorError, match=r"did you mean 'shopify'\?"):
        Registry().get("shopfy")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectorError, match="nowhere does not exist"):
        Registry([tmp_path / "nowhere"]).names()


def installed(folder: Path, package: str, name: str, module: str, code: str) -> None:
    """A package as an installer leaves it: a module, and its metadata with an entry point."""
    (folder / f"{module}.py").write_text(code, "utf-8")
    metadata = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[relay.connectors]\n{name} = {module}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages; what is imported from it is forgotten afterwards."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_an_installed_package_brings_its_connector(site: Path) -> None:
    installed(site, "relay-tilly", "tilly", "relay_tilly", GOOD)
    found = Registry()
    assert found.get("tilly").label == "Tilly"
    assert found.path("tilly") == site / "relay_tilly.py"


def test_an_installed_connector_corrects_a_built_in_one_and_a_folder_corrects_both(
    site: Path, tmp_path: Path
) -> None:
    as_shopify = GOOD.replace('name="tilly"', 'name="shopify"')
    installed(site, "relay-tilly", "shopify", "relay_tilly", as_shopify)
    assert Registry().get("shopify").label == "Tilly"
    (tmp_path / "shopify.py").write_text(as_shopify.replace('label="Tilly"', 'label="Corrected"'))
    assert Registry([tmp_path]).get("shopify").label == "Corrected"


def test_two_packages_with_one_name_are_both_named_and_others_go_on(site: Path) -> None:
    installed(site, "relay-tilly", "tilly", "relay_tilly", GOOD)
    installed(site, "relay-tilly-too", "tilly", "relay_tilly_too", GOOD)
    with pytest.raises(ConnectorError) as caught:
        Registry().get("tilly")
    assert "there are 2 connectors 'tilly'" in str(caught.value)
    assert {"package relay-tilly", "package relay-tilly-too"} == set(
        re.findall(r"package [\w-]+", str(caught.value))
    )
    assert Registry().get("shopify").label == "Shopify"


def test_two_folders_with_one_name_are_both_named(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        (folder / "tilly.py").write_text(GOOD)
    with pytest.raises(ConnectorError) as caught:
        Registry(folders).get("tilly")
    assert str(caught.value) == (
        f"there are 2 connectors 'tilly', in {folders[0] / 'tilly.py'} and {folders[1] / 'tilly.py'}: "
        "remove or rename one"
    )
    assert Registry([folders[0], folders[0]]).get("tilly").label == "Tilly"


@pytest.mark.parametrize("module", ["no_such_module_anywhere", "not a module"])
def test_a_package_that_points_nowhere_is_named(site: Path, module: str) -> None:
    installed(site, "relay-tilly", "tilly", "relay_tilly", GOOD)
    (site / "relay_tilly-1.0.dist-info" / "entry_points.txt").write_text(
        f"[relay.connectors]\ntilly = {module}\n"
    )
    with pytest.raises(ConnectorError, match="connector 'tilly' cannot be imported"):
        Registry().get("tilly")
