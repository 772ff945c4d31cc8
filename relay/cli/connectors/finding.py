"""Which connectors a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relay.cli.options import load_config
from relay.registry import Registry

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of a connector.")]
FolderOption = Annotated[
    list[Path] | None,
    typer.Option("--folder", help="A folder with connectors of your own.", show_default=False),
]


def registry_for(config: Path | None, folders: list[Path] | None, name: str | None = None) -> Registry:
    """Connectors, those in `folders` included, else those in the folders of the configuration.

    Without either, the working folder counts for a connector of this name that has a file there.
    """
    own = folders or load_config(config).connector_folders
    here = Path.cwd()
    if not own and name and (here / f"{name}.py").is_file():
        own = [here]
    return Registry(own)
