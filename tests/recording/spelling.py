"""One invented delivery around real-looking people, in every format that a sender may choose."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

from hypothesis import strategies as st

LETTERS = "abcdefghijklmnopqrstuvwxyzáéñöüçł"
SYLLABLES = [
    "qax",
    "zub",
    "vix",
    "dorn",
    "kelm",
    "pryz",
    "wuft",
    "hjal",
    "mox",
    "éla",
    "ñor",
    "çim",
    "tżo",
    "lüp",
]

# Words like these stand in no vendor's structure, so that a find is a find.
words = st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=3).map(lambda parts: "".join(parts).title())
emails = st.tuples(words, words, st.sampled_from(["corp.io", "mail.co.uk", "webmail.fr"])).map(
    lambda parts: f"{parts[0]}.{parts[1]}@{parts[2]}".lower()
)
nationals = st.tuples(st.sampled_from(["415", "212", "646", "312"]), st.integers(2_000_000, 9_999_999)).map(
    lambda parts: f"{parts[0]}{parts[1]}"
)


def notations(national: str) -> list[str]:
    """A number of North America as people write it."""
    area, exchange, line = national[:3], national[3:6], national[6:]
    return [
        f"+1{national}",
        f"({area}) {exchange}-{line}",
        f"{area}.{exchange}.{line}",
        f"+1 {area} {exchange} {line}",
        f"1-{area}-{exchange}-{line}",
        national,
    ]


def as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)


def as_escaped_json(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=1).replace("/", "\\/").replace("@", "\\u0040")


def as_json_in_json(data: dict[str, Any]) -> str:
    return json.dumps({"payload": json.dumps(data), "version": 3})


def as_form(data: dict[str, Any]) -> str:
    pairs = [(f"customer[{key}]", text) for key, text in data["customer"].items()]
    pairs += [(key, text) for key, text in data.items() if key != "customer"]
    return "&".join(f"{quote_plus(key)}={quote_plus(text)}" for key, text in pairs)


def as_json_in_form(data: dict[str, Any]) -> str:
    return "payload=" + quote_plus(json.dumps(data))


def as_xml(data: dict[str, Any]) -> str:
    person = "".join(f"<n:{key}>{escape(text)}</n:{key}>" for key, text in data["customer"].items())
    rest = "".join(f"<{key}>{escape(text)}</{key}>" for key, text in data.items() if key != "customer")
    return f'<?xml version="1.0"?>\n<r xmlns:n="urn:x"><customer>{person}</customer>\n {rest}</r>'


def as_multipart(data: dict[str, Any]) -> str:
    fields = {**data["customer"], **{key: text for key, text in data.items() if key != "customer"}}
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n'
        for key, text in fields.items()
    ]
    return "".join(parts) + "--edge--\r\n"


FORMATS = (as_json, as_escaped_json, as_json_in_json, as_form, as_json_in_form, as_xml, as_multipart)
