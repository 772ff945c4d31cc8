"""Roles, and until when tokens, links and sessions let somebody in."""

from __future__ import annotations

import pytest

from relay.core.access import LINK_LASTS, SESSION_LASTS, SESSION_RESTS, Caller, Role, name_of
from tests.factories import HOUR, MINUTE, NOW_MS
from tests.letting_in import link, session, token


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


def test_a_token_without_an_end_lasts_until_it_is_revoked() -> None:
    assert token().ended(NOW_MS + 10**12) is None
    assert token(revoked_at=NOW_MS).ended(NOW_MS) == "was revoked"


def test_a_token_ends_when_it_says() -> None:
    short = token(expires_at=NOW_MS + HOUR)
    assert short.ended(NOW_MS + HOUR - 1) is None
    assert short.ended(NOW_MS + HOUR) == "has expired"


def test_a_token_that_was_revoked_before_its_end_is_told_to_have_been_revoked() -> None:
    assert token(expires_at=NOW_MS + HOUR, revoked_at=NOW_MS).ended(NOW_MS + 2 * HOUR) == "was revoked"


def test_a_link_opens_once_and_soon() -> None:
    assert link().ended(NOW_MS + LINK_LASTS - 1) is None
    assert link().ended(NOW_MS + LINK_LASTS) == "has expired"
    assert link(used_at=NOW_MS).ended(NOW_MS) == "was used already"


def test_a_session_ends_when_nobody_uses_it() -> None:
    later = NOW_MS + 30 * HOUR
    assert session(seen_at=later).ended(later + SESSION_RESTS - 1) is None
    assert session(seen_at=later).ended(later + SESSION_RESTS) == "has ended"


def test_a_session_ends_however_much_it_is_used() -> None:
    end = NOW_MS + SESSION_LASTS
    assert session(seen_at=end - 1).ended(end - 1) is None
    assert session(seen_at=end - 1).ended(end) == "has ended"


def test_a_use_is_to_be_noted_once_a_minute() -> None:
    assert token().unnoted(NOW_MS)
    assert not token(last_used_at=NOW_MS).unnoted(NOW_MS + MINUTE - 1)
    assert token(last_used_at=NOW_MS).unnoted(NOW_MS + MINUTE)
    assert not session().unnoted(NOW_MS + MINUTE - 1)
    assert session().unnoted(NOW_MS + MINUTE)


def test_the_audit_log_can_tell_people_from_programs() -> None:
    assert token(name="Ana", role=Role.ADMIN).caller == Caller("Ana by token", Role.ADMIN)
    assert session(name="Ana").caller == Caller("Ana at the console", Role.OPERATOR)


def test_a_name_is_one_line() -> None:
    assert name_of("  Ana \n Lopes ") == "Ana Lopes"
    assert name_of("Zoë 張") == "Zoë 張"


@pytest.mark.parametrize("text", ["", "  ", "x" * 61, "Ana\x1b[2J", "Ana\u202e", "Ana\x00"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="should be a name"):
        name_of(text)
