"""`relay health`: is the relay alive, and does it take requests? For supervisors that run a command."""

from __future__ import annotations

import json as json_
from http.client import HTTPException
from typing import TYPE_CHECKING, Annotated
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import typer

from relay.cli.options import ConfigOption, JsonOption, load_config
from relay.cli.output import Exit, console, fail, plain, print_json

if TYPE_CHECKING:
    from relay.config.models import Server

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # asked, not listened on
_SECONDS = 5.0
_LARGEST = 10_000


def health(
    live: Annotated[
        bool, typer.Option("--live", help="Only whether it answers, not whether it is ready.")
    ] = False,
    url: Annotated[
        str | None,
        typer.Option(help="Where it listens, if not as the configuration says.", show_default=False),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the relay on this machine whether it is ready; exit 1 if it is not, 3 if nobody answers.

    Example: [bold]relay health --live[/]
    """
    # With the address at hand nothing is read: a supervisor asks every few seconds.
    place = url or address_of(load_config(config).server)
    status, told = asked(f"{place.rstrip('/')}{'/livez' if live else '/readyz'}")
    if json:
        print_json({"ok": status == 200, "detail": told})
    else:
        state = ("alive" if live else "ready") if status == 200 else "not ready"
        console.print(plain(f"{state}: {told}" if told else state))
    if status != 200:
        raise typer.Exit(Exit.NO)


def address_of(server: Server) -> str:
    """Where a relay of this configuration is asked from the same machine."""
    if not server.port:
        raise fail(
            "server.port is 0, so its port is known to the relay alone", Exit.USAGE, "name it with --url"
        )
    host = _EVERYWHERE.get(server.host, server.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{server.port}"


def asked(url: str) -> tuple[int, str | None]:
    """Status, and what was told with it. Exits where nobody answers."""
    try:
        # A proxy of the environment would answer in the relay's place.
        with build_opener(ProxyHandler({})).open(url, timeout=_SECONDS) as answer:
            return 200, _detail(answer.read(_LARGEST))
    except HTTPError as error:
        return error.code, _detail(error.read(_LARGEST)) or f"status {error.code}"
    except (OSError, HTTPException, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise fail(f"no relay answers at {url}: {why}", Exit.UNAVAILABLE) from None


def _detail(body: bytes) -> str | None:
    try:
        return str(json_.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return None
