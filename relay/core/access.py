"""Who may do what in the operator's desk: a name, and a role that holds every smaller one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """From the least to the most: who looks, who repairs, and who lets people in."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def allows(self, needed: Role) -> bool:
        """Whether a caller of this role may do what asks for `needed`."""
        return _RANK[self] >= _RANK[needed]


_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in; `name` is what the audit log says of what they change."""

    name: str
    role: Role
