"""A command is imported once it is called; the help lists all of them all the same."""

from __future__ import annotations

import inspect

import pytest

from relay.cli.main import Commands
from relay.cli.on_demand import loaded
from tests.cli.terminal import Terminal


@pytest.mark.parametrize("name", Commands.places)
def test_what_the_help_lists_is_what_the_command_says_of_itself(name: str) -> None:
    place = Commands.places[name]
    first, _, _ = inspect.cleandoc(loaded(name, place).help).partition("\n\n")
    assert " ".join(first.split()) == place.help


@pytest.mark.parametrize("name", Commands.places)
def test_every_command_has_its_help(relay: Terminal, name: str) -> None:
    done = relay(name, "--help")
    assert done.code == 0
    assert Commands.places[name].help in done.said.replace(" │ │ ", " ")


def test_a_command_that_is_misspelt_is_guessed(relay: Terminal) -> None:
    done = relay("serv")
    assert done.code == 2
    assert "Did you mean 'serve'?" in done.said
