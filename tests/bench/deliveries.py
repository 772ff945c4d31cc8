"""Signed deliveries of a shop's paid orders, each another sale, as the bytes of an HTTP/1.1 request.

Each is of another person with another phone number. All else is the same, so that a load can put millions
together from one text.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import orjson

KEY = "bench-signing-key"
PATH = "/hooks/shop"
NUMBER, SIGNATURE, SUBSCRIBER = "\x01", "\x02", "\x03"
"""Marks in a template: a number of nine digits, the signature of the body, six digits of a phone number."""

_PRICE = {
    "shop_money": {"amount": "84.50", "currency_code": "USD"},
    "presentment_money": {"amount": "84.50", "currency_code": "USD"},
}


def _order() -> dict[str, object]:
    """About 1.5 KB in the shape of an order of Shopify's."""
    person = {
        "first_name": "Priya",
        "last_name": "Raman",
        "phone": "(415) 2<subscriber>",
        "country_code": "US",
    }
    email = "guest<number>@example.com"
    return {
        "id": "<id>",
        "email": email,
        "created_at": "2026-11-20T09:05:04-08:00",
        "processed_at": "2026-11-20T09:05:03-08:00",
        "currency": "USD",
        "financial_status": "paid",
        "location_id": None,
        "name": "#<number>",
        "order_number": "<id>",
        "source_name": "web",
        "test": False,
        "total_price": "84.50",
        "total_price_set": _PRICE,
        "total_tax": "6.50",
        "user_id": None,
        "billing_address": {"address1": "12 Larch Lane", "city": "Portland", "zip": "97201", **person},
        "shipping_address": {"address1": "12 Larch Lane", "city": "Portland", "zip": "97201", **person},
        "customer": {"id": "<id>", "email": email, **person},
        "line_items": [
            {"id": 6_940_000 + line, "title": "Linen apron, natural", "quantity": 1, "price_set": _PRICE}
            for line in range(3)
        ],
    }


@cache
def _body() -> str:
    # Ids are numbers, so the quotes around them go; none begins with a nought.
    text = orjson.dumps(_order()).decode()
    return (
        text.replace('"<id>"', f"541{NUMBER}").replace("<number>", NUMBER).replace("<subscriber>", SUBSCRIBER)
    )


def body_size() -> int:
    return len(_filled(_body(), 0))


@cache
def template() -> str:
    """A whole request with marks in it."""
    return (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {body_size()}\r\nX-Shopify-Topic: orders/paid\r\n"
        f"User-Agent: Shopify-Captain-Hook\r\nX-Shopify-Shop-Domain: bench.myshopify.com\r\n"
        f"X-Shopify-Webhook-Id: {'0' * 23}{NUMBER}\r\n"
        f"X-Shopify-Hmac-Sha256: {SIGNATURE}\r\n\r\n{_body()}"
    )


def _filled(text: str, number: int) -> bytes:
    digits = f"{number:09}"
    return text.replace(NUMBER, digits).replace(SUBSCRIBER, digits[3:]).encode()


def signature(number: int) -> str:
    """Of the body with this number, made with `KEY`."""
    return base64.b64encode(hmac.digest(KEY.encode(), _filled(_body(), number), "sha256")).decode()


def delivery(number: int) -> bytes:
    """One whole request."""
    return _filled(template().replace(SIGNATURE, signature(number)), number)


def write_signatures(path: Path, numbers: range) -> None:
    """A line for each delivery: its number and its signature. A load makes the requests from them."""
    with path.open("w", encoding="ascii") as file:
        file.writelines(f"{number:09} {signature(number)}\n" for number in numbers)


def read_deliveries(path: Path) -> Iterator[bytes]:
    """The requests of such a file, in its order."""
    with path.open(encoding="ascii") as file:
        for line in file:
            number, signed = line.split()
            yield _filled(template().replace(SIGNATURE, signed), int(number))
