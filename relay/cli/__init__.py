"""The command line: one function for each command, and the only place that wires things together."""

from __future__ import annotations


def main() -> None:
    """The `relay` command."""
    from relay.cli.main import run  # noqa: PLC0415  # `relay.cli` is imported for its parts, too

    run()
