"""`relay audit`: who changed what at the terminal, and whether the log is whole."""

from __future__ import annotations

from contextlib import closing

import apsw

from relay.core.outcome import Certainty, Scope
from tests.cli.terminal import Terminal
from tests.factories import LANE, failure
from tests.store.desk import Desk


async def held(desk: Desk) -> None:
    await desk.enrol_in(LANE)
    await desk.end(await desk.freeze(), failure(Certainty.REFUSED, Scope.DESTINATION, reason="401 X"))


def test_changes_at_the_terminal_are_told(relay: Terminal) -> None:
    relay.prepare(held)
    assert relay("audit", "list").said.startswith("Nobody has changed anything yet.")
    relay("resume")
    relay("suppress", "add", "ana@example.com", "--reason", "asked")
    entries = relay("audit", "list", "--json").json
    assert [entry["action"] for entry in entries] == ["suppress.add", "resume"]
    assert entries[1]["detail"] == {"destination": "main", "sequence": None}
    assert "ana@example.com" not in relay("audit", "list").said
    assert "The audit log is whole: 2 entries" in " ".join(relay("audit", "verify").said.split())


def test_a_log_that_was_tampered_with_is_exit_1_and_says_where(relay: Terminal) -> None:
    relay.prepare(held)
    relay("resume")
    with closing(apsw.Connection(str(relay.folder / "relay.db"))) as db:
        db.execute("DROP TRIGGER audit_keeps; UPDATE audit SET who = 'somebody else'")
    done = relay("audit", "verify")
    assert done.code == 1
    assert "entry 1 is not what was written" in done.said
    assert relay("audit", "verify", "--json").json["whole"] is False
