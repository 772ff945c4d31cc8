"""What is to be told arrives: signed, once, in order, and late rather than never."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from relay.channels import by_apprise
from relay.clock import milliseconds
from relay.core.alert_messages import Channel, NotTold
from relay.sandbox import Running
from relay.work.telling import Telling
from tests.factories import FakeClock
from tests.test_http import Names
from tests.work.house import Builder, House, purchase
from tests.work.receiver import SECRET, Receiver, receiving, team

MINUTE = 60.0
HOUR = 3600.0
DAY = 86_400.0


@pytest.fixture(name="receiver")
async def _receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with receiving(receiver):
        yield receiver


async def hold(house: House, sandbox: Running) -> None:
    """Something is wrong, and a look finds it."""
    sandbox.fail_next("revoke-key")
    await house.carry(purchase())
    await house.alerting.tick()


async def tell_for(house: House, clock: FakeClock, seconds: float) -> None:
    """Tell whatever is due for so long, each as soon as it is."""
    end = clock.now() + seconds
    while clock.now() < end:
        wait = await house.telling.tick()
        left = end - clock.now()
        clock.move(left if wait is None else min(wait, left))


def counted(house: House, end: str, channel: str = "team") -> float | None:
    names = {"channel": channel, "end": end}
    return house.metrics.registry.get_sample_value("relay_alert_messages_total", names)


@pytest.mark.parametrize("failing", [503, 0], ids=["answers 503", "hangs up"])
async def test_a_receiver_that_is_down_for_an_hour_is_told_once_afterwards(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver, failing: int
) -> None:
    receiver.answers = [failing] * 1000
    async with build(team(receiver)) as house:
        await hold(house, sandbox)
        await tell_for(house, clock, HOUR)
        assert receiver.told == []
        assert receiver.calls < 20
        (untold,) = await house.store.alerts.untold()
        assert (untold.channel, untold.count) == ("team", 1)
        receiver.answers.clear()
        await tell_for(house, clock, HOUR)
        assert await house.store.alerts.untold() == []
        assert counted(house, "told") == 1
    assert receiver.keys == [("opened", "held:main")]


async def test_what_was_not_told_before_a_restart_is_told_after_it(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    receiver.answers = [500]
    async with build(team(receiver)) as house:
        await hold(house, sandbox)
        await house.telling.tick()
        assert receiver.told == []
    clock.move(MINUTE)
    async with build(team(receiver)) as house:
        await house.telling.tick()
    assert receiver.keys == [("opened", "held:main")]


async def test_a_message_keeps_its_id_over_all_tries(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    """The answer to the first try is lost with the process that made it."""
    async with build(team(receiver)) as house:
        await hold(house, sandbox)
        now = milliseconds(clock)
        (message,) = await house.store.alerts.claim_messages(["team"], now, now + 120_000)
        await house.send(house.installation.channels[0], message.body)
    clock.move(2 * MINUTE)
    async with build(team(receiver)) as house:
        await tell_for(house, clock, MINUTE)
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1


async def test_messages_arrive_in_the_order_of_what_happened(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    receiver.answers = [503, 503, 503]
    async with build(team(receiver) | {"alerts.calm": "1m"}) as house:
        await hold(house, sandbox)
        await house.telling.tick()
        for key in sandbox.world.keys.values():
            key.active = True
        for _ in range(3):
            clock.move(MINUTE)
            await house.deliver()
            await house.alerting.tick()
        await tell_for(house, clock, HOUR)
    assert receiver.types == ["alert.opened", "alert.closed"]


async def test_a_receiver_that_names_a_wait_is_left_alone_until_then(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    receiver.answers, receiver.headers = [429], {"Retry-After": "600"}
    async with build(team(receiver)) as house:
        await hold(house, sandbox)
        await tell_for(house, clock, 599)
        assert receiver.calls == 1
        await tell_for(house, clock, 60)
        assert receiver.types == ["alert.opened"]


async def test_a_message_that_is_refused_for_what_it_says_holds_up_no_other(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    receiver.answers = [400]
    async with build(team(receiver)) as house:
        await hold(house, sandbox)
        await tell_for(house, clock, MINUTE)
        assert (receiver.calls, counted(house, "given up")) == (1, 1)
        assert await house.store.alerts.untold() == []


async def test_what_nobody_takes_for_more_than_a_day_is_given_up(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    receiver.answers = [404] * 10_000
    async with build(team(receiver)) as house:
        await hold(house, sandbox)
        await tell_for(house, clock, 0.9 * DAY)
        assert len(await house.store.alerts.untold()) == 1
        await tell_for(house, clock, 2 * DAY)
        assert await house.store.alerts.untold() == []
        assert counted(house, "given up") == 1


async def test_a_chat_gets_a_text(
    build: Builder, sandbox: Running, receiver: Receiver, clock: FakeClock
) -> None:
    chat = {"name": "chat", "kind": "slack", "url": f"{receiver.url}/services/T0/B1/secret"}
    async with build({"alerts.channels": [chat]}) as house:
        await hold(house, sandbox)
        await house.telling.tick()
    ((key, text),) = receiver.told[0].items()
    assert key == "text"
    assert text.startswith("Held (critical)\nNothing goes to main until a person mends what was refused: 401")


async def test_each_channel_is_told_whatever_becomes_of_the_others(
    build: Builder, sandbox: Running, receiver: Receiver, clock: FakeClock
) -> None:
    dead = {"name": "dead", "kind": "slack", "url": "http://127.0.0.1:9/gone"}
    both = {"alerts.channels": [dead, *team(receiver)["alerts.channels"]]}
    async with build(both) as house:
        await hold(house, sandbox)
        await house.telling.tick()
        assert receiver.types == ["alert.opened"]
        (untold,) = await house.store.alerts.untold()
        assert (untold.channel, str(untold.fault)[:15]) == ("dead", "no connection: ")


async def test_a_channel_whose_name_leads_inside_is_not_called(
    build: Builder, sandbox: Running, receiver: Receiver, clock: FakeClock
) -> None:
    inside = team(receiver, url=receiver.url.replace("127.0.0.1", "hooks.example.com") + "/T0/secret")
    public = {"destinations.main.base_url": sandbox.url.replace("127.0.0.1", "api.example.com")}
    async with build(public | {"egress.allow": []} | inside, Names(["127.0.0.1"])) as house:
        sent = await house.send(house.installation.channels[0], b'{"data":{}}')
        assert sent is not None
        assert sent.reason == (
            "no connection: the egress guard refuses hooks.example.com at 127.0.0.1 (loopback); "
            'if it is meant, set egress.allow = ["127.0.0.1/32"]'
        )
    assert receiver.calls == 0


async def test_a_redirect_is_not_followed(build: Builder, sandbox: Running, receiver: Receiver) -> None:
    receiver.answers, receiver.headers = [302], {"Location": f"{receiver.url}/elsewhere"}
    async with build(team(receiver)) as house:
        sent = await house.send(house.installation.channels[0], b'{"data":{}}')
    assert (sent, receiver.calls) == (NotTold("answered 302"), 1)


def written(folder: Path) -> bytes:
    """All that is on disk."""
    return b"".join(path.read_bytes() for path in folder.glob("relay.db*"))


async def test_neither_logs_nor_the_ledger_show_where_a_channel_leads(
    build: Builder, sandbox: Running, receiver: Receiver, clock: FakeClock, tmp_path: Path
) -> None:
    receiver.answers = [500]
    with capture_logs() as logs:
        async with build(team(receiver, url=f"{receiver.url}/T0/B1/hidden")) as house:
            await hold(house, sandbox)
            await house.telling.tick()
    assert {"alert not told", "alert"} <= {entry["event"] for entry in logs}
    for secret in ("hidden", SECRET):
        assert secret not in str(logs)
        assert secret.encode() not in written(tmp_path)


async def test_a_sender_with_a_bug_is_a_message_that_waits(
    build: Builder, sandbox: Running, receiver: Receiver, clock: FakeClock
) -> None:
    async def broken(_channel: Channel, _body: bytes) -> NotTold | None:
        raise RuntimeError(SECRET)

    async with build(team(receiver)) as house:
        await hold(house, sandbox)
        telling = Telling(
            house.store, house.installation.channels, broken, clock, house.metrics, spread=lambda: 1.0
        )
        await telling.tick()
        (untold,) = await house.store.alerts.untold()
        assert untold.fault is not None
        assert untold.fault.startswith("RuntimeError at test_telling.py:")


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
class TestApprise:
    """An extra, so this runs where it is installed, as it is for developers."""

    def channel(self, receiver: Receiver) -> dict[str, Any]:
        url = receiver.url.replace("http://", "json://") + "/notify"
        return {"alerts.channels": [{"name": "mail", "kind": "apprise", "url": url}]}

    async def test_apprise_tells_what_a_chat_is_told(
        self, build: Builder, sandbox: Running, receiver: Receiver, clock: FakeClock
    ) -> None:
        assert by_apprise.is_installed()
        async with build(self.channel(receiver)) as house:
            await hold(house, sandbox)
            await house.telling.tick()
        (told,) = receiver.told
        assert told["title"] == "Held (critical)"
        assert told["message"].startswith("Nothing goes to main until a person mends what was refused: 401")
        assert "At a terminal: relay resume main" in told["message"]

    async def test_a_service_of_apprise_with_a_bug_is_a_message_that_waits(
        self, build: Builder, sandbox: Running, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> bool:
            raise RuntimeError(SECRET)

        monkeypatch.setattr("apprise.Apprise.notify", broken)
        async with build(self.channel(receiver)) as house:
            await hold(house, sandbox)
            await house.telling.tick()
            (untold,) = await house.store.alerts.untold()
            assert untold.fault == "apprise failed: RuntimeError"

    async def test_what_apprise_cannot_deliver_is_tried_again(
        self, build: Builder, sandbox: Running, receiver: Receiver, clock: FakeClock
    ) -> None:
        receiver.answers = [500]
        async with build(self.channel(receiver)) as house:
            await hold(house, sandbox)
            await house.telling.tick()
            (untold,) = await house.store.alerts.untold()
            assert untold.fault == "apprise could not deliver it; see whether its URL is right"
            await tell_for(house, clock, MINUTE)
        assert len(receiver.told) == 1
