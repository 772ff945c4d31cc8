"""`relay suppress`: who must not be written to."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import track

from relay.cli.asking import asking
from relay.cli.options import ConfigOption, JsonOption, run
from relay.cli.output import Exit, console, data, errors, fail, print_json, show_moment, table
from relay.cli.suppress_import import read_entries
from relay.core.suppression import Kind, Suppression, kind_of, normalise, one_line, parse_moment
from relay.core.suppression_file import ListReader, write
from relay.desk.model import MOST, maybe, to_milliseconds
from relay.desk.suppressions import (
    Import,
    Line,
    Suppress,
    Suppressed,
    SuppressionEntry,
    SuppressionsQuery,
    Unsuppress,
    import_suppressions,
    list_suppressions,
    suppress,
    unsuppress,
)

T = TypeVar("T")

app = typer.Typer(
    help="See and change who must not be written to: addresses, phone numbers, whole domains.",
    no_args_is_help=True,
    epilog="A running relay heeds a change at once, also for those who wait already.",
)

ValuesArgument = Annotated[
    list[str],
    typer.Argument(metavar="VALUE", help="ana@example.com, +12025550100 or example.com.", show_default=False),
]
RegionOption = Annotated[
    str | None,
    typer.Option(
        metavar="COUNTRY",
        help="Country (US, DE …) of phone numbers without a country code.",
        show_default=False,
    ),
]
KindOption = Annotated[Kind | None, typer.Option(help="Only entries of this kind.", show_default=False)]

_PORTION = 1000
_EVERYTHING = sys.maxsize


@app.command("list")
def list_(
    config: ConfigOption = None,
    kind: KindOption = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")] = 100,
    json: JsonOption = False,
) -> None:
    """List who is suppressed, in the order of values; entries that have expired are gone."""
    entries = run(lambda: _entries(config, kind, limit + 1))
    shown = entries[:limit]
    if json:
        print_json(data(shown))
    elif not shown:
        console.print("Nobody is suppressed. [bold]relay suppress add[/] and [bold]import[/] change that.")
    else:
        columns = ("kind", "value", "reason", "by", "since (UTC)", "until (UTC)")
        console.print(table("Suppressed", columns, map(_row, shown)))
    if len(entries) > limit and not json:
        console.print("\nThere are more; [bold]--limit[/] and [bold]relay suppress export[/] show them.")


def _row(entry: SuppressionEntry) -> tuple[object, ...]:
    since, until = show_moment(entry.created_at), show_moment(entry.expires_at)
    return entry.kind, entry.value, entry.reason, entry.who, since, until


async def _entries(config: Path | None, kind: Kind | None, limit: int) -> list[SuppressionEntry]:
    found, after = list[SuppressionEntry](), None
    async with asking(config) as ask:
        while len(found) < limit:
            query = SuppressionsQuery(kind=kind, after=after, limit=min(MOST, limit - len(found)))
            page = await ask(list_suppressions, query=query)
            found += page.items
            after = page.next
            if after is None:
                break
    return found


@app.command()
def add(
    values: ValuesArgument,
    reason: Annotated[str, typer.Option(help="Why; shown on every enrollment that it keeps back.")] = "",
    until: Annotated[
        str,
        typer.Option(
            metavar="DATE", help="When it ends: 2027-01-31; never unless given.", show_default=False
        ),
    ] = "",
    region: RegionOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Suppress addresses, phone numbers or domains (with all below them).

    Example: [bold]relay suppress add ana@example.com example.net --reason "asked on the phone"[/]
    """
    until_at = _option("--until", parse_moment, until)
    body = Suppress(
        values=tuple(_normalised(values, region)),
        reason=_option("--reason", one_line, reason),
        expires_at=maybe(until_at),
    )
    if until_at is not None and until_at <= _now():
        raise fail("--until is in the past", Exit.USAGE)
    _tell(run(lambda: _suppress(config, body)), 0, json)


async def _suppress(config: Path | None, body: Suppress) -> Suppressed:
    async with asking(config) as ask:
        return await ask(suppress, body=body)


def _option(name: str, convert: Callable[[str], T], text: str) -> T:
    try:
        return convert(text)
    except ValueError as error:
        raise fail(f"{name} {error}", Exit.USAGE) from None


def _normalised(values: list[str], region: str | None) -> dict[str, Kind]:
    """Each value as the list keeps it, with its kind. Says which is no such value, not what it is."""
    normal: dict[str, Kind] = {}
    for place, text in enumerate(values, 1):
        kind = kind_of(text)
        try:
            normal[normalise(kind, text, _regions(region))] = kind
        except ValueError as error:
            which = f"value {place} of {len(values)}, read as {kind}: {error}"
            raise fail(which, Exit.USAGE, "nothing was changed") from None
    return normal


def _regions(region: str | None) -> tuple[str, ...]:
    return (region.upper(),) if region else ()


@app.command()
def remove(
    values: ValuesArgument,
    region: RegionOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take values off the list. Who was suppressed meanwhile stays so; later reports enrol again."""
    wanted = list(_normalised(values, region))
    done = run(lambda: _remove(config, wanted))
    missed = [value for value in wanted if value not in done]
    if json:
        print_json({"removed": done, "not_found": missed})
    else:
        console.print(f"{len(done)} removed.")
    if missed:
        hint = "relay suppress list shows what is"
        raise fail(f"{len(missed)} of {len(wanted)} were not on the list", Exit.NO, hint)


async def _remove(config: Path | None, values: list[str]) -> tuple[str, ...]:
    async with asking(config) as ask:
        return (await ask(unsuppress, body=Unsuppress(values=tuple(values)))).removed


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(help="CSV file; - reads standard input."),
    ],
    region: RegionOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Suppress all that a CSV file names: kind,value,reason,expires in its first line. A file with a fault
    changes nothing.

    [bold]kind[/] is email, phone or domain. [bold]reason[/] and [bold]expires[/] (2027-01-31) may be empty.
    """
    now = _now()
    entries = read_entries(file, ListReader("", now, _regions(region)), json=json)
    alive = [one for one in entries.values() if one.expires_at is None or one.expires_at > now]
    _tell(run(lambda: _import(config, alive, json=json)), len(entries) - len(alive), json)


async def _import(config: Path | None, entries: list[Suppression], *, json: bool) -> Suppressed:
    added = replaced = 0
    portions = [entries[start : start + _PORTION] for start in range(0, len(entries), _PORTION)]
    async with asking(config) as ask:
        for portion in track(
            portions,
            "Importing",
            console=errors,
            disable=json or len(portions) < 2 or not errors.is_terminal,
            transient=True,
        ):
            lines = (
                Line(kind=one.kind, value=one.value, reason=one.reason, expires_at=maybe(one.expires_at))
                for one in portion
            )
            done = await ask(import_suppressions, body=Import(entries=tuple(lines)))
            added, replaced = added + done.added, replaced + done.replaced
    return Suppressed(added=added, replaced=replaced)


def _tell(done: Suppressed, expired: int, json: bool) -> None:
    if json:
        print_json({"added": done.added, "replaced": done.replaced, "expired": expired})
        return
    left_out = f" {expired} had expired and were left out." if expired else ""
    console.print(f"{done.added} added, {done.replaced} replaced.{left_out}")


@app.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(help="File to write; left out, standard output.", show_default=False)
    ] = None,
    kind: KindOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write the list as CSV, so that [bold]relay suppress import[/] reads it back the same."""
    entries = run(lambda: _entries(config, kind, _EVERYTHING))
    if json:
        print_json(data(entries))
    elif file is None:
        write(map(_kept, entries), sys.stdout)
    else:
        with file.open("w", encoding="utf-8", newline="") as out:
            write(map(_kept, entries), out)
        console.print(f"{len(entries)} written.")


def _kept(one: SuppressionEntry) -> Suppression:
    created_at, expires_at = round(one.created_at.timestamp() * 1000), to_milliseconds(one.expires_at)
    return Suppression(one.kind, one.value, one.reason, one.who, created_at, expires_at)


def _now() -> int:
    return int(time.time() * 1000)
