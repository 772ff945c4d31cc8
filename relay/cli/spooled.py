"""What waits in the spool of this machine while the ledger cannot be asked."""

from __future__ import annotations

import os
from pathlib import Path

from rich.text import Text

from relay.cli.options import load_config
from relay.cli.output import console, plain, print_json, show_time
from relay.config.environment import ELSEWHERE
from relay.spool.left import Left, left_in


def tell_spooled(path: Path | None, fault: str, *, json: bool) -> bool:
    """Whether anything waits there; it is told together with why the ledger cannot be asked."""
    if os.environ.get(ELSEWHERE):
        return False
    folder = load_config(path).spool_folder
    try:
        left = left_in(folder)
    except OSError:  # it is another user's
        return False
    if left.requests:
        _show(left, folder, fault, json=json)
    return left.requests > 0


def _show(left: Left, folder: Path, fault: str, *, json: bool) -> None:
    if json:
        oldest = None if left.oldest is None else show_time(left.oldest)
        counts = {"requests": left.requests, "bytes": left.size, "files": left.files, "oldest": oldest}
        print_json({"fault": fault, "spool": {"path": str(folder), **counts}})
        return
    console.print(Text(plain(fault), style="red"))
    kept = f"{left.requests} requests ({left.size} bytes) wait in the spool {folder}"
    since = f", the oldest since {show_time(left.oldest)} UTC" if left.oldest is not None else ""
    console.print(Text(plain(f"{kept}{since}."), style="yellow"))
    console.print("They come in when the ledger is back and a relay runs here: [bold]relay serve[/].")
