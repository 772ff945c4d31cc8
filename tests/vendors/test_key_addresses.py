"""Keys are fetched where their vendors keep them."""

from __future__ import annotations

import pytest

from relay.checking.subject import load
from relay.registry import Registry
from tests.test_connectors import CASES
from tests.vendors.key_addresses import AT, addresses


@pytest.mark.parametrize(("sender", "name"), AT)
def test_the_key_of_a_recorded_delivery_is_at_the_vendors(sender: str, name: str) -> None:
    connector = Registry().get(sender)
    case = load(connector, CASES, CASES / sender).cases[name]
    assert addresses(connector, case) == AT[sender, name]
