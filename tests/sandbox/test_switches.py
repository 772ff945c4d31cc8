"""The switches as a whole, and serving."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from relay.sandbox import Running, Switches, first_world, parse_switches, running, serve
from relay.sandbox.auth import KEY_LENGTH
from relay.sandbox.first import KEY, OTHER_KEY, READ_KEY
from tests.sandbox.asking import Api, people

if TYPE_CHECKING:
    from relay.sandbox.journal import Entry


def test_switches_are_written_as_name_and_value() -> None:
    switches = parse_switches(
        [
            "success_status=201",
            "key_length=47",
            "idempotency = true",
            "hour_seconds=0.5",
            'poison=["Sam@example.com"]',
            "inactive_code=NOT_ACTIVE",
            'rate_overrides={"x": {"per_minute": 5}}',
        ]
    )

    assert (switches.success_status, switches.key_length) == (201, "47")
    assert switches.idempotency is True
    assert switches.hour_seconds == 0.5
    assert switches.poison == {"sam@example.com"}
    assert switches.inactive_code == "NOT_ACTIVE"
    assert switches.rate_overrides["x"].per_minute == 5


def test_switches_add_to_those_given() -> None:
    base = parse_switches(["idempotency=true"])

    assert parse_switches(["success_status=202"], base).idempotency is True
    assert Switches().idempotency is False


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("idempotency", "name=value"),
        ("idempotence=true", "did you mean idempotency"),
        ("zzz=1", "zzz: no such switch"),
        ("success_status=204", "success_status"),
        ("hour_seconds=-1", "hour_seconds"),
        ("inactive_status=429", "inactive_status"),
        ("inactive_status=500", "inactive_status"),
    ],
)
def test_a_faulty_switch_is_named(pair: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_switches([pair])


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"success_status.*hour_seconds"):
        Switches().changed({"success_status": 1, "hour_seconds": "x"})


def test_a_secret_switch_is_never_shown() -> None:
    switches = parse_switches(["api_webhook_secret=invented"])

    assert "invented" not in repr(switches)
    assert "invented" not in switches.model_dump_json()


def test_every_switch_says_what_it_does() -> None:
    assert [name for name, field in Switches.model_fields.items() if not field.description] == []


def test_the_keys_of_the_first_world_have_the_documented_form() -> None:
    keys = first_world().keys

    assert set(keys) == {KEY, READ_KEY, OTHER_KEY}
    assert {(len(key), key[:4]) for key in keys} == {(KEY_LENGTH, "dem_")}


def test_the_same_seed_makes_the_same_world_and_another_seed_other_contacts() -> None:
    def ids(seed: int) -> list[str]:
        world = first_world(seed)
        owner = next(iter(world.organizations))
        return [world.add_contact(owner, f"{name}@example.com", 0).id for name in "ab"]

    assert ids(1) == ids(1)
    assert not set(ids(1)) & set(ids(2))


async def test_serving_ends_when_it_is_asked_to() -> None:
    stop = asyncio.Event()
    heard: list[str] = []

    def ready(sandbox: Running) -> None:
        heard.append(sandbox.url)
        stop.set()

    await serve(port=0, ready=ready, stop=stop)

    assert heard[0].startswith("http://127.0.0.1:")


async def test_a_port_that_is_taken_is_an_os_error(api: Api) -> None:
    with pytest.raises(OSError, match="address already in use"):
        async with running(port=api.sandbox.port):
            pass


async def test_a_watcher_sees_every_answered_request(api: Api) -> None:
    entries: list[Entry] = []
    async with running(watch=entries.append) as sandbox:
        other = Api(api.session, sandbox, api.clock)
        await other.execute(people("ana"))
        await other.execute([])

    assert [(entry.status, entry.sendings) for entry in entries] == [(200, 1), (400, 0)]


async def test_two_sandboxes_share_nothing(api: Api) -> None:
    async with running() as other:
        await Api(api.session, other, api.clock).execute(people("ana"))

        made: list[Any] = [len(other.sendings()), len(api.sandbox.sendings())]

    assert made == [1, 0]
