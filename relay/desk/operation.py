"""An operation: its HTTP form, who may do it, and the function that does it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, Literal, ParamSpec, TypeVar, cast, get_type_hints

from relay.core.access import Role
from relay.desk.desk import Desk
from relay.desk.problems import Conflict, Forbidden, Invalid, NotFound, Problem

P = ParamSpec("P")
R = TypeVar("R")

Method = Literal["GET", "POST", "PUT", "DELETE"]
Work = Callable[Concatenate[Desk, P], Awaitable[R]]


@dataclass(frozen=True, slots=True)
class Operation(Generic[P, R]):
    """Called with a desk and the parameters by name, it does what it says.

    `query` and `body` are the models of the parameters with these names; every other one is a part of the
    path. `problems` are what may go wrong besides what may with any: rights, and parameters of a wrong shape.
    """

    name: str
    method: Method
    path: str
    role: Role
    section: str
    summary: str
    description: str
    parameters: dict[str, Any]
    answer: Any
    problems: tuple[type[Problem], ...]
    work: Work[P, R]

    @property
    def query(self) -> Any:
        return self.parameters.get("query")

    @property
    def body(self) -> Any:
        return self.parameters.get("body")

    @property
    def place(self) -> dict[str, Any]:
        """The parts of the path, by name."""
        return {name: kind for name, kind in self.parameters.items() if name not in ("query", "body")}

    async def __call__(self, desk: Desk, *args: P.args, **kwargs: P.kwargs) -> R:
        """Raises `Problem`."""
        if not desk.caller.role.allows(self.role):
            raise Forbidden(
                f"{desk.caller.name} is {desk.caller.role}, and this needs {self.role}",
                "ask an admin for a token with that role",
            )
        return await self.work(desk, *args, **kwargs)


def operation(
    method: Method, path: str, *, role: Role = Role.VIEWER, problems: tuple[type[Problem], ...] = ()
) -> Callable[[Work[P, R]], Operation[P, R]]:
    """Makes an operation of a function. Its docstring is what the API's reference says of it."""

    def made(work: Work[P, R]) -> Operation[P, R]:
        hints = get_type_hints(work, include_extras=True)
        answer = hints.pop("return")
        text = inspect.getdoc(work) or ""
        summary, _, rest = text.partition("\n\n")
        return Operation(
            name=cast("Callable[P, R]", work).__name__,
            method=method,
            path=path,
            role=role,
            section=work.__module__.rpartition(".")[2],
            summary=" ".join(summary.split()).rstrip("."),
            description=rest,
            parameters={name: kind for name, kind in hints.items() if name != "desk"},
            answer=answer,
            problems=problems,
            work=work,
        )

    return made


__all__ = ["Conflict", "Invalid", "NotFound", "Operation", "Problem", "Role", "operation"]
