"""A whole relay finds by itself that something is wrong, and tells it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw

from relay.cli.wiring import running
from relay.store import open_store
from tests.e2e.polling import until
from tests.installing import installed, settings
from tests.store.desk import Desk
from tests.work.receiver import Receiver, receiving, team


async def test_a_relay_at_work_looks_and_tells_by_itself(tmp_path: Path) -> None:
    receiver = Receiver()
    async with receiving(receiver):
        installation = installed(
            settings(tmp_path) | {"alerts": {"channels": team(receiver)["alerts.channels"]}}
        )
        async with open_store(installation.config.store.path, exclusive=True) as store:
            await Desk(store).enrol("ana@example.com")
        with closing(apsw.Connection(str(installation.config.store.path))) as db:
            db.execute("DELETE FROM delivery")
        async with running(installation):
            await until(lambda: bool(receiver.told), "somebody is told")
    assert ("opened", "imbalance") in receiver.keys
