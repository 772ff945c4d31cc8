"""Jobs: one repair for many dead letters, over a set that is frozen before anything happens."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from relay.core.job import (
    MOST_NAMED,
    Job,
    JobItem,
    JobKind,
    JobRefused,
    JobState,
    NotAnOrder,
    Order,
    Outcome,
)
from relay.core.repair import How
from relay.desk.cursors import from_cursor, number_in, to_cursor
from relay.desk.desk import Desk
from relay.desk.letters import LetterFilterModel, LetterId, with_sources
from relay.desk.model import Model, Moment, Page, PageQuery, maybe, moment
from relay.desk.operation import Conflict, Invalid, NotFound, Role, operation
from relay.desk.repairs import FieldsModel

JobId = Annotated[int, Field(ge=1, le=2**53, examples=[2])]


class NewJob(Model):
    """What is to be done, and to which dead letters: those named, or all that a filter matches."""

    kind: JobKind
    letters: Annotated[tuple[LetterId, ...], Field(max_length=MOST_NAMED)] = ()
    filter: LetterFilterModel | None = None
    how: How = How.AS_IT_WAS
    """Of retries: as they were, or read again with today's connector."""
    fields: FieldsModel = FieldsModel()
    """Of corrections, which are sent again as well."""
    reason: Annotated[str, Field(max_length=200)] = ""
    """Kept with what is corrected, discarded or marked as delivered."""
    key: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """Chosen by whoever asks: the same key again is the same job."""

    def order(self) -> Order:
        wanted = None if self.filter is None else self.filter.wanted()
        return Order(
            kind=self.kind,
            letters=self.letters,
            wanted=wanted,
            how=self.how,
            fields=self.fields.given(),
            reason=self.reason,
        )


class JobModel(Model):
    """A job as it is now."""

    id: int
    kind: JobKind
    how: How
    reason: str
    fields: dict[str, str | None]
    state: JobState
    who: str
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    total: int
    open: int
    """Items whose end is not known yet."""
    counts: dict[Outcome, int]
    """Items by what became of them."""


class JobGroupModel(Model):
    """What letters of a job had in common when its set was frozen."""

    cause: str
    source: str
    sequence: str | None
    count: int


class JobStory(Model):
    """A job, and what is in its set."""

    job: JobModel
    groups: tuple[JobGroupModel, ...]
    """The largest first, 50 at most."""


class JobsPage(Page):
    """Jobs, the newest first."""

    items: tuple[JobModel, ...]


class ItemsQuery(PageQuery):
    """Which items of a job."""

    outcome: Outcome | None = None


class JobItemModel(Model):
    """A dead letter in a job, and what became of it."""

    letter: str
    outcome: Outcome
    reason: str | None
    ended_at: Moment | None


class JobItemsPage(Page):
    """Items in the order in which they are done."""

    items: tuple[JobItemModel, ...]


@operation("GET", "/jobs")
async def list_jobs(desk: Desk, query: PageQuery) -> JobsPage:
    """Jobs, the newest first."""
    found = await desk.store.jobs.page(query.limit, number_in(query.after))
    following = to_cursor(found[-1].id) if len(found) == query.limit else None
    return JobsPage(items=tuple(_job(one) for one in found), next=following)


@operation("POST", "/jobs", role=Role.OPERATOR, problems=(Conflict,))
async def create_job(desk: Desk, body: NewJob) -> JobModel:
    """Order one repair for many dead letters. Nothing happens before the job is started.

    Its set is frozen first: letters that come later are not in it. Until then it is `preparing`.
    """
    if body.filter is not None:
        body = body.model_copy(update={"filter": with_sources(desk, body.filter)})
    order = body.order()
    try:
        order.check()
        made = desk.by("job.order", kind=order.kind, letters=len(order.letters) or "by filter")
        job = await desk.store.jobs.order(order, made, body.key)
    except NotAnOrder as error:
        raise Invalid("this job cannot be ordered", str(error)) from None
    except JobRefused as error:
        raise Conflict(str(error)) from None
    desk.wake("jobs")
    return _job(job)


@operation("GET", "/jobs/{job}", problems=(NotFound,))
async def show_job(desk: Desk, job: JobId) -> JobStory:
    """One job: how far it is, and what its letters had in common."""
    found = await _find(desk, job)
    groups = await desk.store.jobs.groups(job, 50)
    return JobStory(
        job=_job(found),
        groups=tuple(
            JobGroupModel(cause=one.cause, source=one.source, sequence=one.sequence, count=one.count)
            for one in groups
        ),
    )


@operation("GET", "/jobs/{job}/items", problems=(NotFound,))
async def list_job_items(desk: Desk, job: JobId, query: ItemsQuery) -> JobItemsPage:
    """The items of a job, and what became of each."""
    await _find(desk, job)
    key = from_cursor(query.after, int, int)
    after = None if key is None else (int(key[0]), int(key[1]))
    found = await desk.store.jobs.items(job, query.limit, query.outcome, after)
    following = to_cursor(*found[-1].place) if len(found) == query.limit else None
    return JobItemsPage(items=tuple(_item(one) for one in found), next=following)


@operation("POST", "/jobs/{job}/start", role=Role.OPERATOR, problems=(NotFound, Conflict))
async def start_job(desk: Desk, job: JobId) -> JobModel:
    """Start a job that is ready. One that runs already goes on."""
    await _find(desk, job)
    started = await desk.store.jobs.start(job, desk.now(), desk.by("job.start", job=job))
    found = await _find(desk, job)
    if not started and found.state is not JobState.RUNNING:
        raise Conflict(f"job {job} is {found.state}", "only a job that is ready can be started")
    desk.wake("jobs")
    return _job(found)


@operation("POST", "/jobs/{job}/cancel", role=Role.OPERATOR, problems=(NotFound, Conflict))
async def cancel_job(desk: Desk, job: JobId) -> JobModel:
    """Cancel a job: what was sent already goes on to its end, everything else is left as it is."""
    await _find(desk, job)
    cancelled = await desk.store.jobs.cancel(job, desk.now(), desk.by("job.cancel", job=job))
    found = await _find(desk, job)
    if not cancelled and found.state is not JobState.CANCELLED:
        raise Conflict(f"job {job} is {found.state}", "it has ended")
    desk.wake("jobs")
    return _job(found)


async def _find(desk: Desk, number: int) -> Job:
    found = await desk.store.jobs.find(number)
    if found is None:
        raise NotFound(f"there is no job {number}", "relay jobs list shows those there are")
    return found


def _job(one: Job) -> JobModel:
    return JobModel(
        id=one.id,
        kind=one.order.kind,
        how=one.order.how,
        reason=one.order.reason,
        fields=dict(one.order.fields),
        state=one.state,
        who=one.who,
        created_at=moment(one.created_at),
        started_at=maybe(one.started_at),
        ended_at=maybe(one.ended_at),
        total=one.total,
        open=one.open,
        counts=dict(one.counts),
    )


def _item(one: JobItem) -> JobItemModel:
    return JobItemModel(
        letter=one.letter, outcome=one.outcome, reason=one.reason, ended_at=maybe(one.ended_at)
    )
