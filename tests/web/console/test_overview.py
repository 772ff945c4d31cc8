"""The overview says whether every process of the relay is up."""

from __future__ import annotations

from tests.factories import HOUR, NOW_MS, node
from tests.web.console.conftest import Console


async def test_nodes_are_listed_with_their_state(console: Console) -> None:
    assert "No node is known yet" in (await console.get("")).text
    await console.store.nodes.tell(node("a", requests=77))
    await console.store.nodes.tell(node("b", NOW_MS - HOUR, name="all-2", host="<b>shop</b>"))
    shown = (await console.get("")).text
    assert '<td class="number" data-label="Requests/min">77</td>' in shown
    assert shown.count('<span class="badge good">up</span>') == 1
    assert shown.count('<span class="badge bad">gone</span>') == 1
    assert "&lt;b&gt;shop&lt;/b&gt;" in shown


async def test_what_waits_in_a_spool_is_shown_with_its_node(console: Console) -> None:
    await console.store.nodes.tell(node("a", spooled=1804, spooled_since=NOW_MS - HOUR))
    await console.store.nodes.tell(node("b", NOW_MS - HOUR, name="all-2", spooled=7))
    shown = (await console.get("")).text
    assert "1,804 requests wait in the spool of all-1 on till" in shown
    assert '<td class="number" data-label="In its spool">1,804</td>' in shown
    assert "in the spool of all-2" not in shown
