"""The suppression list: addresses, phone numbers and domains that must not be written to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from relay.core.suppression import Kind, Suppression, kind_of, normalise, one_line
from relay.desk.cursors import from_cursor, to_cursor
from relay.desk.desk import Desk
from relay.desk.model import Model, Moment, Page, PageQuery, maybe, moment, to_milliseconds
from relay.desk.operation import Invalid, Role, operation

_VALUE = Field(min_length=1, max_length=320, examples=["ana@example.com", "+12025550100", "example.com"])
Value = Annotated[str, _VALUE]


class SuppressionsQuery(PageQuery):
    """Which entries, in the order of their values."""

    kind: Kind | None = None
    """Only entries of this kind."""


class SuppressionEntry(Model):
    """Somebody, or a company, that must not be written to."""

    kind: Kind
    value: str
    reason: str
    who: str
    """Who put it on the list."""
    created_at: Moment
    expires_at: Moment | None


class SuppressionsPage(Page):
    """Entries in the order of their values."""

    items: tuple[SuppressionEntry, ...]


class Suppress(Model):
    """What to put on the list."""

    values: Annotated[tuple[Value, ...], Field(min_length=1, max_length=1000)]
    """Addresses, phone numbers or domains (with all below them)."""

    reason: Annotated[str, Field(max_length=200)] = ""
    """Why; shown on every enrollment that it keeps back."""

    expires_at: Moment | None = None
    """When it ends; never unless given."""

    region: Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["US"])] | None = None
    """Country of phone numbers without a country code."""


class Line(Model):
    """An entry of a list that is taken over from elsewhere; the value as the list keeps it."""

    kind: Kind
    value: Value
    reason: Annotated[str, Field(max_length=200)] = ""
    expires_at: Moment | None = None


class Import(Model):
    """A list, or a part of a long one."""

    entries: Annotated[tuple[Line, ...], Field(min_length=1, max_length=1000)]


class Unsuppress(Model):
    """What to take off the list."""

    values: Annotated[tuple[Value, ...], Field(min_length=1, max_length=1000)]
    region: Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["US"])] | None = None
    """Country of phone numbers without a country code."""


class Suppressed(Model):
    """What became of it."""

    added: int
    replaced: int


class Unsuppressed(Model):
    """What became of it."""

    removed: tuple[str, ...]
    not_found: tuple[str, ...]


@operation("GET", "/suppressions")
async def list_suppressions(desk: Desk, query: SuppressionsQuery) -> SuppressionsPage:
    """Who is suppressed, in the order of values; entries that have expired are gone."""
    (after,) = from_cursor(query.after, str) or ("",)
    found = await desk.store.suppressions(query.kind, str(after), query.limit, desk.now())
    following = to_cursor(found[-1].value) if len(found) == query.limit else None
    return SuppressionsPage(items=tuple(map(entry, found)), next=following)


def entry(one: Suppression) -> SuppressionEntry:
    return SuppressionEntry(
        kind=one.kind,
        value=one.value,
        reason=one.reason,
        who=one.who,
        created_at=moment(one.created_at),
        expires_at=maybe(one.expires_at),
    )


@operation("POST", "/suppressions", role=Role.OPERATOR)
async def suppress(desk: Desk, body: Suppress) -> Suppressed:
    """Suppress addresses, phone numbers or domains, at once and also for those who wait already.

    One that is on the list already is replaced.
    """
    now, until = desk.now(), to_milliseconds(body.expires_at)
    if until is not None and until <= now:
        raise _invalid("body.expires_at", "is in the past")
    try:
        reason = one_line(body.reason)
    except ValueError as error:
        raise _invalid("body.reason", str(error)) from None
    values = _normal(body.values, body.region)
    entries = [
        Suppression(kind, value, reason, desk.caller.name, now, until) for value, kind in values.items()
    ]
    added = await desk.store.suppress(entries, now, desk.by("suppress.add", entries=len(entries)))
    return Suppressed(added=added, replaced=len(entries) - added)


@operation("PUT", "/suppressions", role=Role.OPERATOR)
async def import_suppressions(desk: Desk, body: Import) -> Suppressed:
    """Take over a list, or a part of a long one. All of it, or nothing; what has expired is left out."""
    now = desk.now()
    entries, faults = [], []
    for place, line in enumerate(body.entries):
        try:
            value, reason = normalise(line.kind, line.value), one_line(line.reason)
        except ValueError as error:
            faults.append({"where": f"body.entries.{place}", "message": f"as {line.kind}: {error}"})
            continue
        until = to_milliseconds(line.expires_at)
        entries.append(Suppression(line.kind, value, reason, desk.caller.name, now, until))
    if faults:
        raise Invalid("nothing was changed: some entries are none", "see errors", faults)
    alive = list(
        {one.value: one for one in entries if one.expires_at is None or one.expires_at > now}.values()
    )
    added = await desk.store.suppress(alive, now, desk.by("suppress.add", entries=len(alive)))
    return Suppressed(added=added, replaced=len(alive) - added)


@operation("POST", "/suppressions/remove", role=Role.OPERATOR)
async def unsuppress(desk: Desk, body: Unsuppress) -> Unsuppressed:
    """Take values off the list. Who was suppressed meanwhile stays so; later reports enrol again."""
    wanted = list(_normal(body.values, body.region))
    done = await desk.store.unsuppress(wanted, desk.by("suppress.remove", entries=len(wanted)))
    missed = tuple(value for value in wanted if value not in done)
    return Unsuppressed(removed=tuple(done), not_found=missed)


def _normal(values: tuple[str, ...], region: str | None) -> dict[str, Kind]:
    """Each value as the list keeps it, with its kind. Raises `Invalid` with all that are no such values."""
    normal: dict[str, Kind] = {}
    faults = []
    for place, text in enumerate(values):
        kind = kind_of(text)
        try:
            normal[normalise(kind, text, (region,) if region else ())] = kind
        except ValueError as error:
            faults.append({"where": f"body.values.{place}", "message": f"read as {kind}: {error}"})
    if faults:
        raise Invalid("nothing was changed: some values are none", "see errors", faults)
    return normal


def _invalid(where: str, message: str) -> Invalid:
    return Invalid("nothing was changed", "see errors", [{"where": where, "message": message}])
