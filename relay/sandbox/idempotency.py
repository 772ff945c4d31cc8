"""Idempotency keys: an undocumented kindness, and so switched off unless asked for."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from relay.sandbox.answers import Answer, refuse

if TYPE_CHECKING:
    from relay.sandbox.journal import Call
    from relay.sandbox.switches import Switches

HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class _Remembered:
    fingerprint: bytes
    answer: Answer
    at: float


@dataclass(slots=True)
class Repeats:
    """The answers given under each key of an organization; the oldest beyond `kept` go."""

    # An answer for a hundred contacts is about 10 kB.
    kept: int = 20_000
    _answers: OrderedDict[tuple[str, str], _Remembered] = field(default_factory=OrderedDict)

    def find(self, organization_id: str, call: Call, switches: Switches) -> Answer | None:
        """The stored answer of the same call; Refusal when the key was used for another one."""
        key = call.headers.get(HEADER)
        if not switches.idempotency or not key:
            return None
        seen = self._answers.get((organization_id, key))
        if seen is None or seen.at + switches.idempotency_seconds <= call.now:
            return None
        if seen.fingerprint != _fingerprint(call):
            raise refuse(
                switches.idempotency_mismatch_status,
                "IDEMPOTENCY_KEY_REUSED",
                "This idempotency key was used for another request",
            )
        return seen.answer

    def keep(self, organization_id: str, call: Call, switches: Switches, answer: Answer) -> None:
        """Remember the answer of a call that did its work; who was refused may try again."""
        key = call.headers.get(HEADER)
        if not switches.idempotency or not key:
            return
        self._answers[organization_id, key] = _Remembered(_fingerprint(call), answer, call.now)
        self._answers.move_to_end((organization_id, key))
        if len(self._answers) > self.kept:
            self._answers.popitem(last=False)


def _fingerprint(call: Call) -> bytes:
    return sha256(call.path.encode() + b"\n" + call.body).digest()
