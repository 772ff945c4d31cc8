"""`relay suppress`: who must not be written to."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from relay.cli.audit import by_me, my_name
from relay.cli.options import ConfigOption, JsonOption, ledger_of, run
from relay.cli.output import Exit, console, fail, print_json, show_time, table
from relay.cli.suppress_import import read_entries
from relay.core.suppression import Kind, Suppression, kind_of, normalise, one_line, parse_moment
from relay.core.suppression_file import ListReader, write

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

_PAGE = 10_000
_EVERYTHING = sys.maxsize


@app.command("list")
def list_(
    config: ConfigOption = None,
    kind: KindOption = None,
    limit: Annotated[int, typer.Option(min=1, max=_PAGE, help="How many to show.")] = 100,
    json: JsonOption = False,
) -> None:
    """List who is suppressed, in the order of values; entries that have expired are gone."""
    entries = run(lambda: _entries(config, kind, limit + 1))
    shown = entries[:limit]
    if json:
        print_json([asdict(entry) for entry in shown])
    elif not shown:
        console.print("Nobody is suppressed. [bold]relay suppress add[/] and [bold]import[/] change that.")
    else:
        columns = ("kind", "value", "reason", "by", "since (UTC)", "until (UTC)")
        console.print(table("Suppressed", columns, map(_row, shown)))
    if len(entries) > limit and not json:
        console.print("\nThere are more; [bold]--limit[/] and [bold]relay suppress export[/] show them.")


def _row(entry: Suppression) -> tuple[object, ...]:
    since, until = show_time(entry.created_at), show_time(entry.expires_at)
    return entry.kind, entry.value, entry.reason, entry.who, since, until


async def _entries(config: Path | None, kind: Kind | None, limit: int) -> list[Suppression]:
    """Page by page, so that a long list does not keep others from reading."""
    now, found = _now(), list[Suppression]()
    async with ledger_of(config) as store:
        while len(found) < limit:
            after = found[-1].value if found else ""
            page = await store.suppressions(kind, after, min(_PAGE, limit - len(found)), now)
            if not page:
                break
            found += page
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
    now, who = _now(), my_name()
    why = _option("--reason", one_line, reason)
    expires_at = _option("--until", parse_moment, until)
    if expires_at is not None and expires_at <= now:
        raise fail("--until is in the past", Exit.USAGE)
    normal = _normalised(values, region)
    entries = {value: Suppression(kind, value, why, who, now, expires_at) for value, kind in normal.items()}
    _put(config, entries, now, json)


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


async def _remove(config: Path | None, values: list[str]) -> list[str]:
    async with ledger_of(config) as store:
        return await store.unsuppress(values, by_me("suppress.remove", entries=len(values)))


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
    """Suppress all that a CSV file names: kind,value,reason,expires in its first line. All of it, or nothing.

    [bold]kind[/] is email, phone or domain. [bold]reason[/] and [bold]expires[/] (2027-01-31) may be empty.
    """
    now = _now()
    entries = read_entries(file, ListReader(my_name(), now, _regions(region)), json=json)
    _put(config, entries, now, json)


def _put(config: Path | None, entries: dict[str, Suppression], now: int, json: bool) -> None:
    alive = [entry for entry in entries.values() if entry.expires_at is None or entry.expires_at > now]
    added = run(lambda: _suppress(config, alive, now))
    counts = {"added": added, "replaced": len(alive) - added, "expired": len(entries) - len(alive)}
    if json:
        print_json(counts)
        return
    left_out = f" {counts['expired']} had expired and were left out." if counts["expired"] else ""
    console.print(f"{added} added, {counts['replaced']} replaced.{left_out}")


async def _suppress(config: Path | None, entries: list[Suppression], now: int) -> int:
    async with ledger_of(config) as store:
        made = by_me("suppress.add", entries=len(entries))
        return await store.suppress(entries, now, made)


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
        print_json([asdict(entry) for entry in entries])
    elif file is None:
        write(entries, sys.stdout)
    else:
        with file.open("w", encoding="utf-8", newline="") as out:
            write(entries, out)
        console.print(f"{len(entries)} written.")


def _now() -> int:
    return int(time.time() * 1000)
