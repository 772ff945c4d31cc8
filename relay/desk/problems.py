"""Why an operation could not be done, for the person who asked (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Problem(Exception):
    """`detail` says what happened, `hint` what to do; `errors` name what is wrong with which value."""

    status: int = 500
    title: str = "The relay failed"

    def __init__(self, detail: str, hint: str = "", errors: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.errors = tuple(errors)


class Unauthorized(Problem):
    status = 401
    title = "Who are you?"


class Forbidden(Problem):
    status = 403
    title = "Not allowed"


class NotFound(Problem):
    status = 404
    title = "Not there"


class Conflict(Problem):
    status = 409
    title = "Not possible now"


class Invalid(Problem):
    """`errors` are pairs of `where` (`body.contact.phone`) and `message`."""

    status = 422
    title = "Not understood"


class TooMany(Problem):
    """`retry_after` in seconds."""

    status = 429
    title = "Too many tries"

    def __init__(self, detail: str, retry_after: int = 60) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(Problem):
    status = 503
    title = "Not available now"
