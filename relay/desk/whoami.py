"""Who is at work."""

from __future__ import annotations

import relay
from relay.core.access import Role
from relay.desk.desk import Desk
from relay.desk.model import Model
from relay.desk.operation import operation


class Who(Model):
    """Whoever holds this token, and which relay this is."""

    name: str
    role: Role
    version: str


@operation("GET", "/whoami")
async def whoami(desk: Desk) -> Who:
    """Who calls, with which role, and which version of the relay answers."""
    return Who(name=desk.caller.name, role=desk.caller.role, version=relay.__version__)
