"""Who is let in, in the ledger: tokens, login links, sessions, and failures to show one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from relay.core.access import LINK_LASTS, NOTED_EVERY, SESSION_LASTS, SESSION_RESTS, Role
from relay.core.audit import Change, change
from relay.core.credential import Kind
from relay.core.lockout import FORGOTTEN_AFTER, NONE, WITH_ALL, WITH_ONE, Failures
from relay.store import Store
from relay.store.access import TOKENS_KEPT
from tests.factories import HOUR, NOW_MS, SECOND
from tests.letting_in import link, session, token
from tests.store.conftest import Engine

DIGEST, OTHER = b"\x01" * 32, b"\x02" * 32
HERE, THERE = "192.0.2.7", "198.51.100.9"


def by(action: str) -> Change:
    return change("ops at the terminal", NOW_MS, action)


async def told(store: Store) -> list[str]:
    """What the audit log holds."""
    return [entry.change.action for entry in await store.audit_page(0, 99)]


async def alive(store: Store, now: int = NOW_MS) -> list[str]:
    return [one.name for one in await store.access.tokens(99, alive_at=now)]


async def test_a_token_is_found_as_it_was_made_with_its_digest(store: Store) -> None:
    made = token(role=Role.ADMIN, expires_at=NOW_MS + HOUR)
    assert await store.access.create_token(made, DIGEST, by("token.create"))
    assert await store.access.find_token(made.id) == (made, DIGEST)
    assert await told(store) == ["token.create"]


async def test_what_was_never_made_is_not_found(store: Store) -> None:
    assert await store.access.find_token("nobody") is None
    assert await store.access.find_link("nobody") is None
    assert await store.access.find_session("nobody") is None


async def test_two_tokens_of_one_name_would_not_be_told_apart(store: Store) -> None:
    assert await store.access.create_token(token(1, name="report"), DIGEST)
    assert not await store.access.create_token(token(2, name="report"), OTHER, by("token.create"))
    assert await store.access.find_token(token(2).id) is None
    assert await told(store) == []


async def test_the_name_of_a_token_that_ended_is_free(store: Store) -> None:
    await store.access.create_token(token(1, name="report", expires_at=NOW_MS + HOUR), DIGEST)
    second = token(2, name="report", created_at=NOW_MS + HOUR)
    assert await store.access.create_token(second, DIGEST)
    assert await store.access.revoke_token(second.id, NOW_MS + HOUR)
    assert await store.access.create_token(token(3, name="report", created_at=NOW_MS + 2 * HOUR), DIGEST)
    first = await store.access.find_token(token(1).id)
    assert first is not None
    assert first[0].ended(NOW_MS + HOUR) == "has expired"


async def test_a_revoked_token_is_still_listed_as_such(store: Store) -> None:
    await store.access.create_token(token(), DIGEST)
    assert await store.access.revoke_token(token().id, NOW_MS + HOUR, by("token.revoke"))
    assert not await store.access.revoke_token(token().id, NOW_MS + 2 * HOUR, by("token.revoke"))
    assert await store.access.tokens(9) == [token(revoked_at=NOW_MS + HOUR)]
    assert await alive(store) == []
    assert await told(store) == ["token.revoke"]


async def test_a_token_that_has_expired_cannot_be_revoked(store: Store) -> None:
    await store.access.create_token(token(expires_at=NOW_MS + HOUR), DIGEST)
    assert not await store.access.revoke_token(token().id, NOW_MS + HOUR, by("token.revoke"))
    assert await alive(store, NOW_MS + HOUR) == []


async def test_tokens_are_listed_page_by_page_the_newest_first(store: Store) -> None:
    made = [token(number, created_at=NOW_MS + number // 3 * HOUR) for number in range(10)]
    for one in made:
        await store.access.create_token(one, DIGEST)
    found = await store.access.tokens(4)
    while page := await store.access.tokens(4, (found[-1].created_at, found[-1].id)):
        found += page
    assert found == sorted(made, key=lambda one: (one.created_at, one.id), reverse=True)


async def test_tokens_that_ended_long_ago_are_forgotten(store: Store) -> None:
    await store.access.create_token(token(1), DIGEST)
    await store.access.create_token(token(2, expires_at=NOW_MS + HOUR), DIGEST)
    await store.access.create_token(token(3), DIGEST)
    await store.access.revoke_token(token(1).id, NOW_MS)
    await store.access.create_token(token(4, created_at=NOW_MS + TOKENS_KEPT), DIGEST)
    assert {one.name for one in await store.access.tokens(9)} == {"report-2", "report-3", "report-4"}


async def test_the_use_of_a_token_is_noted_once_a_minute(store: Store) -> None:
    async def used_at() -> int | None:
        found = await store.access.find_token(token().id)
        assert found is not None
        return found[0].last_used_at

    await store.access.create_token(token(), DIGEST)
    await store.access.touch_token(token().id, NOW_MS)
    await store.access.touch_token(token().id, NOW_MS + NOTED_EVERY - 1)
    assert await used_at() == NOW_MS
    await store.access.touch_token(token().id, NOW_MS + NOTED_EVERY)
    assert await used_at() == NOW_MS + NOTED_EVERY


async def test_a_link_opens_one_session(store: Store) -> None:
    await store.access.create_link(link(), DIGEST, by("link.create"))
    assert await store.access.find_link(link().id) == (link(), DIGEST)
    assert await store.access.use_link(link().id, session(1), DIGEST, by("session.open"))
    assert not await store.access.use_link(link().id, session(2), OTHER, by("session.open"))
    assert await store.access.find_session(session(1).id) == (session(1), DIGEST)
    assert await store.access.find_session(session(2).id) is None
    assert await told(store) == ["link.create", "session.open"]


async def test_of_two_who_use_a_link_at_once_one_gets_in(store: Store) -> None:
    await store.access.create_link(link(), DIGEST)
    uses = [store.access.use_link(link().id, session(number), DIGEST) for number in range(8)]
    assert sorted(await asyncio.gather(*uses)) == [False] * 7 + [True]
    assert len(await store.access.sessions(NOW_MS, 99)) == 1


async def test_a_used_link_says_so_until_it_would_have_expired(store: Store) -> None:
    await store.access.create_link(link(1), DIGEST)
    await store.access.use_link(link(1).id, session(opened_at=NOW_MS + SECOND), DIGEST)
    assert await store.access.find_link(link(1).id) == (link(1, used_at=NOW_MS + SECOND), DIGEST)
    later = NOW_MS + LINK_LASTS
    await store.access.create_link(link(2, created_at=later, expires_at=later + LINK_LASTS), DIGEST)
    assert await store.access.find_link(link(1).id) is None


async def test_a_link_that_has_expired_opens_nothing(store: Store) -> None:
    await store.access.create_link(link(), DIGEST)
    late = session(opened_at=NOW_MS + LINK_LASTS, seen_at=NOW_MS + LINK_LASTS)
    assert not await store.access.use_link(link().id, late, DIGEST)
    assert await store.access.sessions(late.opened_at, 9) == []


async def opened(store: Store, number: int, at: int = NOW_MS) -> None:
    await store.access.create_link(link(number, created_at=at, expires_at=at + LINK_LASTS), DIGEST)
    one = session(number, opened_at=at, seen_at=at, expires_at=at + SESSION_LASTS)
    assert await store.access.use_link(link(number).id, one, DIGEST)


async def listed(store: Store, now: int) -> set[str]:
    return {one.id for one in await store.access.sessions(now, 99)}


async def test_a_session_is_gone_once_it_is_revoked(store: Store) -> None:
    await opened(store, 1)
    assert await store.access.revoke_session(session(1).id, by("session.revoke"))
    assert not await store.access.revoke_session(session(1).id, by("session.revoke"))
    assert await store.access.find_session(session(1).id) is None
    assert await told(store) == ["session.revoke"]


async def test_a_session_that_is_used_stays_until_it_may_not(store: Store) -> None:
    await opened(store, 1)
    await opened(store, 2)
    await store.access.touch_session(session(2).id, NOW_MS + SESSION_RESTS - 1)
    assert await listed(store, NOW_MS + SESSION_RESTS - 1) == {session(1).id, session(2).id}
    assert await listed(store, NOW_MS + SESSION_RESTS) == {session(2).id}
    await store.access.touch_session(session(2).id, NOW_MS + SESSION_LASTS - 1)
    assert await listed(store, NOW_MS + SESSION_LASTS) == set()


async def test_the_use_of_a_session_is_noted_once_a_minute(store: Store) -> None:
    await opened(store, 1)
    await store.access.touch_session(session().id, NOW_MS + NOTED_EVERY - 1)
    assert await store.access.find_session(session().id) == (session(), DIGEST)
    await store.access.touch_session(session().id, NOW_MS + NOTED_EVERY)
    assert await store.access.find_session(session().id) == (session(seen_at=NOW_MS + NOTED_EVERY), DIGEST)


async def test_sessions_that_ended_are_forgotten_when_the_next_one_opens(store: Store) -> None:
    await opened(store, 1)
    await opened(store, 2, NOW_MS + SESSION_RESTS)
    assert await store.access.find_session(session(1).id) is None
    assert await listed(store, NOW_MS + SESSION_RESTS) == {session(2).id}


async def test_sessions_are_listed_page_by_page_the_newest_first(store: Store) -> None:
    for number in range(7):
        await opened(store, number, NOW_MS + number // 3 * HOUR)
    found = await store.access.sessions(NOW_MS, 3)
    while page := await store.access.sessions(NOW_MS, 3, (found[-1].opened_at, found[-1].id)):
        found += page
    keys = [(one.opened_at, one.id) for one in found]
    assert len(keys) == 7
    assert keys == sorted(keys, reverse=True)


async def test_what_lets_somebody_in_is_there_for_a_relay_that_starts_anew(engine: Engine) -> None:
    async with engine.open() as store:
        await store.access.create_token(token(), DIGEST)
        await opened(store, 1)
        await store.access.failed(Kind.TOKEN, HERE, NOW_MS)
    async with engine.open() as store:
        assert await store.access.find_token(token().id) == (token(), DIGEST)
        assert await listed(store, NOW_MS) == {session(1).id}
        assert (await store.access.tries(Kind.TOKEN, HERE)).by_one == Failures(1, NOW_MS, NOW_MS)


async def test_a_token_made_beside_a_relay_at_work_is_known_to_it_at_once(
    engine: Engine, store: Store
) -> None:
    async with engine.open(exclusive=False) as beside:
        await beside.access.create_token(token(), DIGEST)
        assert await store.access.find_token(token().id) == (token(), DIGEST)
        await beside.access.revoke_token(token().id, NOW_MS)
    found = await store.access.find_token(token().id)
    assert found == (replace(token(), revoked_at=NOW_MS), DIGEST)


async def fail(store: Store, times: int, address: str | None = HERE, kind: Kind = Kind.TOKEN) -> int:
    """How many of these failures, all at once, were counted."""
    counted = [await store.access.failed(kind, address, NOW_MS) for _ in range(times)]
    return len([one for one in counted if one])


async def test_failures_are_counted_by_address_until_it_must_wait(store: Store) -> None:
    assert await fail(store, 20) == WITH_ONE.free + 1
    tries = await store.access.tries(Kind.TOKEN, HERE)
    assert tries.shut_out(NOW_MS) == WITH_ONE.first
    assert (await store.access.tries(Kind.TOKEN, THERE)).by_one == NONE


async def test_each_kind_is_counted_for_itself(store: Store) -> None:
    await fail(store, 20)
    for kind in (Kind.LINK, Kind.SESSION):
        assert (await store.access.tries(kind, HERE)).ignored(NOW_MS) == 0


async def test_waits_grow_and_are_forgotten(store: Store) -> None:
    await fail(store, 20)
    now = NOW_MS + WITH_ONE.first
    assert await store.access.failed(Kind.TOKEN, HERE, now) == Failures(6, now, now + 2 * WITH_ONE.first)
    later = now + FORGOTTEN_AFTER
    assert await store.access.failed(Kind.TOKEN, HERE, later) == Failures(1, later, later)


async def test_strangers_of_many_addresses_are_counted_together(store: Store) -> None:
    guesses = [await fail(store, 1, f"198.51.100.{number}") for number in range(80)]
    assert sum(guesses) == WITH_ALL.free + 1
    tries = await store.access.tries(Kind.TOKEN, HERE)
    assert (tries.shut_out(NOW_MS), tries.ignored(NOW_MS)) == (0, WITH_ALL.first)


async def test_failures_from_nowhere_count_for_everybody_alone(store: Store) -> None:
    assert await fail(store, 80, None) == WITH_ALL.free + 1
    tries = await store.access.tries(Kind.TOKEN, None)
    assert (tries.shut_out(NOW_MS), tries.ignored(NOW_MS)) == (0, WITH_ALL.first)


async def test_many_failures_at_once_are_counted_one_by_one(store: Store) -> None:
    many = [store.access.failed(Kind.LINK, HERE, NOW_MS) for _ in range(50)]
    counted = [found.count for found in await asyncio.gather(*many) if found]
    assert counted == list(range(1, WITH_ONE.free + 2))
