"""Dead letters: what could not be read or delivered, why, and what to do about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from relay.config.maps import resolve_maps
from relay.core.letters import MEANINGS, LetterFilter
from relay.desk.cursors import from_cursor, to_cursor
from relay.desk.desk import Desk
from relay.desk.model import Model, Moment, Page, PageQuery, Why, moment, parsed, to_milliseconds
from relay.desk.operation import NotFound, Role, operation
from relay.desk.stories import (
    AttemptModel,
    CallModel,
    ContactModel,
    CorrectionModel,
    Received,
    attempt,
    call,
    contact,
    correction,
    received,
)
from relay.store.base import DeadLetter, LetterGroup, LetterPlace, Story

Cause = Literal["unreadable", "refused", "gave_up", "unknown", "unconfirmed", "held", "unmapped"]
LetterId = Annotated[str, Field(pattern=r"^(parked|dead)-\d{1,18}$", examples=["dead-12", "parked-3"])]
Text = Annotated[str, Field(max_length=300)]
Texts = Annotated[tuple[Text, ...], Field(max_length=50)]


class LetterFilterModel(Model):
    """Which dead letters are meant; what is left out does not matter."""

    source: Texts = ()
    connector: Texts = ()
    """Of every source of these connectors."""
    cause: Annotated[tuple[Cause, ...], Field(max_length=20)] = ()
    code: Texts = ()
    """What the destination calls the trouble."""
    sequence: Texts = ()
    route: Texts = ()
    symptom: Text | None = None
    """What letters of one group have in common."""
    person: Text | None = None
    """Part of an address, a name or a phone number."""
    text: Text | None = None
    """Part of the reason, its place, the event type or the business key."""
    since: Moment | None = None
    until: Moment | None = None

    def wanted(self) -> LetterFilter:
        return LetterFilter(
            sources=self.source,
            causes=self.cause,
            codes=self.code,
            sequences=self.sequence,
            routes=self.route,
            symptom=self.symptom,
            person=self.person or None,
            text=self.text or None,
            since=to_milliseconds(self.since),
            until=to_milliseconds(self.until),
        )


F = TypeVar("F", bound=LetterFilterModel)


def with_sources(desk: Desk, chosen: F) -> F:
    """The filter with the sources of its connectors in their place; one without any matches nothing."""
    if not chosen.connector:
        return chosen
    own = [name for name, one in desk.config.sources.items() if one.connector in chosen.connector]
    sources = tuple(name for name in own if not chosen.source or name in chosen.source)
    return chosen.model_copy(update={"source": sources or ("",), "connector": ()})


class LettersQuery(LetterFilterModel, PageQuery):
    """Which dead letters; the newest first."""


class GroupsQuery(LetterFilterModel):
    """Which dead letters; the largest group first."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50


class LetterModel(Model):
    """A dead letter: an event that could not be read, or an enrollment that was not delivered."""

    id: str
    kind: Literal["parked", "dead"]
    source: str
    at: Moment
    cause: Cause
    code: str | None
    symptom: str
    reason: str
    path: str | None
    """Where in the payload reading failed."""
    event_type: str
    business_key: str | None
    email: str | None
    route: str | None
    destination: str | None
    sequence: str | None
    request: int


class LettersPage(Page):
    """Dead letters, the newest first."""

    items: tuple[LetterModel, ...]


class GroupModel(Model):
    """Dead letters of one source with the same trouble."""

    cause: Cause
    symptom: str
    source: str
    count: int
    first_at: Moment
    last_at: Moment
    meaning: str
    remedy: str


class Groups(Model):
    """Groups of dead letters, the largest first."""

    items: tuple[GroupModel, ...]


class LetterStory(Model):
    """Everything about a dead letter: the request as received, what was read, every attempt."""

    letter: LetterModel
    meaning: str
    """What the cause says to somebody who is no developer."""
    remedy: str
    request: Received
    event: Any
    """As it was read; null where it could not be."""
    contact: ContactModel | None
    note: str | None
    """What was decided when the enrollment was made."""
    corrections: tuple[CorrectionModel, ...]
    """What people changed of the contact, the oldest first."""
    attempts: tuple[AttemptModel, ...]
    calls: tuple[CallModel, ...]
    """What the attempts sent."""


class Named(Model):
    """Which dead letters, by their ids."""

    letters: Annotated[tuple[LetterId, ...], Field(min_length=1, max_length=1000)]


class Discard(Named):
    """Which dead letters are given up, and why."""

    reason: Why


class Done(Model):
    """What became of each: done now, or left as it was, with why."""

    done: tuple[str, ...]
    left: dict[str, str]


@operation("GET", "/letters")
async def list_letters(desk: Desk, query: LettersQuery) -> LettersPage:
    """Dead letters, the newest first."""
    key = from_cursor(query.after, int, str, int)
    after = LetterPlace(*key) if key else None  # type: ignore[arg-type]  # the kinds were checked
    wanted = with_sources(desk, query).wanted()
    found = await desk.store.dead_letters(query.limit, wanted, after)
    following = to_cursor(*found[-1].place) if len(found) == query.limit else None
    return LettersPage(items=tuple(letter(one) for one in found), next=following)


@operation("GET", "/letters/groups")
async def list_letter_groups(desk: Desk, query: GroupsQuery) -> Groups:
    """Dead letters by what they have in common, with what it means and what can be done."""
    found = await desk.store.letter_groups(with_sources(desk, query).wanted(), query.limit)
    return Groups(items=tuple(_group(one) for one in found))


@operation("GET", "/letters/{letter_id}", problems=(NotFound,))
async def show_letter(desk: Desk, letter_id: LetterId) -> LetterStory:
    """The whole story of one dead letter: the request as received, what was read, every attempt."""
    found = await desk.store.story(letter_id)
    if found is None:
        raise NotFound(f"there is no dead letter {letter_id}", "relay dead list shows them")
    return _story(found)


@operation("POST", "/letters/retry", role=Role.OPERATOR)
async def retry_letters(desk: Desk, body: Named) -> Done:
    """Send dead enrollments again as they were, read parked events again with today's connector.

    What lacks a location or employee goes out once the maps of its destination have it. For a filter instead
    of ids, for a preview and for more than a thousand, make a job.
    """
    made = desk.by("dead.retry", letters=body.letters)
    maps = resolve_maps(desk.config)
    done = await desk.store.retry_dead(body.letters, desk.now(), maps, made)
    desk.wake("deliver")
    desk.wake("translate")
    return await done_of(desk, body.letters, done)


@operation("POST", "/letters/discard", role=Role.OPERATOR)
async def discard_letters(desk: Desk, body: Discard) -> Done:
    """Take dead letters off the list for good, with a reason."""
    made = desk.by("dead.discard", letters=body.letters, reason=body.reason)
    done = await desk.store.discard_dead(body.letters, body.reason, desk.now(), made)
    return await done_of(desk, body.letters, done)


async def done_of(desk: Desk, wanted: tuple[str, ...], done: list[str]) -> Done:
    left: dict[str, str] = {}
    for name in wanted:
        if name not in done:
            story = await desk.store.story(name)
            left[name] = "there is no such dead letter (any more)" if story is None else story.letter.reason
    return Done(done=tuple(done), left=left)


def letter(one: DeadLetter) -> LetterModel:
    return LetterModel(
        id=one.id,
        kind=one.kind,
        source=one.source,
        at=moment(one.at),
        cause=one.cause,
        code=one.code,
        symptom=one.symptom,
        reason=one.reason,
        path=one.path,
        event_type=one.event_type,
        business_key=one.business_key,
        email=one.email,
        route=one.route,
        destination=one.destination,
        sequence=one.sequence,
        request=one.request_id,
    )


def _group(one: LetterGroup) -> GroupModel:
    meaning = MEANINGS[one.cause]
    return GroupModel(
        cause=one.cause,
        symptom=one.symptom,
        source=one.source,
        count=one.count,
        first_at=moment(one.first_at),
        last_at=moment(one.last_at),
        meaning=meaning.what,
        remedy=meaning.remedy,
    )


def _story(found: Story) -> LetterStory:
    meaning = MEANINGS[found.letter.cause]
    return LetterStory(
        letter=letter(found.letter),
        meaning=meaning.what,
        remedy=meaning.remedy,
        request=received(found.request),
        event=parsed(found.event),
        contact=contact(found.contact) if found.contact else None,
        note=found.note,
        corrections=tuple(correction(one) for one in found.corrections),
        attempts=tuple(attempt(one) for one in found.attempts),
        calls=tuple(call(one) for one in found.batches),
    )
