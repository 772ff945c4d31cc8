"""What operators look at, on a connection of their own: a long look holds up none of the loops."""

from __future__ import annotations

from relay.core.letters import EVERY_LETTER, LetterFilter
from relay.store.lists import Lists
from relay.store.rows import (
    EVERY_ENROLLMENT,
    EVERY_REQUEST,
    DeadLetter,
    EnrollmentFilter,
    EnrollmentRow,
    EnrollmentStory,
    EventRow,
    LetterGroup,
    LetterPlace,
    PersonHistory,
    RequestFilter,
    RequestRow,
    RequestStory,
    Story,
    Stretch,
)
from relay.store.sql import enrollments, letters, people, request_lists, stories
from relay.store.sql.engine import Engine


class SqlLists(Lists):
    """Reads by looks, which hold up nothing else."""

    _engine: Engine

    async def dead_letters(
        self, limit: int, wanted: LetterFilter = EVERY_LETTER, after: LetterPlace | None = None
    ) -> list[DeadLetter]:
        return await self._engine.look(lambda db: letters.page(db, wanted, limit, after))

    async def count_letters(self) -> int:
        return await self._engine.look(letters.count)

    async def letter_groups(self, wanted: LetterFilter, limit: int) -> list[LetterGroup]:
        return await self._engine.look(lambda db: letters.groups(db, wanted, limit))

    async def story(self, letter: str) -> Story | None:
        return await self._engine.look(lambda db: stories.story(db, letter))

    async def requests_page(
        self, limit: int, wanted: RequestFilter = EVERY_REQUEST, before: int | None = None
    ) -> Stretch[RequestRow]:
        return await self._engine.look(lambda db: request_lists.page(db, wanted, before, limit))

    async def request_story(self, number: int) -> RequestStory | None:
        return await self._engine.look(lambda db: request_lists.story(db, number))

    async def enrollments_page(
        self, limit: int, wanted: EnrollmentFilter = EVERY_ENROLLMENT, before: int | None = None
    ) -> Stretch[EnrollmentRow]:
        return await self._engine.look(lambda db: enrollments.page(db, wanted, before, limit))

    async def enrollment_story(self, number: int) -> EnrollmentStory | None:
        return await self._engine.look(lambda db: stories.enrollment_story(db, number))

    async def person(self, who: str, limit: int, now: int) -> PersonHistory:
        return await self._engine.look(lambda db: people.person(db, who, limit, now))

    async def tail(self, after: int, limit: int) -> list[EventRow]:
        return await self._engine.look(lambda db: request_lists.tail(db, after, limit))

    async def newest_event(self) -> int:
        return await self._engine.look(request_lists.newest_event)
