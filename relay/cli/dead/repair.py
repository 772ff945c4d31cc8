"""`relay dead retry`, `correct`, `mark-delivered` and `discard`: repair one, many, or all that match."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from relay.cli.asking import Ask, asking
from relay.cli.dead.choosing import (
    BeforeOption,
    CauseOption,
    CodeOption,
    ConnectorOption,
    PersonOption,
    RouteOption,
    SequenceOption,
    SinceOption,
    SourceOption,
    SymptomOption,
    TextOption,
    letter_filter,
)
from relay.cli.dead.story import IdArgument
from relay.cli.jobs import carried_out
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, agreed, console, errors, fail, plain, print_json
from relay.cli.telling import show_changes
from relay.core.repair import How
from relay.desk.jobs import NewJob
from relay.desk.letters import (
    Discard,
    Done,
    LetterFilterModel,
    Named,
    discard_letters,
    retry_letters,
)
from relay.desk.model import one_line
from relay.desk.problems import Invalid
from relay.desk.repairs import (
    FieldsModel,
    MarkDelivered,
    PreviewModel,
    PreviewRequest,
    Repair,
    mark_letters_delivered,
    preview_letter,
    send_letter,
)

IdsArgument = Annotated[list[str] | None, typer.Argument(help="Ids of dead letters.", show_default=False)]
AllOption = Annotated[bool, typer.Option("--all", help="All dead letters.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before it begins.")]
AgainOption = Annotated[
    bool, typer.Option("--read-again", help="Read the request again with today's connector first.")
]
EmailOption = Annotated[str | None, typer.Option(help="New e-mail address.", show_default=False)]
FirstOption = Annotated[
    str | None, typer.Option(help="New first name; empty takes it out.", show_default=False)
]
LastOption = Annotated[
    str | None, typer.Option(help="New last name; empty takes it out.", show_default=False)
]
PhoneOption = Annotated[str | None, typer.Option(help="New phone number.", show_default=False)]

_GONE = "there is no such dead letter (any more)"


def retry(
    ids: IdsArgument = None,
    every: AllOption = False,
    read_again: AgainOption = False,
    source: SourceOption = None,
    connector: ConnectorOption = None,
    cause: CauseOption = None,
    code: CodeOption = None,
    sequence: SequenceOption = None,
    route: RouteOption = None,
    symptom: SymptomOption = None,
    person: PersonOption = None,
    text: TextOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    yes: YesOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Try dead letters again: enrollments are sent, parked events are read with today's connector.

    Ids are done at once. With --all, --read-again or options that choose it is a job: what it would do is
    shown first, and Ctrl-C leaves it to the relay.

    Examples: [bold]relay dead retry dead-12 parked-3[/], [bold]relay dead retry --cause gave_up[/]
    """
    wanted = letter_filter(
        source, cause, code, sequence, route, symptom, person, text, since, before, connector
    )
    if ids and not read_again and wanted == LetterFilterModel():
        _report("retried", run(lambda: _retried(config, ids)), json)
        return
    how = How.READ_AGAIN if read_again else How.AS_IT_WAS
    _job(config, ids, every, wanted, yes, json, kind="retry", how=how)


def discard(
    ids: IdsArgument = None,
    reason: Annotated[str, typer.Option(help="Why, kept in the ledger.")] = "discarded by an operator",
    every: AllOption = False,
    source: SourceOption = None,
    connector: ConnectorOption = None,
    cause: CauseOption = None,
    code: CodeOption = None,
    sequence: SequenceOption = None,
    route: RouteOption = None,
    symptom: SymptomOption = None,
    person: PersonOption = None,
    text: TextOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    yes: YesOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take dead letters off the list for good, with a reason."""
    wanted = letter_filter(
        source, cause, code, sequence, route, symptom, person, text, since, before, connector
    )
    if ids and wanted == LetterFilterModel():
        _report("discarded", run(lambda: _discarded(config, ids, reason)), json)
        return
    _job(config, ids, every, wanted, yes, json, kind="discard", reason=reason)


def mark_delivered(
    ids: IdsArgument = None,
    reason: Annotated[str, typer.Option(help="How that is known.")] = "found at the destination",
    every: AllOption = False,
    source: SourceOption = None,
    sequence: SequenceOption = None,
    person: PersonOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    yes: YesOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Note that enrollments of unknown outcome did arrive, as you saw at the destination."""
    wanted = letter_filter(source=source, sequence=sequence, person=person, since=since, before=before)
    if ids and wanted == LetterFilterModel():
        _report("marked", run(lambda: _marked(config, ids, reason)), json)
        return
    _job(config, ids, every, wanted, yes, json, kind="mark_delivered", reason=reason)


def preview(
    id_: IdArgument,
    read_again: AgainOption = False,
    email: EmailOption = None,
    first_name: FirstOption = None,
    last_name: LastOption = None,
    phone: PhoneOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show what sending a dead letter again would do, field by field. Nothing is changed.

    Example: [bold]relay dead preview dead-12 --phone "+12025550100"[/]
    """
    fields = _fields(email, first_name, last_name, phone)
    how = How.READ_AGAIN if read_again else How.AS_IT_WAS
    found = run(lambda: _previewed(config, id_, PreviewRequest(how=how, fields=fields)))
    if json:
        print_json(found.model_dump(mode="json"))
    else:
        _tell(found)
    if not found.possible:
        raise typer.Exit(Exit.NO)


def correct(
    ids: IdsArgument = None,
    why: Annotated[str, typer.Option(help="Why; kept with the correction.")] = "",
    email: EmailOption = None,
    first_name: FirstOption = None,
    last_name: LastOption = None,
    phone: PhoneOption = None,
    every: AllOption = False,
    source: SourceOption = None,
    cause: CauseOption = None,
    code: CodeOption = None,
    symptom: SymptomOption = None,
    person: PersonOption = None,
    yes: YesOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Correct a contact and send it. What was received and what was read stay as they are.

    One id shows the preview and asks; several, or options that choose, make a job that gives all of them the
    same new value.

    Example: [bold]relay dead correct dead-12 --phone "+12025550100" --why "asked on the phone"[/]
    """
    try:
        reason = one_line(why)
    except ValueError:
        raise fail("--why should say why: it is kept with the correction", Exit.USAGE) from None
    fields = _fields(email, first_name, last_name, phone)
    if not fields.model_fields_set:
        raise fail("give what is new: --email, --first-name, --last-name or --phone", Exit.USAGE)
    wanted = letter_filter(source=source, cause=cause, code=code, symptom=symptom, person=person)
    if ids and len(ids) == 1 and wanted == LetterFilterModel():
        done = run(lambda: _corrected(config, ids[0], fields, reason, yes=yes or json, quiet=json))
        if json:
            print_json(done.model_dump(mode="json"))
        return
    _job(config, ids, every, wanted, yes, json, kind="correct", fields=fields, reason=reason)


def _fields(
    email: str | None, first_name: str | None, last_name: str | None, phone: str | None
) -> FieldsModel:
    given = {"email": email, "first_name": first_name, "last_name": last_name, "phone": phone}
    return FieldsModel(**{name: text for name, text in given.items() if text is not None})


async def _retried(config: ConfigOption, ids: list[str]) -> Done:
    async with asking(config) as ask:
        named, odd = _sorted(ids)
        done = await ask(retry_letters, body=Named(letters=named)) if named else Done(done=(), left={})
        return done.model_copy(update={"left": done.left | odd})


async def _discarded(config: ConfigOption, ids: list[str], reason: str) -> Done:
    async with asking(config) as ask:
        named, odd = _sorted(ids)
        body = Discard(letters=named, reason=reason) if named else None
        done = await ask(discard_letters, body=body) if body else Done(done=(), left={})
        return done.model_copy(update={"left": done.left | odd})


async def _marked(config: ConfigOption, ids: list[str], reason: str) -> Done:
    async with asking(config) as ask:
        return await ask(mark_letters_delivered, body=MarkDelivered(letters=tuple(ids), reason=reason))


def _sorted(ids: list[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Those that can be ids, and what becomes of the others."""
    named = tuple(one for one in ids if _is_id(one))
    return named, {one: _GONE for one in ids if one not in named}


def _is_id(text: str) -> bool:
    kind, _, number = text.partition("-")
    return kind in ("dead", "parked") and number.isascii() and number.isdigit() and len(number) < 19


async def _previewed(config: ConfigOption, letter: str, body: PreviewRequest) -> PreviewModel:
    async with asking(config) as ask:
        return await ask(preview_letter, letter_id=letter, body=body)


async def _corrected(
    config: ConfigOption, letter: str, fields: FieldsModel, why: str, *, yes: bool, quiet: bool
) -> PreviewModel:
    async with asking(config) as ask:
        found = await ask(preview_letter, letter_id=letter, body=PreviewRequest(fields=fields))
        if not quiet:
            _tell(found)
        if not found.possible:
            raise fail(found.why_not or "it is not possible", Exit.NO)
        if not yes and not agreed("Send it like this?"):
            raise fail("nothing was changed", Exit.NO)
        done = await ask(send_letter, letter_id=letter, body=Repair(fields=fields, why=why))
        if not quiet:
            console.print(f"{letter} was corrected and is on its way.", markup=False)
        return done


def _tell(found: PreviewModel) -> None:
    show_changes(found.fields)
    for reading in found.readings:
        told = " ".join(
            filter(None, (reading.fate, reading.kind or reading.event_type, reading.business_key))
        )
        console.print(Text(plain(f"read as: {told}" + (f": {reading.reason}" if reading.reason else ""))))
        for one in reading.enrollments:
            why = f" ({one.suppressed})" if one.suppressed else ""
            console.print(Text(plain(f"  enrols {one.contact.email} by route {one.route}{why}")))
    for warning in found.warnings:
        console.print(Text(plain(f"mind: {warning}"), style="yellow"))
    if found.why_not:
        console.print(Text(plain(f"not possible: {found.why_not}"), style="red"))


def _job(
    config: ConfigOption,
    ids: list[str] | None,
    every: bool,
    wanted: LetterFilterModel,
    yes: bool,
    json: bool,
    **what: Any,
) -> None:
    """Order a job and watch it."""
    if ids and wanted != LetterFilterModel():
        raise fail("name ids, or give options that choose: one of the two", Exit.USAGE)
    if not ids and not every and wanted == LetterFilterModel():
        hint = "name ids, give options that choose, or --all; relay dead list shows them"
        raise fail("which dead letters?", Exit.USAGE, hint)
    chosen = {"letters": tuple(ids)} if ids else {"filter": wanted}

    async def work() -> None:
        async with asking(config) as ask:
            await _carry_out(ask, NewJob(**chosen, **what), yes=yes, json=json)

    run(work)


async def _carry_out(ask: Ask, order: NewJob, *, yes: bool, json: bool) -> None:
    try:
        await carried_out(ask, order, yes=yes, json=json)
    except Invalid as problem:
        raise fail(f"{problem.detail}: {problem.hint}", Exit.USAGE) from None


def _report(what: str, done: Done, json: bool) -> None:
    missed = [letter for letter, why in done.left.items() if why == _GONE]
    lacking = {letter: why for letter, why in done.left.items() if why != _GONE}
    if json:
        told: dict[str, Any] = {what: done.done, "not_found": missed}
        print_json(told | ({"lacking": lacking} if lacking else {}))
    else:
        console.print(f"{len(done.done)} {what}." if done.done else f"Nothing {what}.")
        if done.done and what == "retried":
            told_when = "A running relay takes them up at once; one that is stopped, when it starts."
            console.print(told_when)
    for letter, reason in lacking.items():
        errors.print(Text(plain(f"{letter} stays: {reason}")))
    if missed:
        raise fail(f"no such dead letters: {', '.join(missed)}", Exit.NO, "relay dead list shows them")
    if lacking:
        hint = "mend what is named, such as a location or employee in the maps of the destination, and retry"
        raise fail(f"{len(lacking)} of {len(done.left) + len(done.done)} stay", Exit.NO, hint)
