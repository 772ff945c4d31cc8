"""Everything that a connector may import, in one place.

A connector is one file with a `CONNECTOR`; its docstring is its set-up page. See `docs/connectors.md`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

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
from relay.core.errors import Unreadable, Unverified
from relay.core.event import Kind, Person, Reading
from relay.core.expression import ExpressionText
from relay.core.lookup import Answer, BatchRead, LookUp, basic, bearer, get
from relay.core.mapping import MappingSettings, map_by_settings
from relay.core.parsing import parse_form, parse_json, parse_multipart, parse_xml
from relay.core.payload import Node
from relay.core.proof import HeaderName, Proof, TokenRule
from relay.core.request import Reply, Request
from relay.core.signatures import (
    BasicAuth,
    Claim,
    HmacSignature,
    Place,
    SharedToken,
    Verifier,
    any_match,
    as_sent,
    body_alone,
    check_age,
    decode_base64,
    in_header,
    in_pairs,
    stamp_dot_body,
    url_then_body,
)
from relay.core.source import Keys, OptionalKeys, Secrets, Settings, Source, StampedSettings
from relay.core.standard_webhooks import StandardWebhooks, standard_webhooks_key

__all__ = [
    "AfterValidator",
    "Annotated",
    "Answer",
    "Asking",
    "BaseModel",
    "BasicAuth",
    "BatchRead",
    "Claim",
    "Connector",
    "ExpressionText",
    "Field",
    "Handler",
    "HeaderName",
    "HmacSignature",
    "Ignored",
    "Keys",
    "Kind",
    "LookUp",
    "MappingSettings",
    "Node",
    "OptionalKeys",
    "Person",
    "Place",
    "Proof",
    "Reading",
    "Reply",
    "Request",
    "Secrets",
    "Settings",
    "SharedToken",
    "Source",
    "StampedSettings",
    "StandardWebhooks",
    "TokenRule",
    "Unreadable",
    "Unverified",
    "Verifier",
    "any_match",
    "as_sent",
    "basic",
    "bearer",
    "body_alone",
    "check_age",
    "decode_base64",
    "field_text",
    "get",
    "header_text",
    "in_header",
    "in_pairs",
    "map_by_settings",
    "nothing",
    "parse_form",
    "parse_json",
    "parse_multipart",
    "parse_xml",
    "query_text",
    "stamp_dot_body",
    "standard_webhooks_key",
    "url_then_body",
]
