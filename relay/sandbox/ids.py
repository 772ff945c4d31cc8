"""Ids that look like UUIDs, tell a reader what they name, and are the same in every run."""

from __future__ import annotations

from typing import Literal

Kind = Literal["organization", "location", "employee", "sequence", "step", "contact", "sending"]

_PREFIX: dict[Kind, str] = {
    "organization": "06000000",
    "location": "10ca0000",
    "employee": "e3900000",
    "sequence": "5e900000",
    "step": "57e90000",
    "contact": "c0000000",
    "sending": "5e4d0000",
}


def make_id(kind: Kind, number: int, seed: int) -> str:
    """The id of the `number`-th thing of a kind: in form a UUID of version 4."""
    return f"{_PREFIX[kind]}-{seed & 0xFFFF:04x}-4000-8000-{number:012x}"
