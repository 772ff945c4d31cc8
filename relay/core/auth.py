"""How a look-up is authorised, as data: the core names secrets and never sees their values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlencode

from relay.core.payload import Node

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"

Later = Callable[[Node], bool]
"""Whether the body of an error, which does not exist where it is no JSON, says "later"."""


@dataclass(frozen=True, slots=True)
class Auth:
    """One secret of the source and where it goes.

    `name` is the header, the query parameter, the form field, or the user of HTTP Basic; `path` the place in
    a JSON body.
    """

    kind: Literal["header", "query", "form", "json", "basic", "basic_user"]
    secret: str
    name: str = ""
    prefix: str = ""
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A token that is fetched with secrets, kept while it lasts, and then authorises look-ups.

    `token` and `lifetime` are paths in the answer; without a lifetime the token is kept for `lasts` seconds.
    `headers` go with the call for the token, `later` as in `LookUp`.
    """

    url: str
    auth: tuple[Auth, ...]
    body: bytes
    content_type: str
    token: tuple[str | int, ...] = ("access_token",)
    lifetime: tuple[str | int, ...] = ("expires_in",)
    lasts: float = 3600.0
    header: str = "authorization"
    prefix: str = "Bearer "
    later: Later | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)


def bearer(secret: str = "access_token") -> Auth:  # noqa: S107  # the name of a secret, not a secret
    return key_in_header("authorization", secret, prefix="Bearer ")


def key_in_header(name: str, secret: str = "access_token", *, prefix: str = "") -> Auth:  # noqa: S107  # its name
    """An API key in a header of its own, or in `authorization` with a word before it."""
    return Auth("header", secret, name, prefix)


def key_in_query(name: str, secret: str = "access_token") -> Auth:  # noqa: S107  # its name
    """An API key as a parameter of the URL."""
    return Auth("query", secret, name)


def key_in_json(*path: str | int, secret: str = "api_key") -> Auth:  # noqa: S107  # its name
    """An API key at a place of the JSON body, which must be there with any value."""
    return Auth("json", secret, path=path)


def basic(*, user: str, secret: str) -> Auth:
    """HTTP Basic: `user` is the user name itself, `secret` names the secret that is the password."""
    return Auth("basic", secret, user)


def basic_user(secret: str = "api_key") -> Auth:  # noqa: S107  # its name
    """HTTP Basic with an API key as the user and no password."""
    return Auth("basic_user", secret)


def client_credentials(
    url: str,
    *,
    client_id: str,
    secret: str = "client_secret",  # noqa: S107  # its name
    fields: Mapping[str, str] | None = None,
    in_form: bool = False,
    prefix: str = "Bearer ",
) -> Exchange:
    """The OAuth 2 grant of that name (RFC 6749, 4.4); the client stands in HTTP Basic, or in the form."""
    form = {"grant_type": "client_credentials", **(fields or {})}
    if not in_form:
        return Exchange(url, (basic(user=client_id, secret=secret),), _form(form), _FORM, prefix=prefix)
    auth = Auth("form", secret, "client_secret")
    return Exchange(url, (auth,), _form(form | {"client_id": client_id}), _FORM, prefix=prefix)


def refresh_token(
    url: str,
    *,
    client_id: str,
    secret: str = "client_secret",  # noqa: S107  # its name
    refresh: str = "refresh_token",
    prefix: str = "Bearer ",
    later: Later | None = None,
) -> Exchange:
    """The OAuth 2 grant of that name (RFC 6749, 6), for refresh tokens that outlast their use."""
    form = {"grant_type": "refresh_token", "client_id": client_id}
    auth = (Auth("form", secret, "client_secret"), Auth("form", refresh, "refresh_token"))
    return Exchange(url, auth, _form(form), _FORM, prefix=prefix, later=later)


def exchanged(
    url: str,
    body: object,
    *auth: Auth,
    token: tuple[str | int, ...],
    lifetime: tuple[str | int, ...] = (),
    lasts: float = 3600.0,
    header: str = "authorization",
    prefix: str = "Bearer ",
    headers: Mapping[str, str] | None = None,
) -> Exchange:
    """A vendor's own call for a token: JSON is posted, with secrets where `auth` puts them."""
    content = json.dumps(body).encode()
    return Exchange(url, auth, content, _JSON, token, lifetime, lasts, header, prefix, headers=headers or {})


def _form(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode()
