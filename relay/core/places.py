"""Where a signature and its timestamp stand in the headers: how to read them, how to write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from relay.core.request import Request
from relay.core.signed import Claim


@dataclass(frozen=True, slots=True)
class Place:
    """A header and its form."""

    header: str
    read: Callable[[Request], Claim]
    write: Callable[[str, str], Mapping[str, str]]


def in_header(name: str, *, prefix: str = "", bare: bool = False, stamp: str | None = None) -> Place:
    """The signature alone in a header, after a prefix; the timestamp in a header of its own.

    `bare`: it may also come without the prefix.
    """

    def read(request: Request) -> Claim:
        value = request.header(name)
        if value is None or not (bare or value.startswith(prefix)):
            return Claim(())
        signed_at = (request.header(stamp) or "") if stamp else ""
        return Claim((value.removeprefix(prefix).strip(),), signed_at)

    def write(signature: str, signed_at: str) -> Mapping[str, str]:
        return {name: prefix + signature} | ({stamp: signed_at} if stamp else {})

    return Place(name, read, write)


def in_pairs(name: str, *, signature: str, stamp: str | None = None, separator: str = ",") -> Place:
    """`t=…,v1=…` in one header; a signature name that stands several times is several signatures."""

    def read(request: Request) -> Claim:
        pairs = [part.strip().partition("=") for part in (request.header(name) or "").split(separator)]
        stamps = [value for key, _, value in pairs if key == stamp]
        found = tuple(value for key, _, value in pairs if key == signature)
        return Claim(found, stamps[0] if stamps else "")

    def write(text: str, signed_at: str) -> Mapping[str, str]:
        stamped = f"{stamp}={signed_at}{separator}" if stamp else ""
        return {name: f"{stamped}{signature}={text}"}

    return Place(name, read, write)
