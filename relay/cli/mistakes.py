"""What becomes of errors: a sentence for the person who can act, and an exit code."""

from __future__ import annotations

from rich.text import Text

from relay.cli.output import Exit, errors, plain, table
from relay.config.faults import ConfigFaults
from relay.desk.problems import Problem
from relay.registry import ConnectorError
from relay.store.base import StoreFault

_EXITS = {401: Exit.USAGE, 403: Exit.USAGE, 404: Exit.NO, 409: Exit.NO, 422: Exit.USAGE}
"""By the status of a problem; any other means that something cannot be reached or used."""


def told(error: Exception) -> Exit | None:
    """Tell a mistake. None: it is a bug of ours, and its traceback is wanted."""
    match error:
        case ConfigFaults():
            rows = [(fault.key, fault.problem, fault.hint) for fault in error.faults]
            errors.print(table("The configuration has faults", ("key", "problem", "what to do"), rows))
            return Exit.USAGE
        case ConnectorError():
            errors.print(Text(plain(error), style="red"))
            return Exit.USAGE
        case Problem():
            _tell_problem(error)
            return _EXITS.get(error.status, Exit.UNAVAILABLE)
        case StoreFault() | OSError():
            errors.print(Text(plain(error), style="red"))
            return Exit.UNAVAILABLE
    return None


def _tell_problem(problem: Problem) -> None:
    errors.print(Text(plain(problem.detail), style="red"))
    for one in problem.errors:
        errors.print(Text(plain(f"{one['where']}: {one['message']}")))
    if problem.hint:
        errors.print(Text(plain(problem.hint)))
