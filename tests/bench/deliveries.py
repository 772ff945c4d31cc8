"""Signed deliveries of a shop's paid orders, each another sale, as the bytes of an HTTP/1.1 request."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from pathlib import Path

import orjson

KEY = "bench-signing-key"
PATH = "/hooks/shop"
SEPARATOR = b"\0"
"""What stands between requests in a file: JSON and headers never hold it."""

_PRICE = {
    "shop_money": {"amount": "84.50", "currency_code": "USD"},
    "presentment_money": {"amount": "84.50", "currency_code": "USD"},
}


def _order(number: int) -> dict[str, object]:
    """About 1.5 KB in the shape of an order of Shopify's."""
    person = {"first_name": "Priya", "last_name": "Raman", "phone": "202-555-0148", "country_code": "US"}
    return {
        "id": 5_410_000_000_000 + number,
        "email": f"guest{number}@example.com",
        "created_at": "2026-11-20T09:05:04-08:00",
        "processed_at": "2026-11-20T09:05:03-08:00",
        "currency": "USD",
        "financial_status": "paid",
        "location_id": None,
        "name": f"#{number}",
        "order_number": number,
        "source_name": "web",
        "test": False,
        "total_price": "84.50",
        "total_price_set": _PRICE,
        "total_tax": "6.50",
        "user_id": None,
        "billing_address": {"address1": "12 Larch Lane", "city": "Portland", "zip": "97201", **person},
        "shipping_address": {"address1": "12 Larch Lane", "city": "Portland", "zip": "97201", **person},
        "customer": {"id": 6_940_000_000_000 + number, "email": f"guest{number}@example.com", **person},
        "line_items": [
            {"id": number * 10 + line, "title": "Linen apron, natural", "quantity": 1, "price_set": _PRICE}
            for line in range(3)
        ],
    }


def delivery(number: int) -> bytes:
    """One whole request, signed with `KEY`."""
    body = orjson.dumps(_order(number))
    signature = base64.b64encode(hmac.digest(KEY.encode(), body, "sha256")).decode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Shopify-Topic: orders/paid\r\nUser-Agent: Shopify-Captain-Hook\r\n"
        f"X-Shopify-Shop-Domain: bench.myshopify.com\r\nX-Shopify-Webhook-Id: {number:032x}\r\n"
        f"X-Shopify-Hmac-Sha256: {signature}\r\n\r\n"
    )
    return head.encode() + body


def write_deliveries(path: Path, numbers: range) -> int:
    """A file of deliveries; the mean size of a body in bytes."""
    size = 0
    with path.open("wb") as file:
        for request in _each(numbers):
            size += len(request) - request.index(b"\r\n\r\n") - 4
            file.write(request + SEPARATOR)
    return size // len(numbers)


def _each(numbers: range) -> Iterator[bytes]:
    return map(delivery, numbers)


def read_deliveries(path: Path) -> list[bytes]:
    return path.read_bytes().split(SEPARATOR)[:-1]
