"""What goes back over the wire, and the refusals that every part of the sandbox can raise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `hang_up` closes the connection before it or in the middle of its body."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    delay: float = 0
    hang_up: Literal["no", "before", "within"] = "no"

    @property
    def ok(self) -> bool:
        """Whether the call worked."""
        return 200 <= self.status < 300


class Refusal(Exception):
    """A call that is refused; `answer` says so in the API's envelope."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def answer_json(status: int, value: object) -> Answer:
    """An answer whose body is this value as JSON."""
    return Answer(status, orjson.dumps(value))


def error(status: int, code: str, message: str, details: object = None, **beside: object) -> Answer:
    """The error envelope: `{"error": {"code", "message", "details"?}}`.

    `beside` goes next to `code`, where the 403 has its `requiredScope`.
    Source: https://demeterrr.mintlify.app/errors
    """
    inner: dict[str, Any] = {"code": code, "message": message, **beside}
    if details is not None:
        inner["details"] = details
    return answer_json(status, {"error": inner})


def refuse(status: int, code: str, message: str, details: object = None, **beside: object) -> Refusal:
    """The same envelope, to be raised."""
    return Refusal(error(status, code, message, details, **beside))


def invalid(message: str, *issues: str) -> Refusal:
    """400 `VALIDATION_ERROR`; the inner shape of `details` is not documented."""
    return refuse(400, "VALIDATION_ERROR", message, {"issues": list(issues)} if issues else None)


def not_found(what: str) -> Refusal:
    """404 `NOT_FOUND`, also for what belongs to another organization."""
    return refuse(404, "NOT_FOUND", f"{what} not found")
