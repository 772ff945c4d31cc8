"""`relay config`: the schema, an example, and what is in effect."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

import typer

from relay.cli.options import ConfigOption, JsonOption
from relay.cli.output import console, print_json, table
from relay.config.effective import effective
from relay.config.example import example
from relay.config.faults import ConfigFaults
from relay.config.keys import literal
from relay.config.load import examine, read
from relay.config.schema import schema

app = typer.Typer(help="Look at the configuration.", no_args_is_help=True)


@app.command("schema")
def show_schema() -> None:
    """Print the JSON Schema of the file, for editors."""
    print_json(schema())


@app.command("example")
def show_example() -> None:
    """Print a file to begin with: every key, its default and what it means."""
    sys.stdout.write(example())


@app.command("show")
def show(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show what is in effect and where each value came from; secrets stay hidden."""
    draft = read(config, os.environ)
    examined = examine(draft)
    if examined.faults:
        raise ConfigFaults(examined.faults)
    settings = effective(examined.config, draft)
    if json:
        print_json([asdict(setting) for setting in settings])
        return
    rows = [(setting.key, literal(setting.value), setting.origin) for setting in settings]
    shown = table("Configuration in effect", ("key", "value", "from"), rows)
    for column in shown.columns:
        column.overflow = "fold"  # a value that is cut off says nothing
    console.print(shown)
