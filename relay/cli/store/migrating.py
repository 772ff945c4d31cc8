"""`relay store migrate`: the ledger goes from its SQLite file into a PostgreSQL database."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer
from pydantic import SecretStr, ValidationError
from rich.progress import BarColumn, Task, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from relay.cli.asking import me
from relay.cli.options import ConfigOption, JsonOption, load_config, run
from relay.cli.output import (
    INTERRUPTED,
    Exit,
    agreed,
    console,
    errors,
    fail,
    plain,
    print_json,
    progress,
    table,
)
from relay.clock import SystemClock, milliseconds
from relay.config.models import Config
from relay.config.place import database_url
from relay.config.secrets import EnvSecret, FileSecret, Reference
from relay.config.values import size_text
from relay.store import described, take_back
from relay.store.base import StoreFault

if TYPE_CHECKING:
    from relay.store.moving import Done, Move, Survey, Tell
    from relay.store.moving import Progress as Step

_ROWS_A_SECOND = 60_000
"""On two small cores, with the database on the same machine."""


def migrate(
    to: Annotated[
        str | None,
        typer.Option(
            help="The database: env:NAME or file:PATH, where its URL is, or postgresql://… itself. "
            "If left out: store.url, else you are asked.",
            show_default=False,
        ),
    ] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="With the relay stopped: copy the rest, compare, and switch.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check both and show what there is to copy; change nothing.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Let a relay work on the file again that was moved.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before --undo.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Move the ledger from its file (store.path) into a PostgreSQL database.

    First it copies while the relay is at work. It may be interrupted, and goes on when it is run again.

    Then stop the relay, run it with --finish, set store.url to the database, and start the relay.

    Example: [bold]relay store migrate --to env:DATABASE_URL[/]
    """
    configured = load_config(config)
    path = configured.store.path
    if undo:
        _undo(path, asked=not yes, json=json)
        return
    url = _url(to, configured)
    try:
        if dry_run:
            _show_survey(path, url, run(lambda: _survey(path, url)), json)
        else:
            _show_done(path, url, run(lambda: _move(path, url, finish=finish, quiet=json)), finish, json)
    except KeyboardInterrupt:
        errors.print("Interrupted: nothing is lost. Run the same again, and it goes on.")
        raise typer.Exit(INTERRUPTED) from None


async def _survey(path: Path, url: str) -> Survey:
    async with _moving(path, url, lambda _: None) as move:
        return await move.survey()


async def _move(path: Path, url: str, *, finish: bool, quiet: bool) -> Done:
    with _shown(quiet) as tell:
        async with _moving(path, url, tell) as move:
            return await (move.finish(me(), milliseconds(SystemClock())) if finish else move.catch_up())


def _moving(path: Path, url: str, tell: Tell) -> AbstractAsyncContextManager[Move]:
    # What it needs is installed only where a database is used.
    try:
        from relay.store.moving import moving  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise StoreFault(
            f"a database needs the package {error.name}: pip install 'sequence-relay[postgres]'"
        ) from None
    return moving(path, url, tell)


def _url(to: str | None, config: Config) -> str:
    if to is not None:
        if "://" in to and urlsplit(to).password:
            errors.print(
                "[yellow]warning:[/] others on this machine can see a password in a command: "
                "--to env:NAME or --to file:PATH hides it",
                highlight=False,
            )
        return database_url(_reference(to), "--to", os.environ)
    if config.store.url is not None:
        return database_url(config.store.url, "store.url", os.environ)
    if not sys.stdin.isatty():
        raise fail("which database is not said", Exit.USAGE, "name it: --to env:NAME or --to file:PATH")
    given = typer.prompt("URL of the database (it is not shown)", hide_input=True)
    return database_url(SecretStr(given), "--to", os.environ)


def _reference(to: str) -> Reference:
    kind, _, rest = to.partition(":")
    try:
        if kind == "env":
            return EnvSecret(env=rest)
        if kind == "file":
            return FileSecret(file=Path(rest))
    except ValidationError:
        raise fail(
            f"--to {to} names no environment variable: capital letters, digits and _ make one", Exit.USAGE
        ) from None
    return SecretStr(to)


class _Speed(TextColumn):
    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} rows/s" if task.speed else "")


@contextmanager
def _shown(quiet: bool) -> Iterator[Tell]:
    """A bar for each step that is under way."""
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TaskProgressColumn(),
        _Speed(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[table]}"),
    )
    with progress(*columns, quiet=quiet) as bars:
        tasks: dict[str, Any] = {}

        def tell(step: Step) -> None:
            if step.step not in tasks:
                tasks[step.step] = bars.add_task(step.step.capitalize(), table="")
            bars.update(tasks[step.step], completed=step.done, total=step.of, table=step.table)

        yield tell


def _show_survey(path: Path, url: str, found: Survey, json: bool) -> None:
    rows = sum(found.tables.values())
    if json:
        print_json({"ledger": str(path), "database": described(url)} | asdict(found))
        return
    listed = [(name, f"{count:,}") for name, count in found.tables.items() if count]
    console.print(table(f"{path}, {size_text(found.size)}", ("table", "rows, about"), listed))
    left = max(0, rows - found.copied)
    console.print(
        plain(
            f"{described(url)} can take it. {found.copied:,} rows are there already; the other {left:,} "
            f"take about {max(1, round(left / _ROWS_A_SECOND / 60))} min on a small machine."
        ),
        markup=False,
    )


def _show_done(path: Path, url: str, done: Done, finish: bool, json: bool) -> None:
    if json:
        state = "moved" if finish else "copied"
        print_json({"ledger": str(path), "database": described(url), "state": state} | asdict(done))
        return
    for warning in done.warnings:
        errors.print(Text(plain(f"in the ledger as it was before: {warning}"), style="yellow"))
    if finish:
        console.print(plain(f"The ledger is in {described(url)} now: every row was compared."), markup=False)
        console.print("Set [bold]store.url[/] to it, and start the relay. The file stays, for nobody to use.")
        return
    console.print(plain(f"{sum(done.passes):,} rows copied to {described(url)}."), markup=False)
    console.print("Stop the relay, and run the same with [bold]--finish[/].")


def _undo(path: Path, *, asked: bool, json: bool) -> None:
    question = f"Work on {path} again, without what a relay on the database has taken in or sent since?"
    if asked and not agreed(question):
        raise fail("Nothing is changed.", Exit.NO, "--yes goes without asking")
    place = take_back(path)
    if json:
        print_json({"ledger": str(path), "moved_to": place})
    elif place is None:
        console.print(plain(f"{path} was not moved; nothing is changed."), markup=False)
    else:
        told = f"A relay without store.url works on {path} again. Let none work on {place} any more."
        console.print(plain(told), markup=False)
