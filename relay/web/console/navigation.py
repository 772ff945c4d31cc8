"""What the console has: its sections, in the order of an operator's day."""

from __future__ import annotations

from typing import NamedTuple

ROOT = "/console"


class Section(NamedTuple):
    """A part of the console. `key` follows `g` on the keyboard."""

    name: str
    label: str
    key: str
    path: str


class Group(NamedTuple):
    label: str
    sections: tuple[Section, ...]


def _section(name: str, label: str, key: str) -> Section:
    return Section(name, label, key, f"{ROOT}/{name}")


NAVIGATION = (
    Group("Now", (Section("overview", "Overview", "o", ROOT), _section("tail", "Tail", "t"))),
    Group("Repair", (_section("dead", "Dead letters", "d"), _section("jobs", "Jobs", "j"))),
    Group(
        "Ledger",
        (
            _section("requests", "Requests", "r"),
            _section("enrollments", "Enrollments", "e"),
            _section("people", "People", "p"),
        ),
    ),
    Group("Set-up", (_section("sources", "Sources", "s"), _section("routes", "Routes", "u"))),
    Group(
        "Watch",
        (
            _section("alerts", "Alerts", "a"),
            _section("audit", "Audit log", "l"),
            _section("access", "Access", "c"),
        ),
    ),
)
