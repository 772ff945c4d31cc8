"""Jobs: what is in their set, how far they are, and what became of each letter."""

from __future__ import annotations

from aiohttp import web

from relay.core.job import JobState, Outcome
from relay.desk.jobs import ItemsQuery, cancel_job, list_job_items, list_jobs, show_job, start_job
from relay.desk.model import PageQuery
from relay.desk.problems import Conflict
from relay.web.console.navigation import ROOT
from relay.web.console.page import At, go, page
from relay.web.console.rendering import Crumb, with_query

HERE = f"{ROOT}/jobs"
_JOB = "{job:[0-9]{1,15}}"


@page("GET", "/jobs")
async def jobs(at: At) -> web.Response:
    query = at.query(PageQuery)
    found = await list_jobs(at.desk, query)
    return at.show(
        "jobs.html",
        "jobs",
        Crumb("Jobs"),
        jobs=found.items,
        newest=HERE if query.after else "",
        older=with_query(HERE, {"after": found.next}) if found.next else "",
    )


@page("GET", f"/jobs/{_JOB}")
async def job(at: At) -> web.Response:
    """Live while it is prepared or runs."""
    number = at.number("job")
    query = at.query(ItemsQuery)
    story = await show_job(at.desk, number)
    items = await list_job_items(at.desk, number, query)
    here = f"{HERE}/{number}"
    kept = {"outcome": query.outcome}
    return at.show(
        "job.html",
        "jobs",
        Crumb("Jobs", HERE),
        Crumb(f"Job {number}"),
        job=story.job,
        groups=story.groups,
        items=items.items,
        query=query,
        outcomes=tuple(Outcome),
        here=here,
        moving=story.job.state in (JobState.PREPARING, JobState.RUNNING)
        or (story.job.open and story.job.state is JobState.CANCELLED),
        newest=with_query(here, kept) if query.after else "",
        older=with_query(here, kept | {"after": items.next}) if items.next else "",
    )


@page("POST", f"/jobs/{_JOB}/start")
async def start(at: At) -> web.Response:
    number = at.number("job")
    try:
        await start_job(at.desk, number)
    except Conflict as problem:
        return go(f"{HERE}/{number}", f"{problem.detail}: {problem.hint}", "bad")
    return go(f"{HERE}/{number}")


@page("POST", f"/jobs/{_JOB}/cancel")
async def cancel(at: At) -> web.Response:
    number = at.number("job")
    try:
        await cancel_job(at.desk, number)
    except Conflict as problem:
        return go(f"{HERE}/{number}", f"{problem.detail}: {problem.hint}", "bad")
    return go(
        f"{HERE}/{number}",
        "Cancelled: what was sent already goes on to its end, the rest is as it was.",
        "warn",
    )
