"""Roles: each may do what the smaller ones may, and nothing more."""

from __future__ import annotations

import pytest

from relay.core.access import Role


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.OPERATOR, {Role.VIEWER, Role.OPERATOR}),
        (Role.ADMIN, {Role.VIEWER, Role.OPERATOR, Role.ADMIN}),
    ],
)
def test_a_role_may_do_what_the_smaller_ones_may(role: Role, may: set[Role]) -> None:
    assert {needed for needed in Role if role.allows(needed)} == may


def test_a_role_is_the_word_that_people_write() -> None:
    assert [str(role) for role in Role] == ["viewer", "operator", "admin"]
