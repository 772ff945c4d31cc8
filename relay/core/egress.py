"""Which addresses the relay may call: public ones, and those that the configuration allows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Written out: `ipaddress` judges multicast, 6to4 and NAT64 otherwise, and not the same in every Python.
_NETWORKS = {
    "unspecified": ("0.0.0.0/8", "::/128"),
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    "unique-local": ("fc00::/7",),
    "link-local": ("169.254.0.0/16", "fe80::/10"),
    "cloud metadata": ("168.63.129.16/32",),
    "shared by a carrier": ("100.64.0.0/10",),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
    "documentation": ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
    "benchmarking": ("198.18.0.0/15", "2001:2::/48"),
    "6to4": ("192.88.99.0/24", "2002::/16"),
    "Teredo": ("2001::/32",),
    "reserved": ("192.0.0.0/24", "240.0.0.0/4", "2001::/23"),
}
_KINDS: Mapping[Network, str] = {
    ip_network(network): kind for kind, networks in _NETWORKS.items() for network in networks
}
_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_NAMED = {"localhost": ("127.0.0.1", "::1")}


def address(host: str) -> Address:
    """The address that a literal stands for, an IPv4-mapped one unwrapped. Raises `ValueError`."""
    found = ip_address(host)
    if isinstance(found, IPv4Address):
        return found
    # Made anew, it has no scope: no network holds one.
    return found.ipv4_mapped or IPv6Address(int(found))


def kind(of: Address) -> str | None:
    """What keeps an address from being public, in a word or two; None: it is public.

    After IANA's registries of special-purpose addresses
    (https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry), and Azure's
    (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
    """
    if of in _NAT64:
        return kind(IPv4Address(int(of) & 0xFFFFFFFF))
    found = next((word for network, word in _KINDS.items() if of in network), None)
    outside = isinstance(of, IPv6Address) and of not in _UNICAST
    return found or ("reserved" if outside else None)


def refusal(of: Address, allow: Iterable[Network]) -> str | None:
    """The kind of an address that may not be called; None: it may."""
    return None if any(of in network for network in allow) else kind(of)


def refused_in(url: str, allow: Iterable[Network]) -> list[Address]:
    """The addresses that a URL spells out, if none may be called; a name is judged when it is dialled."""
    try:
        host = urlsplit(url).hostname or ""
        meant = [address(literal) for literal in _NAMED.get(host, (host,))]
    except ValueError:
        return []
    return meant if all(refusal(one, allow) for one in meant) else []


def described(refused: Iterable[Address]) -> str:
    """`127.0.0.1 (loopback), 10.0.0.1 (private)`."""
    return ", ".join(f"{one} ({kind(one)})" for one in refused)


def allowing(refused: Iterable[Address], allow: Iterable[Network]) -> str:
    """The value of `egress.allow` under which these may be called, too: `["127.0.0.1/32"]`."""
    networks = dict.fromkeys([*map(str, allow), *(str(ip_network(one)) for one in refused)])
    return json.dumps(list(networks))
