"""Everything that a connector may import, in one place.

A connector is one file with a `CONNECTOR`; its docstring is its set-up page. See `docs/connectors.md`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from relay.core.asking import data_of, graphql, paged, url_of
from relay.core.auth import (
    Exchange,
    basic,
    basic_user,
    bearer,
    client_credentials,
    exchanged,
    key_in_header,
    key_in_json,
    key_in_query,
    refresh_token,
)
from relay.core.cloud_events import parse_cloud_events
from relay.core.combined import AnyOf, FromAccount, strongest_configured
from relay.core.connector import (
    Asking,
    Connector,
    Handler,
    Ignored,
    field_text,
    header_text,
    nothing,
    query_text,
)
from relay.core.errors import NotYet, Unreadable, Unverified
from relay.core.event import Kind, Person, Reading
from relay.core.expression import ExpressionText
from relay.core.handshakes import (
    Handshake,
    answers,
    consents,
    echo_form,
    echo_header,
    echo_json,
    echo_query,
    first_handshake,
    json_reply,
    tells,
    text_reply,
)
from relay.core.hosts import OwnOrigin, ZoneName, host_under
from relay.core.jwt import JwtProof, parse_jwt
from relay.core.key_by_url import KeyByUrl
from relay.core.keys import base64_key, decode_base64, hex_key, html_key, text_key
from relay.core.lookup import Answer, BatchRead, LookUp, get, post_form, post_json
from relay.core.mapping import MappingSettings, map_by_settings
from relay.core.moments import zone_named
from relay.core.parsing import (
    parse_by_content_type,
    parse_form,
    parse_form_field,
    parse_json,
    parse_multipart,
    parse_xml,
    write_form,
)
from relay.core.payload import Node
from relay.core.people import all_texts, first_text, primary, with_calling_code
from relay.core.places import Place, in_header, in_pairs
from relay.core.proof import HeaderName, Proof, TokenRule
from relay.core.public_keys import PublicKeySignature
from relay.core.request import Reply, Request
from relay.core.signatures import HmacSignature, Verifier, any_match, keyed_hash
from relay.core.signed import (
    Claim,
    as_sent,
    body_alone,
    signed_as,
    stamp_dot_body,
    url_then_body,
    url_then_sorted_form,
)
from relay.core.signed_items import SignedItems
from relay.core.source import Keys, OptionalKeys, Secrets, Settings, Source, StampedSettings, published
from relay.core.stamps import (
    ANY_TIME,
    ISO_TIME,
    MILLISECONDS,
    SECONDS,
    Stamp,
    check_age,
    last_of_salt,
)
from relay.core.standard_webhooks import StandardWebhooks, standard_webhooks_key
from relay.core.tokens import BasicAuth, BodyToken, SharedToken

__all__ = [
    "ANY_TIME",
    "ISO_TIME",
    "MILLISECONDS",
    "SECONDS",
    "AfterValidator",
    "Annotated",
    "Answer",
    "AnyOf",
    "Asking",
    "BaseModel",
    "BasicAuth",
    "BatchRead",
    "BodyToken",
    "Claim",
    "Connector",
    "Exchange",
    "ExpressionText",
    "Field",
    "FromAccount",
    "Handler",
    "Handshake",
    "HeaderName",
    "HmacSignature",
    "Ignored",
    "JwtProof",
    "KeyByUrl",
    "Keys",
    "Kind",
    "LookUp",
    "MappingSettings",
    "Node",
    "NotYet",
    "OptionalKeys",
    "OwnOrigin",
    "Person",
    "Place",
    "Proof",
    "PublicKeySignature",
    "Reading",
    "Reply",
    "Request",
    "Secrets",
    "Settings",
    "SharedToken",
    "SignedItems",
    "Source",
    "Stamp",
    "StampedSettings",
    "StandardWebhooks",
    "TokenRule",
    "Unreadable",
    "Unverified",
    "Verifier",
    "ZoneName",
    "all_texts",
    "answers",
    "any_match",
    "as_sent",
    "base64_key",
    "basic",
    "basic_user",
    "bearer",
    "body_alone",
    "check_age",
    "client_credentials",
    "consents",
    "data_of",
    "decode_base64",
    "echo_form",
    "echo_header",
    "echo_json",
    "echo_query",
    "exchanged",
    "field_text",
    "first_handshake",
    "first_text",
    "get",
    "graphql",
    "header_text",
    "hex_key",
    "host_under",
    "html_key",
    "in_header",
    "in_pairs",
    "json_reply",
    "key_in_header",
    "key_in_json",
    "key_in_query",
    "keyed_hash",
    "last_of_salt",
    "map_by_settings",
    "nothing",
    "paged",
    "parse_by_content_type",
    "parse_cloud_events",
    "parse_form",
    "parse_form_field",
    "parse_json",
    "parse_jwt",
    "parse_multipart",
    "parse_xml",
    "post_form",
    "post_json",
    "primary",
    "published",
    "query_text",
    "refresh_token",
    "signed_as",
    "stamp_dot_body",
    "standard_webhooks_key",
    "strongest_configured",
    "tells",
    "text_key",
    "text_reply",
    "url_of",
    "url_then_body",
    "url_then_sorted_form",
    "with_calling_code",
    "write_form",
    "zone_named",
]
