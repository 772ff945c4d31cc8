"""`relay connectors pages`: the set-up pages as Markdown, and those in docs/senders are of today."""

from __future__ import annotations

from pathlib import Path

from relay.cli.connectors.listing import usable
from relay.cli.connectors.pages import rendered
from relay.registry import Registry
from tests.cli.terminal import Terminal

PAGES = Path(__file__).parents[2] / "docs" / "senders"


def test_the_committed_pages_are_what_the_connectors_say() -> None:
    found, _ = usable(Registry())
    committed = {path.name: path.read_text("utf-8") for path in PAGES.iterdir()}
    assert committed == rendered(found), "run `make docs`"


def test_pages_are_written_into_a_folder_that_is_made(relay: Terminal) -> None:
    done = relay("connectors", "pages", relay.folder / "new" / "pages")
    assert done.code == 0
    written = {path.name for path in (relay.folder / "new" / "pages").iterdir()}
    assert written == {"README.md", "booking.md", "crm.md", "forms.md", "generic.md", "pos.md"}


def test_a_folder_that_cannot_be_written_is_named(relay: Terminal) -> None:
    (relay.folder / "file").write_text("")
    done = relay("connectors", "pages", relay.folder / "file")
    assert (done.code, done.out) == (3, "")
    assert "file cannot be written" in done.said
