"""The audit log: whatever is done to it shows."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from relay.core.audit import FIRST, Change, Entry, broken, change, seal

changes = st.lists(
    st.builds(change, st.text(), st.integers(0, 2**53), st.text(), note=st.text()), min_size=1, max_size=9
)


def written(made: list[Change]) -> list[Entry]:
    entries, before = list[Entry](), FIRST
    for number, one in enumerate(made, 1):
        entries.append(Entry(number, one, seal(before, number, one)))
        before = entries[-1].seal
    return entries


@given(changes)
def test_a_log_as_it_was_written_is_whole(made: list[Change]) -> None:
    assert list(broken(written(made))) == []


@given(changes, st.data())
def test_an_entry_that_is_altered_shows(made: list[Change], data: st.DataObject) -> None:
    entries = written(made)
    place = data.draw(st.integers(0, len(entries) - 1))
    old = entries[place].change
    other = data.draw(
        st.sampled_from(
            [
                replace(old, who=old.who + "x"),
                replace(old, at=old.at + 1),
                replace(old, action=old.action + "x"),
                replace(old, detail=old.detail + b" "),
            ]
        )
    )
    entries[place] = replace(entries[place], change=other)
    assert any(f"entry {place + 1} " in fault for fault in broken(entries))


@given(changes.filter(lambda made: len(made) > 2), st.data())
def test_an_entry_that_is_taken_out_shows_even_when_the_others_are_numbered_anew(
    made: list[Change], data: st.DataObject
) -> None:
    entries = written(made)
    del entries[data.draw(st.integers(0, len(entries) - 2))]
    assert list(broken(entries))
    renumbered = [replace(entry, number=number) for number, entry in enumerate(entries, 1)]
    assert list(broken(renumbered))


def test_a_log_that_is_sealed_anew_from_the_middle_on_does_not_fit_what_was_before() -> None:
    entries = written([change("ana", n, "resume") for n in range(5)])
    forged = written([change("eve", n, "resume") for n in range(5)])
    assert list(broken([*entries[:2], *forged[2:]]))
