"""From which address a call comes, through proxies that are trusted and others."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from relay.core.egress import Address, Network, address, kind

_MOST_HOPS = 32


def caller_address(peer: str | None, forwarded: str, trusted: Sequence[Network]) -> Address | None:
    """The address nearest to us that is no trusted proxy's; None where it cannot be known.

    `peer` is what the connection comes from, `forwarded` the values of X-Forwarded-For, to whose end each
    proxy adds what it sees (https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For).
    What stands before a proxy that is not trusted may be invented.
    """
    seen = _read(peer or "")
    if seen is None or not _in(seen, trusted):
        # A proxy nearby that nobody named: its address stands for everybody, and so for nobody.
        return None if seen is None or (forwarded and kind(seen)) else seen
    hops = [_read(text) for text in forwarded.split(",")[-_MOST_HOPS:] if text.strip()]
    while seen is not None and hops and _in(seen, trusted):
        seen = hops.pop()
    return seen


def _in(one: Address, networks: Sequence[Network]) -> bool:
    return any(one in network for network in networks)


def _read(text: str) -> Address | None:
    """An address, which some proxies give with a port: `192.0.2.1:443`, `[2001:db8::1]:443`."""
    text = text.strip().strip('"')
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    with suppress(ValueError):
        return address(host)
    return None
