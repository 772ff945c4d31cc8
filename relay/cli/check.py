"""`relay check`: is the configuration right, and does the destination agree?"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from relay.cli.options import ConfigOption, JsonOption, load_installation, run
from relay.cli.output import Exit, cell, console, print_json, table
from relay.config.installation import Installation
from relay.config.keys import written
from relay.destination.inspection import Finding, Inspector
from relay.http import outbound_session

_SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "fault": ("✗", "red")}


def check(
    config: ConfigOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="Check the configuration alone.")] = False,
    json: JsonOption = False,
) -> None:
    """Check the configuration, the destinations' keys and the routes' sequences; nobody is enrolled.

    Exit 2 for faults in the configuration, 1 for faults found at a destination.
    """
    installation = load_installation(config, quiet=True)
    findings = [Finding("configuration", "warning", warning) for warning in installation.warnings]
    findings += [
        Finding(
            f"sources.{active.name}", "ok", f"{active.connector.label}, registered as {active.registered_url}"
        )
        for active in installation.sources.values()
    ]
    if not offline:
        findings += run(lambda: _inspect(installation))
    faulty = any(finding.state == "fault" for finding in findings)
    if json:
        print_json({"ok": not faulty, "findings": [asdict(finding) for finding in findings]})
    else:
        rows = [
            (Text(_SIGNS[f.state][0], _SIGNS[f.state][1]), cell(f.key), cell(f.message)) for f in findings
        ]
        console.print(table("Check", ("", "what", "finding"), rows))
        console.print(
            "[red]There are faults.[/]" if faulty else "[green]Ready.[/] Start with [bold]relay serve[/]."
        )
    if faulty:
        raise typer.Exit(Exit.NO)


async def _inspect(installation: Installation) -> list[Finding]:
    config = installation.config
    async with outbound_session(config.egress.allow) as http:
        inspector = Inspector(http)
        destinations = await asyncio.gather(
            *(inspector.destination(one) for one in installation.destinations.values())
        )
        sequences = await asyncio.gather(
            *(
                inspector.sequence(
                    installation.destinations[route.lane.destination],
                    route.lane.sequence,
                    f"routes {route.name}.sequence",
                )
                for route in installation.routes
            )
        )
        origins = await asyncio.gather(
            *(
                inspector.origin(here, written(("lookups", "origins", there)), config.lookups.timeout)
                for there, here in config.lookups.origins.items()
            )
        )
        return [*destinations, *sequences, *origins]
