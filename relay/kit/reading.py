"""How bodies become events, and fields people."""

from __future__ import annotations

from relay.core.cloud_events import parse_cloud_events, refuse_undecoded
from relay.core.connector import field_text, field_texts, header_text, nothing, query_text, words
from relay.core.event import APPOINTMENTS, CONTACTS, PURCHASES
from relay.core.jwt import parse_jwt
from relay.core.parsing import (
    parse_by_content_type,
    parse_form,
    parse_form_field,
    parse_json,
    parse_multipart,
    parse_xml,
    write_form,
)
from relay.core.people import (
    all_texts,
    first_of,
    first_text,
    primary,
    read_person,
    unwrapped,
    with_calling_code,
)
from relay.core.wanted import kind_of, meanings, must_be, somebody

__all__ = [
    "APPOINTMENTS",
    "CONTACTS",
    "PURCHASES",
    "all_texts",
    "field_text",
    "field_texts",
    "first_of",
    "first_text",
    "header_text",
    "kind_of",
    "meanings",
    "must_be",
    "nothing",
    "parse_by_content_type",
    "parse_cloud_events",
    "parse_form",
    "parse_form_field",
    "parse_json",
    "parse_jwt",
    "parse_multipart",
    "parse_xml",
    "primary",
    "query_text",
    "read_person",
    "refuse_undecoded",
    "somebody",
    "unwrapped",
    "with_calling_code",
    "words",
    "write_form",
]
