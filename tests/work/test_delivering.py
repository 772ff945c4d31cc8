"""Enrollments to the destination, against a real sandbox that does what the destination may do."""

from __future__ import annotations

import orjson

from relay.clock import milliseconds
from relay.core.budget import MINUTE, SLACK
from relay.core.route import Lane
from relay.sandbox import Running, running
from relay.sandbox.first import AFTER_VISIT, DOWNTOWN, KEY, MORGAN, ONBOARDING, PAUSED, REVIEW_REQUEST
from tests.factories import FakeClock, read_event
from tests.installing import AFTER_PURCHASE
from tests.store.desk import Desk
from tests.work.house import Builder, House, keys_sent, purchase, reached
from tests.work.provider import Provider, Said


def routes(*changes: dict[str, object]) -> dict[str, object]:
    """The first route several times, each with changes and a name of its own."""
    made = [AFTER_PURCHASE | {"name": f"route-{number}"} | change for number, change in enumerate(changes)]
    return {"routes": made}


async def test_a_purchase_becomes_a_contact_enrolled_in_the_sequence(house: House, sandbox: Running) -> None:
    await house.carry(purchase(first_name="Ana", last_name="Silva", phone="+12025550101"))
    (sending,) = sandbox.sendings()
    enrolled = sandbox.world.contacts[sending.contact_id]
    assert (enrolled.email, enrolled.first_name, enrolled.last_name, enrolled.phone) == (
        "guest1@example.com",
        "Ana",
        "Silva",
        "+12025550101",
    )
    assert sending.sequence_id == AFTER_VISIT
    assert await house.counts() == {"delivered": 1}


async def test_contacts_that_are_due_together_share_a_call(house: House, sandbox: Running) -> None:
    await house.carry(*(purchase(number) for number in range(250)))
    assert [entry.sendings for entry in sandbox.executions()] == [100, 100, 50]
    assert await house.counts() == {"delivered": 250}


async def test_a_backlog_is_drained_in_full_calls(house: House, sandbox: Running, clock: FakeClock) -> None:
    desk = Desk(house.store)
    desk.now = milliseconds(clock)
    lane = Lane("main", AFTER_VISIT, None, None)
    people = [f"guest{number}@example.com" for number in range(10_000)]
    await desk.report(read_event(*people, lane=lane, key="all"))
    clock.move(60)
    await house.deliver()
    assert await house.counts() == {"delivered": 10_000}
    assert len(sandbox.executions()) == 100


async def test_location_and_employee_of_a_route_are_sent(build: Builder, sandbox: Running) -> None:
    async with build(routes({"location": DOWNTOWN, "employee": MORGAN})) as house:
        await house.carry(purchase())
    (sending,) = sandbox.sendings()
    assert (sending.location_id, sending.employee_id) == (DOWNTOWN, MORGAN)


async def test_a_call_shows_the_key_in_exactly_one_form(build: Builder, sandbox: Running) -> None:
    async with build() as house:
        await house.carry(purchase(1))
    async with build({"destinations.main.auth": "bearer"}) as house:
        await house.carry(purchase(2))
        assert await house.counts() == {"delivered": 2}
    shown = [{"x-api-key", "authorization"} & entry.headers.keys() for entry in sandbox.executions()]
    assert shown == [{"x-api-key"}, {"authorization"}]


async def test_a_call_names_the_relay_and_its_idempotency_key(build: Builder, sandbox: Running) -> None:
    async with build({"destinations.main.idempotency_header": "X-Once"}) as house:
        await house.carry(purchase())
    (entry,) = sandbox.executions()
    assert entry.headers["x-once"].startswith("relay-")
    assert entry.headers["user-agent"].startswith("sequence-relay/")


async def test_an_idle_relay_delivers_within_the_linger(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    async with build({"delivery.linger": "50ms"}) as house:
        await house.receive(purchase())
        await house.translate()
        wait = await house.delivering.tick()
        assert wait is not None
        assert 0 < wait <= 0.05
        assert sandbox.executions() == []
        clock.move(wait)
        await house.deliver()
        assert reached(sandbox) == ["guest1@example.com"]


async def test_no_more_calls_are_under_way_than_the_configuration_allows(
    build: Builder, sandbox: Running
) -> None:
    three = routes({}, {"sequence": REVIEW_REQUEST}, {"sequence": ONBOARDING})
    async with build(three | {"delivery.parallel": 2}) as house:
        await house.receive(purchase())
        await house.translate()
        await house.delivering.tick()
        ledger = await house.store.ledger()
        assert ledger.open_batches + ledger.calls == 2
        await house.delivering.settle_down()
        await house.deliver()
    assert len(sandbox.executions()) == 3


async def test_results_are_matched_in_any_order_and_case(house: House, sandbox: Running) -> None:
    sandbox.switch(results_order="shuffled", result_email="stored", email_match="fold")
    await house.carry(*(purchase(n, f"Guest{n}@Example.com") for n in range(20)))
    assert await house.counts() == {"delivered": 20}


async def test_a_rate_limit_is_waited_out_and_blames_nobody(
    house: House, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.switch(fault_retry_after=30)
    sandbox.fail_next("429")
    await house.carry(purchase())
    assert await house.deliver() == 30
    assert await house.counts() == {"waiting": 1}
    clock.move(30)
    await house.deliver()
    assert reached(sandbox) == ["guest1@example.com"]
    assert (await house.store.ledger()).calls == 2


async def test_the_real_limit_of_a_plan_delays_and_loses_nobody(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.switch(rate_limits=True, rate_profile="starter", retry_after="http-date")
    async with build(routes({}, {"sequence": REVIEW_REQUEST})) as house:
        for number in range(60):
            await house.carry(purchase(number))
        assert (await house.counts())["waiting"] > 0
        clock.move(MINUTE + SLACK)
        await house.deliver()
        assert await house.counts() == {"delivered": 120}
    assert list(sandbox.doubles()) == []


async def test_a_poison_contact_among_a_hundred_costs_few_calls_and_no_other_contact(
    house: House, sandbox: Running
) -> None:
    sandbox.switch(poison={"guest37@example.com"})
    await house.carry(*(purchase(number) for number in range(100)))
    assert await house.counts() == {"delivered": 99, "dead": 1}
    letter = await house.letter()
    assert (letter.email, letter.cause) == ("guest37@example.com", "refused")
    assert len(sandbox.executions()) <= 1 + 15
    assert list(sandbox.doubles()) == []


async def test_a_call_of_nobody_but_refused_contacts_is_split_to_the_last(
    house: House, sandbox: Running
) -> None:
    sandbox.switch(poison={f"guest{number}@example.com" for number in range(4)})
    await house.carry(*(purchase(number) for number in range(4)))
    assert await house.counts() == {"dead": 4}
    assert len(sandbox.executions()) == 7


async def test_a_refused_key_holds_the_destination_until_it_is_replaced(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.fail_next("revoke-key")
    async with build() as house:
        await house.carry(purchase())
        clock.move(100 * 86400)
        await house.deliver()
        assert await house.counts() == {"waiting": 1}
        assert len(sandbox.executions()) == 1
    key = "dem_replacement" + "0" * 32
    sandbox.world.add_key(next(iter(sandbox.world.organizations)), key)
    async with build({"destinations.main.api_key": key}) as house:
        await house.store.expire_leases()
        await house.deliver()
        assert await house.counts() == {"delivered": 1}


async def test_a_paused_sequence_is_held_alone_and_goes_on_when_it_is_resumed(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    async with build(routes({"sequence": PAUSED}, {})) as house:
        await house.carry(purchase())
        assert reached(sandbox) == ["guest1@example.com"]
        assert await house.counts() == {"delivered": 1, "waiting": 1}
        sandbox.world.sequences[PAUSED].status = "active"
        assert await house.store.resume("main", PAUSED) == 1
        await house.deliver()
        assert await house.counts() == {"delivered": 2}


async def test_after_the_last_attempt_a_contact_is_given_up_with_the_reason(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    async with build({"delivery.retry.attempts": 3}) as house, sandbox.unreachable():
        await house.carry(purchase())
        for _ in range(2):
            clock.move(3600)
            await house.deliver()
        letter = await house.letter()
    assert letter.cause == "gave_up"
    assert letter.reason.startswith("no connection: ")


async def test_a_contact_that_the_destination_skips_is_a_dead_letter_and_not_called_delivered(
    house: House, sandbox: Running
) -> None:
    organization = next(iter(sandbox.world.organizations))
    sandbox.world.add_contact(organization, "guest1@example.com", 0, unsubscribed=True)
    await house.carry(purchase(1), purchase(2))
    assert await house.counts() == {"delivered": 1, "dead": 1}
    letter = await house.letter()
    assert (letter.email, letter.cause) == ("guest1@example.com", "unconfirmed")
    assert letter.reason == "no result for this contact; the call made 1 sendings"


async def test_a_destination_that_is_not_configured_any_more_keeps_its_enrollments_waiting(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.fail_next("500-before")
    async with build() as house:
        await house.carry(purchase(1))
        await house.receive(purchase(2))
        await house.translate()
    clock.move(3600)
    other = {"base_url": sandbox.url, "api_key": KEY}
    gone = {"destinations": {"other": other}, "routes": [AFTER_PURCHASE | {"destination": "other"}]}
    async with build(gone) as house:
        await house.delivering.rescue()
        assert await house.deliver() is None
        assert await house.counts() == {"sending": 1, "waiting": 1}
    async with build() as house:
        await house.deliver()
        assert await house.counts() == {"delivered": 2}


async def test_a_redirect_is_not_followed_with_the_key(
    build: Builder, provider: Provider, sandbox: Running
) -> None:
    provider.answers = [Said(308, headers={"Location": f"{sandbox.url}/api/v1/sequences/x/execute"})]
    async with build({"destinations.main.base_url": provider.url}) as house:
        await house.carry(purchase())
        assert await house.counts() == {"waiting": 1}
        ((_, _, reason),) = (await house.store.ledger()).pauses
    assert "correct the destination's base_url" in reason
    assert sandbox.executions() == []


async def test_what_was_sent_and_answered_is_kept_with_the_dead_letter(
    house: House, sandbox: Running
) -> None:
    sandbox.switch(poison={"guest1@example.com"})
    await house.carry(purchase())
    story = await house.store.story((await house.letter()).id)
    assert story is not None
    (attempt,) = story.attempts
    assert (attempt.status, attempt.certainty) == (400, "refused")
    assert orjson.loads(attempt.answer or b"")["error"]["code"] == "VALIDATION_ERROR"
    assert keys_sent(sandbox)[0].startswith("relay-")


async def test_an_answer_that_says_the_limit_is_used_up_is_believed(build: Builder, clock: FakeClock) -> None:
    async with (
        running(clock=clock.now) as limited,
        build({"destinations.main.base_url": limited.url}) as house,
    ):
        organization = next(iter(limited.world.organizations))
        limited.switch(rate_overrides={organization: {"per_hour": 1, "per_minute": 9}})
        await house.carry(purchase(1))
        await house.carry(purchase(2))
        assert await house.counts() == {"delivered": 1, "waiting": 1}
        clock.move(3700)
        await house.deliver()
        assert await house.counts() == {"delivered": 2}
        assert [entry.status for entry in limited.executions()] == [200, 200]
