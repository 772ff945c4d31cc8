"""The part of the store that an operator looks at: lists in pages, and stories."""

from __future__ import annotations

from typing import Protocol

from relay.core.letters import EVERY_LETTER, LetterFilter
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


class Lists(Protocol):
    """No list costs more on a later page, and none looks at more than a bounded part of the ledger."""

    async def dead_letters(
        self, limit: int, wanted: LetterFilter = EVERY_LETTER, after: LetterPlace | None = None
    ) -> list[DeadLetter]: ...

    async def count_letters(self) -> int: ...

    async def letter_groups(self, wanted: LetterFilter, limit: int) -> list[LetterGroup]: ...

    async def story(self, letter: str) -> Story | None: ...

    async def requests_page(
        self, limit: int, wanted: RequestFilter = EVERY_REQUEST, before: int | None = None
    ) -> Stretch[RequestRow]: ...

    async def request_story(self, number: int) -> RequestStory | None: ...

    async def enrollments_page(
        self, limit: int, wanted: EnrollmentFilter = EVERY_ENROLLMENT, before: int | None = None
    ) -> Stretch[EnrollmentRow]: ...

    async def enrollment_story(self, number: int) -> EnrollmentStory | None: ...

    async def person(self, who: str, limit: int, now: int) -> PersonHistory:
        """Of an e-mail address, or of a phone number or its last digits (five at least); `limit` is of
        enrollments."""
        ...

    async def tail(self, after: int, limit: int) -> list[EventRow]:
        """Events in the order in which they were written, after the one of this id."""
        ...

    async def newest_event(self) -> int:
        """The id of the newest event, after which the tail goes on; 0 before the first."""
        ...
