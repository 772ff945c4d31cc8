"""`relay forget`: removes everything that names a person."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from relay.cli.asking import Ask, asking
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, agreed, console, errors, fail, print_json, table
from relay.desk.forgetting import Forget, forget_person
from relay.desk.people import PersonQuery, show_person

_MEANINGS = {
    "enrollments": "lose address, name and phone number",
    "waiting": "of these, are never sent",
    "dead letters": "are discarded",
    "requests": "lose headers and body, whoever else is in them",
    "calls": "lose what was sent and answered",
    "corrections": "are removed",
    "quarantined": "unverified requests are removed",
    "jobs": "lose the address in their order",
}

Counts = Counter[str]


def forget(
    address: Annotated[str, typer.Argument(help="E-mail address of the person.")],
    reason: Annotated[
        str, typer.Option(help="Why; kept in the audit log, so it must not name the person.")
    ] = "",
    suppress: Annotated[
        bool, typer.Option("--suppress", help="Never enrol the address again; the list keeps it.")
    ] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Remove everything that names a person, for good.

    Hashes stay, by which repeats are known. Backups that were made before still name the person.

    Example: [bold]relay forget ana@example.com --reason "request 17 of the privacy desk" --suppress[/]
    """
    if not reason.strip() and not preview:
        raise fail("--reason is missing", Exit.USAGE, "it is kept in the audit log; name nobody in it")
    body = Forget(address=address, reason=reason.strip() or "a preview", suppress=suppress)
    run(lambda: _forget(body, config, preview=preview, yes=yes, json=json))


async def _forget(body: Forget, config: ConfigOption, *, preview: bool, yes: bool, json: bool) -> None:
    async with asking(config) as ask:
        if preview or not yes:
            found, left = await _through(ask, body.model_copy(update={"preview": True}), "Looking")
            if preview and json:
                print_json({"would_remove": found, "left": left})
                return
            _show("Would be removed", found, left)
            if preview or not (found or body.suppress):
                return
            if not agreed("Remove all of this for good?"):
                raise fail("nothing was changed", Exit.NO)
        gone, left = await _through(ask, body, "Forgetting")
        on_list = (await ask(show_person, query=PersonQuery(who=body.address, limit=1))).suppressions
    if json:
        print_json({"removed": gone, "left": left, "suppressed": bool(on_list)})
    else:
        _show("Removed", gone, left)
        if not on_list:
            console.print("A later report enrols the address: [bold]relay suppress add[/] prevents that.")
    if left:
        raise typer.Exit(Exit.NO)


async def _through(ask: Ask, body: Forget, what: str) -> tuple[Counts, Counts]:
    """All steps; the sums of what they found and of what was under way."""
    counts, left = Counts(), Counts()
    columns = (SpinnerColumn(), TextColumn(f"{what}, {{task.completed}} steps"))
    with Progress(*columns, console=errors, transient=True) as progress:
        steps = progress.add_task("")
        after: str | None = None
        while True:
            update = {"after": after} if after else {}
            done = await ask(forget_person, body=body.model_copy(update=update))
            progress.advance(steps)
            counts.update(done.counts)
            left.update(done.left)
            after = done.next
            if after is None:
                return counts, left


def _show(title: str, counts: Counts, left: Counts) -> None:
    if counts:
        rows = [(str(count), what, _MEANINGS.get(what, "")) for what, count in counts.items()]
        console.print(table(title, ("", "", ""), rows))
    else:
        console.print("Nothing in the ledger names this person.")
    for what, count in left.items():
        console.print(f"[yellow]{count} {what} at this moment[/]: run this again in a while.")
