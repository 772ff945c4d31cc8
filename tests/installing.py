"""Installations for tests: a real configuration, resolved as the relay resolves it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from relay.config.installation import Installation
from relay.config.models import Config
from relay.config.resolve import resolve
from relay.registry import Registry
from relay.sandbox.first import AFTER_VISIT, KEY, REVIEW_REQUEST

TOKEN = "token-of-the-shop"
SIGNING_KEY = "signing-key-of-the-till"
ACCESS_TOKEN = "access-token-of-the-till"

SHOP = {
    "connector": "generic",
    "secrets": {"url_token": TOKEN},
    "settings": {
        "kind": {
            "paid": "purchase.completed",
            "refunded": "purchase.refunded",
            "booked": "appointment.booked",
            "cancelled": "appointment.cancelled",
            "ping": "ignored",
        }
    },
}
TILL = {"connector": "square", "secrets": {"signing_key": SIGNING_KEY, "access_token": ACCESS_TOKEN}}
AFTER_PURCHASE = {"name": "after-purchase", "events": ["purchase.completed"], "sequence": AFTER_VISIT}
AFTER_BOOKING = {
    "name": "after-booking",
    "sources": ["shop"],
    "events": ["appointment.booked"],
    "sequence": REVIEW_REQUEST,
}


def settings(folder: Path, url: str = "http://127.0.0.1:9") -> dict[str, Any]:
    """A shop that names its customers, a till that does not, and two routes to the sandbox at `url`."""
    return {
        "public_url": "https://relay.example.com",
        "store": {"path": str(folder / "relay.db")},
        "server": {"port": 0},
        "delivery": {"linger": 0},
        "egress": {"allow": ["127.0.0.0/8"]},
        "destinations": {"main": {"base_url": url, "api_key": KEY}},
        "sources": {"shop": SHOP, "till": TILL},
        "routes": [AFTER_PURCHASE, AFTER_BOOKING],
    }


def with_changes(data: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with some keys changed; a change is named by its path, `delivery.retry.attempts`."""
    for path, value in changes.items():
        first, _, rest = path.partition(".")
        data = data | {first: with_changes(data.get(first, {}), {rest: value}) if rest else value}
    return data


def installed(data: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Installation:
    config = Config.model_validate(data)
    registry = Registry(config.connector_folders) if config.connector_folders else _built_in()
    return resolve(config, registry, environ or {})


@cache
def _built_in() -> Registry:
    """Looking for the connectors that come with the relay takes longer than many a test."""
    return Registry()
