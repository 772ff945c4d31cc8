"""Whether a form was sent by a page of ours, or by a stranger's page in the browser of one of our users."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import blake2b
from urllib.parse import urlsplit

from relay.core.credential import Credential

FIELD = "form_token"
"""The name of the field in which every form carries its token."""


def form_token(session: Credential) -> str:
    """What every form of a session carries: only who holds the cookie can make it."""
    return blake2b(session.text.encode(), digest_size=24, person=b"relay-form").hexdigest()


def is_ours(session: Credential, shown: str) -> bool:
    """Whether a form carries the token of that session, compared in constant time."""
    return hmac.compare_digest(form_token(session).encode(), shown.encode("utf-8", "replace"))


def is_from_elsewhere(headers: Mapping[str, str], public_url: str) -> bool:
    """Whether the browser says that another site's page made this call. Header names are in lower case.

    Sec-Fetch-Site is the browser's own word (https://www.w3.org/TR/fetch-metadata/). Where it is missing, as
    on connections without encryption, Origin must be the place that was called or the public address.
    Programs send neither: the token of the form is then all there is.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    called = {headers.get("host", ""), _host_of(public_url)} - {""}
    return _host_of(origin) not in {one.lower() for one in called}


def _host_of(url: str) -> str:
    """Host and port; nothing where there is none, as in `null`."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
