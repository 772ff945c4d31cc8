"""`relay simulate`: send a recorded delivery, signed anew, to a running relay."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

import aiohttp
import typer

from relay.cli.cases import case_names, find_case, folder_of_cases
from relay.cli.connectors.finding import registry_for
from relay.cli.options import ConfigOption, JsonOption, load_installation, run
from relay.cli.output import Exit, console, fail, plain, print_json
from relay.config.installation import ActiveSource, Installation
from relay.core.case import Case
from relay.core.request import Request, public_url


def simulate(
    connector: Annotated[str, typer.Argument(help="Name of a connector.")],
    case: Annotated[
        str | None, typer.Argument(help="Name of a recorded case; left out, they are listed.")
    ] = None,
    config: ConfigOption = None,
    source: Annotated[
        str | None, typer.Option(help="Source to send as; the first one of that connector.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Where the relay listens; from the configuration.")] = None,
    forged: Annotated[bool, typer.Option(help="Spoil the signature.")] = False,
    json: JsonOption = False,
) -> None:
    """Sign a recorded webhook with the source's secret and send it to a running relay.

    Example: [bold]relay simulate shopify orders_paid_online[/]
    """
    folder = folder_of_cases(registry_for(config, None, connector), connector)
    if case is None:
        names = case_names(folder)
        print_json(names) if json else console.print("\n".join(names) or f"{connector} has no recorded cases")
        return
    installation = load_installation(config, quiet=json)
    recorded = find_case(connector, case, folder=folder)
    active = _source(installation, connector, source)
    request = signed(recorded, active, time.time())
    if forged:
        request = replace(request, body=request.body + b" ", token="forged" if request.token else None)
    target = url or f"http://{installation.config.server.host}:{installation.config.server.port}"
    status, body = run(lambda: send(target, active.name, request))
    if json:
        print_json({"source": active.name, "status": status, "body": body})
    else:
        console.print(
            plain(f"{recorded.title}: {active.name} answered {status} {body}".rstrip()), markup=False
        )
    if not 200 <= status < 300:
        raise typer.Exit(Exit.NO)


def _source(installation: Installation, connector: str, name: str | None) -> ActiveSource:
    found = [
        active
        for active in installation.sources.values()
        if active.connector.name == connector and name in (None, active.name)
    ]
    if not found:
        wanted = f"source {name}" if name else f"source with connector {connector}"
        raise fail(f"the configuration has no {wanted}", Exit.USAGE)
    return found[0]


def signed(case: Case, active: ActiveSource, now: float) -> Request:
    """The recorded request as the vendor would send it to this source at `now`."""
    url = public_url(active.registered_url, case.request.url)
    return active.connector.verify.sign(replace(case.make_request(), url=url, token=None), active.source, now)


async def send(target: str, source: str, request: Request) -> tuple[int, str]:
    """Status and body of the relay's answer. Exits where no relay answers."""
    token = f"/{quote(request.token, safe='')}" if request.token else ""
    query = request.url.partition("?")[2]
    url = f"{target.rstrip('/')}/hooks/{source}{token}" + (f"?{query}" if query else "")
    try:
        async with (
            aiohttp.ClientSession() as http,
            http.request(request.method, url, data=request.body, headers=request.headers) as answer,
        ):
            return answer.status, await answer.text()
    except (aiohttp.ClientError, TimeoutError) as error:
        hint = "start one with `relay serve`, or name it with --url"
        raise fail(f"no relay answers at {target} ({type(error).__name__})", Exit.UNAVAILABLE, hint) from None
