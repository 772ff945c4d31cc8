"""Programs see which processes are at work."""

from __future__ import annotations

from tests.factories import HOUR, NOW_MS, node
from tests.web.api.conftest import Api


async def test_nodes_are_listed_with_their_state(api: Api) -> None:
    assert (await api.get("/nodes")).json == {"items": []}
    await api.store.nodes.tell(node("a", NOW_MS - HOUR))
    await api.store.nodes.tell(node("b", name="work-1", spooled=5, spooled_since=NOW_MS))
    api.role = "viewer"
    gone, there = (await api.get("/nodes")).json["items"]
    assert (gone["id"], gone["state"]) == ("a", "gone")
    assert there == {
        "id": "b",
        "name": "work-1",
        "host": "till",
        "pid": 7,
        "role": "all",
        "version": "1.0",
        "state": "up",
        "started_at": "2026-03-14T18:00:00.000Z",
        "seen_at": "2026-03-14T18:00:00.000Z",
        "requests": 3,
        "contacts": 2,
        "spooled": 5,
        "spooled_since": "2026-03-14T18:00:00.000Z",
    }
