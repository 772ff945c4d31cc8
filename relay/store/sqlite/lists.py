"""Lists and stories for the desk, on a connection of a store."""

from __future__ import annotations

from relay.store.lists import ListStore
from relay.store.rows import (
    EVERY_ENROLLMENT,
    EVERY_REQUEST,
    EnrollmentFilter,
    EnrollmentRow,
    EnrollmentStory,
    EventRow,
    PersonHistory,
    RequestFilter,
    RequestRow,
    RequestStory,
    Stretch,
)
from relay.store.sqlite import enrollments, people, request_lists, stories
from relay.store.sqlite.lending import Read


class SqliteLists(ListStore):
    def __init__(self, read: Read) -> None:
        self._read = read

    async def requests_page(
        self, limit: int, wanted: RequestFilter = EVERY_REQUEST, before: int | None = None
    ) -> Stretch[RequestRow]:
        return await self._read(lambda db: request_lists.page(db, wanted, before, limit))

    async def request_story(self, number: int) -> RequestStory | None:
        return await self._read(lambda db: request_lists.story(db, number))

    async def enrollments_page(
        self, limit: int, wanted: EnrollmentFilter = EVERY_ENROLLMENT, before: int | None = None
    ) -> Stretch[EnrollmentRow]:
        return await self._read(lambda db: enrollments.page(db, wanted, before, limit))

    async def enrollment_story(self, number: int) -> EnrollmentStory | None:
        return await self._read(lambda db: stories.enrollment_story(db, number))

    async def person(self, who: str, limit: int, now: int) -> PersonHistory:
        return await self._read(lambda db: people.person(db, who, limit, now))

    async def tail(self, after: int, limit: int) -> list[EventRow]:
        return await self._read(lambda db: request_lists.tail(db, after, limit))

    async def newest_event(self) -> int:
        return await self._read(request_lists.newest_event)
