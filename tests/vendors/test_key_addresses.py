"""Where vendors keep the public keys that a delivery names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relay.checking.subject import load
from relay.registry import Registry
from tests.test_connectors import CASES


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        # https://developer.paypal.com/api/rest/webhooks/rest/, the header paypal-cert-url
        ("paypal", "capture_completed", "https://api.paypal.com/v1/notifications/certs/"),
        ("paypal", "capture_completed_sandbox", "https://api.sandbox.paypal.com/v1/notifications/certs/"),
        # https://developer.adobe.com/events/docs/guides/index#security-considerations
        ("adobe_commerce", "order_new", "https://static.adobeioevents.com/prod/keys/"),
    ],
)
def test_the_key_of_a_recorded_delivery_is_at_the_vendors(sender: str, name: str, address: str) -> None:
    connector = Registry().get(sender)
    case = load(connector, CASES, CASES / connector.name).cases[name]
    keyless = replace(case.make_source(connector), secrets={})
    live = connector.for_source(connector, keyless)
    verifier: Any = live.verify
    urls = verifier.key_urls(case.make_request(), keyless)
    assert urls
    assert all(url.startswith(address) for url in urls)
