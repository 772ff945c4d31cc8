"""What can be wrong with a delivery, named by what happens next."""

from __future__ import annotations


class Unverified(Exception):
    """The request is not proven to come from its source: answer 401, nothing enters the pipeline.

    The message names the header or secret by name and never holds a value of either.
    """


class Unreadable(Exception):
    """An authentic request or event that the connector cannot read: it is parked.

    `path` says where in the payload, in the notation of `Node` (`$.data.object.id`).
    """

    def __init__(self, problem: str, path: str = "$") -> None:
        super().__init__(f"{path}: {problem}")
        self.problem = problem
        self.path = path


class NotYet(Exception):
    """The provider cannot be asked now, or does not know yet: the event is read again later."""


class NotWanted(Exception):
    """An authentic and readable event that is not wanted, raised where it shows: the event is ignored.

    `nobody` as in `Ignored`.
    """

    def __init__(self, reason: str, *, nobody: bool = False) -> None:
        super().__init__(reason)
        self.nobody = nobody


class Misconfigured(ValueError):
    """A source that its connector cannot work with, raised by `for_source`.

    `key` is the place below the source (`secrets.signing_key`); `problem` says what is wrong with it.
    """

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key} {problem}")
        self.key = key
        self.problem = problem
