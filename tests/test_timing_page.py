"""The page about timing names every sender of which consent is read."""

from __future__ import annotations

import re
from pathlib import Path

from relay.cli.cases import cases_folder, read_case

PAGE = (Path(__file__).parents[1] / "docs" / "timing.md").read_text("utf-8")
BY_EXPRESSION = "| forms,"


def shows_consent(case: Path) -> bool:
    events = (read_case(case).expect or {}).get("events") or ()
    return any(event.get("unsubscribed") for event in events)


def test_the_page_names_every_sender_whose_cases_show_that_somebody_unsubscribed() -> None:
    shown = {case.parent.name for case in cases_folder().glob("*/*.json") if shows_consent(case)}
    table = PAGE.partition("| sender |")[2].partition(BY_EXPRESSION)[0]
    first_cells = re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)
    assert {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)} == shown
