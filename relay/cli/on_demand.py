"""Commands that are imported once one of them is called: most need far less than all of them together."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_group


class Place(NamedTuple):
    """Where a command is: `module:name` of a function or a `Typer`. `help` begins its own."""

    at: str
    help: str


class OnDemand(TyperGroup):
    """A group that lists its commands from a table, and imports the one that is called."""

    places: ClassVar[dict[str, Place]] = {}

    # The library's own types of these are private.
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if place := self.places.get(args[0]):
            self.commands[args[0]] = loaded(args[0], place)
        return super().resolve_command(ctx, args)


def loaded(name: str, place: Place) -> Any:
    """The command itself, as the library runs it."""
    module, _, attribute = place.at.partition(":")
    found = getattr(import_module(module), attribute)
    holder = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name)
    else:
        holder.command(name)(found)
    return get_group(holder).commands[name]


def listed(app: typer.Typer, group: type[OnDemand]) -> None:
    """Put the commands of the group's table on an application, each as its name and help."""
    for name, place in group.places.items():
        app.command(name, help=place.help)(_nothing)


def _nothing() -> None:
    """Stands in for a command that was not called."""
