"""Settings of which look-ups make addresses: checked, since secrets are sent there."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from relay.core.moments import zone_named

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"


def host_under(domain: str, *others: str) -> AfterValidator:
    """A host right below the vendor's domain: `Annotated[str, host_under("myshopify.com")]`.

    The name alone is completed with `domain`; `others` are accepted when they are written out.
    """
    below = re.compile(rf"{_LABEL}\.(?:{'|'.join(map(re.escape, (domain, *others)))})")

    def check(text: str) -> str:
        host = text.strip().lower().removeprefix("https://").rstrip("/")
        host = host if "." in host else f"{host}.{domain}"
        if not below.fullmatch(host):
            raise ValueError(f"should be a name below {' or '.join((domain, *others))}")
        return host

    return AfterValidator(check)


def _origin(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or parts.query:
        raise ValueError("should be an address such as https://shop.example.com")
    if parts.path.strip("/") or parts.fragment:
        raise ValueError("should end after the host: https://shop.example.com")
    return f"https://{parts.netloc.lower()}"


def _zone(name: str) -> str:
    zone_named(name)
    return name


OwnOrigin = Annotated[str, AfterValidator(_origin)]
"""The address of a server of the user's own, for senders that people host themselves."""

ZoneName = Annotated[str, AfterValidator(_zone)]
"""A time zone such as `America/New_York`; read it with `zone_named`."""
