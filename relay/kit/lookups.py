"""What the provider is asked where a body is thin."""

from __future__ import annotations

from relay.core.asking import Api, data_of, graphql, paged, url_of
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
from relay.core.lookup import Answer, BatchRead, LookUp, get, post_form, post_json
from relay.core.wanted import fetched

__all__ = [
    "Answer",
    "Api",
    "BatchRead",
    "Exchange",
    "LookUp",
    "basic",
    "basic_user",
    "bearer",
    "client_credentials",
    "data_of",
    "exchanged",
    "fetched",
    "get",
    "graphql",
    "key_in_header",
    "key_in_json",
    "key_in_query",
    "paged",
    "post_form",
    "post_json",
    "refresh_token",
    "url_of",
]
