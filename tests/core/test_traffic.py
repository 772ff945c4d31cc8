"""Traffic: what is counted of an event, and that counts add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relay.core.connector import Ignored
from relay.core.event import Kind
from relay.core.fate import Fate, Parked, Translated
from relay.core.record import record
from relay.core.traffic import Counts, EventType, Seen, count, day_of, named_in, total
from tests.factories import DAY, NOW_MS, contact, event

FIELDS = Counts._fields[3:]
named = st.none() | st.lists(st.sampled_from(FIELDS[1:]), unique=True).map(lambda more: ("email", *more))
seen = st.builds(
    Seen,
    st.sampled_from(["shop", "till"]),
    st.sampled_from(["paid", "booked"]),
    st.sampled_from(["read", "ignored", "parked"]),
    named | st.just(()),
)


def what_is_named(fate: Fate) -> tuple[str, ...] | None:
    row = record("shop", Translated(0, "paid", None, fate), ())
    assert row is not None
    return row.named


def test_an_event_names_what_any_of_its_contacts_has() -> None:
    people = (contact(first_name="Ana"), contact("ben@example.com", phone="+12025550123"))
    happened = event(contacts=people, location="L1")
    assert named_in(happened) == ("email", "first_name", "phone", "location")
    assert what_is_named(happened) == named_in(happened)


def test_a_cancellation_without_people_names_nothing() -> None:
    assert named_in(event(kind=Kind.PURCHASE_REFUNDED, contacts=(), withdraws=True, location="L1")) == ()


def test_who_was_looked_for_in_vain_is_not_who_was_not_wanted() -> None:
    assert what_is_named(Ignored("no e-mail address", nobody=True)) == ()
    assert what_is_named(Ignored("ping is not wanted")) is None
    assert what_is_named(Parked("no event type")) is None


def test_events_are_counted_by_what_became_of_them() -> None:
    shop = {"source": "shop", "event_type": "paid"}
    counts = count(
        {
            Seen(**shop, fate="read", named=("email", "phone")): 5,
            Seen(**shop, fate="ignored", named=()): 3,
            Seen(**shop, fate="ignored", named=None): 2,
            Seen(**shop, fate="parked", named=None): 1,
        }
    )
    assert counts == {("shop", "paid"): Counts(events=11, ignored=2, parked=1, email=5, phone=5)}
    assert counts["shop", "paid"].read == 8


@given(st.dictionaries(seen, st.integers(1, 1000)))
def test_nothing_is_counted_twice_or_lost(what: dict[Seen, int]) -> None:
    counts = count(what)
    assert total(counts.values()).events == sum(what.values())
    assert counts.keys() == {(one.source, one.event_type) for one in what}
    for each in counts.values():
        assert each.events >= each.read >= each.email >= max(each[4:])


def test_days_are_those_of_utc_and_both_ends_count() -> None:
    today = day_of(NOW_MS)
    assert day_of(today * DAY) == day_of((today + 1) * DAY - 1) == today
    days = {today - age: Counts(events=10**age) for age in range(4)}
    assert EventType("shop", "paid", 0, 0, days).between(today - 2, today - 1) == Counts(events=110)
