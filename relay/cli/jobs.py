"""`relay jobs`: repairs of many dead letters, and how far they are."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from relay.cli.asking import Ask, asking
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import (
    Exit,
    agreed,
    console,
    data,
    errors,
    fail,
    plain,
    print_json,
    progress,
    show_moment,
    table,
)
from relay.core.job import JobState, Outcome
from relay.desk.jobs import (
    ItemsQuery,
    JobItemModel,
    JobModel,
    JobStory,
    NewJob,
    cancel_job,
    create_job,
    list_job_items,
    list_jobs,
    show_job,
    start_job,
)
from relay.desk.model import MOST, PageQuery

app = typer.Typer(
    help="See, start, watch and cancel repairs of many dead letters.",
    no_args_is_help=True,
    epilog="[bold]relay dead retry[/], correct, discard and mark-delivered make them.",
)

NumberArgument = Annotated[int, typer.Argument(metavar="JOB", min=1, help="Number of a job.")]
_MOVING = (JobState.PREPARING, JobState.RUNNING)


@app.command("list")
def list_(
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many to show, newest first.")] = 20,
    json: JsonOption = False,
) -> None:
    """List jobs, newest first."""
    jobs = run(lambda: _jobs(config, limit))
    if json:
        print_json(data(jobs))
    elif jobs:
        columns = ("job", "what", "state", "letters", "open", "ordered (UTC)", "by")
        console.print(table("Jobs", columns, map(_row, jobs)))
    else:
        console.print("No jobs yet. [bold]relay dead retry --all[/] would make one.")


def _row(job: JobModel) -> tuple[object, ...]:
    return job.id, job.kind, job.state, job.total, job.open, show_moment(job.created_at), job.who


async def _jobs(config: ConfigOption, limit: int) -> tuple[JobModel, ...]:
    async with asking(config) as ask:
        return (await ask(list_jobs, query=PageQuery(limit=limit))).items


@app.command()
def show(number: NumberArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show one job: what is in its set, and how far it is."""
    story = run(lambda: _story(config, number))
    if json:
        print_json(story.model_dump(mode="json"))
    else:
        _tell(story)


async def _story(config: ConfigOption, number: int) -> JobStory:
    async with asking(config) as ask:
        return await ask(show_job, job=number)


def _tell(story: JobStory) -> None:
    job = story.job
    facts = [
        ("what", job.kind + (", read again" if job.how == "read_again" else "")),
        ("state", job.state),
        ("reason", job.reason),
        ("new values", ", ".join(f"{name}: {value or 'nothing'}" for name, value in job.fields.items())),
        ("letters", str(job.total)),
        ("ordered", f"{show_moment(job.created_at)} UTC by {job.who}"),
        ("started", show_moment(job.started_at) if job.started_at else ""),
        ("ended", show_moment(job.ended_at) if job.ended_at else ""),
        ("so far", ", ".join(f"{count} {outcome}" for outcome, count in job.counts.items() if count)),
    ]
    console.print(table(f"Job {job.id}", ("", ""), [(name, value) for name, value in facts if value]))
    if story.groups:
        rows = [(one.count, one.cause, one.source, one.sequence) for one in story.groups]
        console.print(table("What is in it", ("letters", "cause", "source", "sequence"), rows))


@app.command()
def items(
    number: NumberArgument,
    outcome: Annotated[
        Outcome | None, typer.Option(help="Only with this outcome.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")] = 100,
    json: JsonOption = False,
) -> None:
    """List the letters of a job, and what became of each."""
    found = run(lambda: _items(config, number, outcome, limit))
    if json:
        print_json(data(found))
    elif found:
        rows = [(one.letter, one.outcome, one.reason, show_moment(one.ended_at)) for one in found]
        console.print(table(f"Letters of job {number}", ("letter", "outcome", "why", "at (UTC)"), rows))
    else:
        console.print("None is like that.")


async def _items(
    config: ConfigOption, number: int, outcome: Outcome | None, limit: int
) -> list[JobItemModel]:
    found, after = list[JobItemModel](), None
    async with asking(config) as ask:
        while len(found) < limit:
            query = ItemsQuery(outcome=outcome, after=after, limit=min(MOST, limit - len(found)))
            page = await ask(list_job_items, job=number, query=query)
            found += page.items
            after = page.next
            if after is None:
                break
    return found


@app.command()
def start(number: NumberArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Start a job that is ready, and watch it; Ctrl-C leaves it to the relay."""

    async def work() -> JobModel:
        async with asking(config) as ask:
            await ask(start_job, job=number)
            return await watched(ask, number, quiet=json)

    _end(run(work), json)


@app.command()
def watch(number: NumberArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Watch a job until it ends; Ctrl-C leaves it to the relay."""

    async def work() -> JobModel:
        async with asking(config) as ask:
            return await watched(ask, number, quiet=json)

    _end(run(work), json)


@app.command()
def cancel(number: NumberArgument, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Cancel a job: what was sent already goes on to its end, everything else is left as it is."""

    async def work() -> JobModel:
        async with asking(config) as ask:
            return await ask(cancel_job, job=number)

    job = run(work)
    if json:
        print_json(job.model_dump(mode="json"))
    else:
        left = job.counts.get(Outcome.LEFT, 0)
        console.print(f"Job {number} is cancelled; {left} letters are as they were.")


async def carried_out(ask: Ask, order: NewJob, *, yes: bool, json: bool) -> None:
    """Order a job, show what it would do, start it once that is agreed to, and watch it."""
    job = await ask(create_job, body=order)
    while job.state is JobState.PREPARING:
        await ask.work()
        job = (await ask(show_job, job=job.id)).job
    if not job.total:
        await ask(cancel_job, job=job.id)
        raise fail("no dead letter is like that", Exit.NO, "relay dead list shows them")
    if not json:
        _tell(await ask(show_job, job=job.id))
    if not (yes or json) and not agreed(f"Do it for {job.total} letters?"):
        await ask(cancel_job, job=job.id)
        raise fail("nothing was changed", Exit.NO)
    await ask(start_job, job=job.id)
    _end(await watched(ask, job.id, quiet=json), json)


async def watched(ask: Ask, number: int, *, quiet: bool) -> JobModel:
    """The job when it has ended, or gets no further before a relay runs."""
    job = (await ask(show_job, job=number)).job
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[told]}"),
    )
    with progress(*columns, quiet=quiet) as bar:
        task = bar.add_task(f"Job {number}", total=job.total, told="")
        try:
            while job.state in _MOVING or (job.open and job.state is not JobState.READY):
                bar.update(task, completed=job.total - job.open, total=job.total, told=_so_far(job))
                if not await ask.work():
                    break
                job = (await ask(show_job, job=number)).job
        except (KeyboardInterrupt, asyncio.CancelledError):
            told = f"Job {number} goes on without you; relay jobs watch {number} shows it again."
            errors.print(told, markup=False)
            raise typer.Exit(Exit.OK) from None
    return (await ask(show_job, job=number)).job


def _so_far(job: JobModel) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in job.counts.items() if count)


def _end(job: JobModel, json: bool) -> None:
    if json:
        print_json(job.model_dump(mode="json"))
        return
    console.print(Text(plain(f"Job {job.id} is {job.state}: {_so_far(job) or 'nothing to do'}.")))
    if job.open:
        console.print("The rest goes on when the relay runs: [bold]relay serve[/].")
    if job.counts.get(Outcome.DEAD) or job.counts.get(Outcome.FAILED):
        console.print(f"[bold]relay jobs items {job.id} --outcome dead[/] shows what did not work.")
