"""`relay connectors new`: a connector and its cases to start from, which pass as they are."""

from __future__ import annotations

import json
import keyword
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated, Any, get_args

import typer

from relay.cli.connectors.finding import registry_for
from relay.cli.options import ConfigOption, JsonOption, load_config
from relay.cli.output import Exit, console, fail, plain, print_json
from relay.core.case import Case, CaseRequest
from relay.core.connector import Connector, Group
from relay.recording.signing import sign_for_test
from relay.recording.writing import case_text, with_expectation
from relay.registry import Registry

NOW = 1_772_366_400
"""The clock of the cases: a fixed moment, so that they are the same whenever they are made."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a group of senders speaks about."""

    thing: str
    who: str
    happened: str
    kind: str


WORDS = {
    "booking": Words("appointment", "guest", "appointment.completed", "APPOINTMENT_COMPLETED"),
    "pos": Words("sale", "buyer", "sale.paid", "PURCHASE_COMPLETED"),
    "crm": Words("deal", "contact", "deal.won", "DEAL_WON"),
    "forms": Words("submission", "respondent", "form.submitted", "FORM_SUBMITTED"),
    "generic": Words("record", "contact", "contact.created", "CONTACT_CREATED"),
}


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits, underscores.")],
    group: Annotated[str, typer.Option(help=f"What kind of sender: {', '.join(WORDS)}.")] = "booking",
    label: Annotated[str | None, typer.Option(help="The sender's name as people write it.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where to; the configuration's first connector folder, else here."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write a connector and a folder of cases to start from. They pass `relay connectors test` as they are.

    Example: [bold]relay connectors new bookwell --group booking[/]
    """
    _check(name, group, registry_for(config, [folder] if folder and folder.is_dir() else None))
    home = folder or next(iter(load_config(config).connector_folders), Path())
    written = write_connector(home, name, group, label or name.replace("_", " ").title())
    if json:
        print_json([str(path) for path in written])
        return
    for path in written:
        console.print(plain(f"wrote {path}"), markup=False, highlight=False)
    _tell_next(name, folder)


def _check(name: str, group: str, registry: Registry) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        hint = "begin with a letter; small letters, digits and underscores may follow"
        raise fail(f"{name!r} cannot be the name of a connector", Exit.USAGE, hint)
    if group not in get_args(Group):
        raise fail(f"there is no group {group!r}", Exit.USAGE, f"groups: {', '.join(WORDS)}")
    if name in registry.names():
        raise fail(f"there is already a connector {name!r}", Exit.USAGE, "relay connectors list shows them")


def _tell_next(name: str, folder: Path | None) -> None:
    where = f" --folder {folder}" if folder else ""
    console.print(
        plain(f"\nNow: put what the sender really posts into {name}/*.json, follow it in {name}.py, and run"),
        f"  relay connectors test {name}{where}",
        sep="\n",
        markup=False,
        highlight=False,
    )


def write_connector(home: Path, name: str, group: str, label: str) -> list[Path]:
    """Write the file and its cases; their paths. Exits rather than overwrite anything."""
    path, cases = home / f"{name}.py", home / name
    for taken in (path, cases):
        if taken.exists():
            raise fail(f"{taken} is there already", Exit.USAGE, "choose another name or --folder")
    cases.mkdir(parents=True)
    path.write_text(connector_code(name, group, label), "utf-8")
    connector = Registry([home]).get(name)
    written = [path]
    for title, case in starting_cases(connector, WORDS[group]).items():
        written.append(cases / f"{title}.json")
        written[-1].write_text(case_text(case), "utf-8")
    return written


def connector_code(name: str, group: str, label: str) -> str:
    words = WORDS[group]
    return Template(files(__package__).joinpath("template/connector.txt").read_text("utf-8")).substitute(
        name=name,
        label=re.sub(r"[^\w .,&+-]", "", " ".join(label.split())),
        group=group,
        host=name.replace("_", "-"),
        class_name="".join(part.title() for part in name.split("_")),
        handler=words.happened.replace(".", "_"),
        thing=words.thing,
        who=words.who,
        happened=words.happened,
        kind=words.kind,
    )


def starting_cases(connector: Connector, words: Words) -> dict[str, Case]:
    """Cases by file name: one that is read, those that are not, and two that are refused."""
    stem = words.happened.replace(".", "_")
    person = {
        "first_name": "Ana",
        "last_name": "Reyes",
        "email": "ana.reyes@example.com",
        "phone": "+12025550123",
    }
    known = _case(connector, f"{words.happened}: the {words.who} is read", words, person)
    bare = _case(connector, f"{words.happened} without an address: ignored", words, {"first_name": "Ana"})
    ping = _case(connector, "The sender tries the address: ignored", words, {}, "ping")
    strange = _case(connector, "An event type that nobody told us about: parked", words, person, "other")
    forged = known.request.model_copy(update={"body": known.request.body.replace("Ana", "Eve")})
    cases = {
        stem: known,
        f"{stem}_without_address": bare,
        "ping": ping,
        "other_unknown": strange,
        f"{stem}_forged": known.model_copy(
            update={"title": "The body was changed: refused", "request": forged}
        ),
        f"{stem}_stale": known.model_copy(update={"title": "An hour too late: refused", "now": NOW + 3600}),
    }
    return {name: with_expectation(case, connector) for name, case in cases.items()}


def _case(
    connector: Connector, title: str, words: Words, person: dict[str, str], happened: str | None = None
) -> Case:
    body: dict[str, Any] = {
        "id": "evt_1",
        "type": happened or words.happened,
        "created_at": "2026-03-01T11:59:58Z",
        "data": {"id": "A-17", words.who: person, "location_id": "north", "employee_id": "kim"},
    }
    request = CaseRequest(
        url=f"https://relay.example.com/hooks/{connector.name}",
        headers={"content-type": "application/json"},
        body=json.dumps(body),
    )
    case = Case(title=title, evidence=connector.docs, connector=connector.name, now=NOW, request=request)
    return sign_for_test(case, connector)
