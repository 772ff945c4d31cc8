"""What somebody shows to be let in: a token, a login link, the cookie of a session. All have one form.

    rly_ZmVQ3tq0B_9sJ…          prefix _ id _ secret and checksum, in letters and digits

The prefix says what it is, so that scanners for secrets and people recognise one that was left somewhere.
The id is no secret and is listed. The secret has 192 bits, so one hash is enough to keep it by: nobody can
try them out. The checksum tells what is mistyped or cut off from what was revoked.
"""

from __future__ import annotations

import hmac
import re
import string
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from zlib import crc32

ENTROPY = 30
"""How many random bytes a credential is made of."""

_ID_BYTES, _ID_SIGNS, _SECRET_SIGNS, _CHECK_SIGNS = 6, 9, 33, 6
_SIGNS = string.digits + string.ascii_uppercase + string.ascii_lowercase


class Kind(StrEnum):
    """What a credential is for; one is never taken for another."""

    TOKEN = "token"  # noqa: S105  # the name of a kind
    LINK = "link"
    SESSION = "session"

    @property
    def prefix(self) -> str:
        return _PREFIXES[self]


_PREFIXES = {Kind.TOKEN: "rly_", Kind.LINK: "rlyl_", Kind.SESSION: "rlys_"}
_FORM = re.compile(f"([0-9A-Za-z]{{{_ID_SIGNS}}})_[0-9A-Za-z]{{{_SECRET_SIGNS + _CHECK_SIGNS}}}")


@dataclass(frozen=True, slots=True)
class Credential:
    """`text` is shown once, to whom it is for; `id` and `digest` are what is kept."""

    kind: Kind
    id: str
    text: str = field(repr=False)

    @property
    def digest(self) -> bytes:
        return blake2b(self.text.encode(), digest_size=32, person=b"relay-access").digest()

    def proves(self, digest: bytes) -> bool:
        """Whether this is the credential that was kept as `digest`, compared in constant time."""
        return hmac.compare_digest(self.digest, digest)


def mint(kind: Kind, entropy: bytes) -> Credential:
    """A new credential of `ENTROPY` random bytes."""
    if len(entropy) != ENTROPY:
        raise ValueError(f"a credential is made of {ENTROPY} bytes")
    number, secret = entropy[:_ID_BYTES], entropy[_ID_BYTES:]
    its_id = _written(int.from_bytes(number), _ID_SIGNS)
    head = f"{kind.prefix}{its_id}_{_written(int.from_bytes(secret), _SECRET_SIGNS)}"
    return Credential(kind, its_id, head + _checksum(head))


def read(kind: Kind, text: str) -> Credential | None:
    """What was shown, if it has the form of that kind and its checksum is right."""
    found = _FORM.fullmatch(text.removeprefix(kind.prefix)) if text.startswith(kind.prefix) else None
    if found is None or _checksum(text[:-_CHECK_SIGNS]) != text[-_CHECK_SIGNS:]:
        return None
    return Credential(kind, found[1], text)


def _checksum(text: str) -> str:
    return _written(crc32(text.encode()), _CHECK_SIGNS)


def _written(number: int, signs: int) -> str:
    """A number in base 62, filled up to `signs`."""
    written = ""
    for _ in range(signs):
        number, last = divmod(number, len(_SIGNS))
        written = _SIGNS[last] + written
    return written
