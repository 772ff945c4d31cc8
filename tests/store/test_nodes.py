"""The processes that are at work: each tells of itself, and who took whose place is seen."""

from __future__ import annotations

from relay.core.node import FORGOTTEN, GONE
from relay.store import Store
from tests.factories import MINUTE, NOW_MS, node
from tests.store.conftest import Engine


async def names(store: Store) -> list[str]:
    return [one.id for one in await store.nodes.all()]


async def test_a_node_is_listed_as_it_last_told_of_itself(store: Store) -> None:
    await store.nodes.tell(node("a"))
    later = node("a", NOW_MS + 10_000, requests=30, contacts=0, spooled=5, spooled_since=NOW_MS - 1)
    await store.nodes.tell(later)
    assert await store.nodes.all() == [later]


async def test_nodes_are_listed_by_host_and_name(store: Store) -> None:
    for id_, host, name in (("a", "till", "work-1"), ("b", "shop", "work-1"), ("c", "till", "intake-2")):
        await store.nodes.tell(node(id_, host=host, name=name))
    assert await names(store) == ["b", "c", "a"]


async def test_a_node_that_says_goodbye_is_no_longer_there_and_no_other(store: Store) -> None:
    await store.nodes.tell(node("a"))
    await store.nodes.tell(node("b"))
    await store.nodes.leave("a")
    assert await names(store) == ["b"]


async def test_a_node_that_falls_silent_stays_listed_for_a_day(store: Store) -> None:
    await store.nodes.tell(node("a"))
    await store.nodes.tell(node("b", NOW_MS + FORGOTTEN, host="shop"))
    assert await names(store) == ["b", "a"]
    await store.nodes.tell(node("b", NOW_MS + FORGOTTEN + 1, host="shop"))
    assert await names(store) == ["b"]


async def test_whoever_takes_the_place_of_a_node_that_is_gone_makes_it_forgotten(store: Store) -> None:
    await store.nodes.tell(node("dead"))
    heir = {"started_at": NOW_MS + 1000}
    await store.nodes.tell(node("heir", NOW_MS + GONE, **heir))
    assert await names(store) == ["dead", "heir"]
    await store.nodes.tell(node("heir", NOW_MS + GONE + 1, **heir))
    assert await names(store) == ["heir"]


async def test_whoever_worked_beside_a_node_or_elsewhere_is_not_its_heir(store: Store) -> None:
    await store.nodes.tell(node("dead", started_at=NOW_MS - MINUTE))
    now = NOW_MS + GONE + 1
    await store.nodes.tell(node("beside", now, started_at=NOW_MS - 1))
    await store.nodes.tell(node("other host", now, started_at=now, host="shop"))
    await store.nodes.tell(node("other name", now, started_at=now, name="all-2"))
    assert "dead" in await names(store)


async def test_nodes_of_several_processes_are_seen_by_all(engine: Engine) -> None:
    async with engine.open() as one, engine.open(exclusive=False) as other:
        await one.nodes.tell(node("a"))
        await other.nodes.tell(node("b", host="shop"))
        assert await names(one) == await names(other) == ["b", "a"]


def test_a_node_is_gone_once_it_said_nothing_for_a_minute() -> None:
    assert not node("a").is_gone(NOW_MS + GONE)
    assert node("a").is_gone(NOW_MS + GONE + 1)
