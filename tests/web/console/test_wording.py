"""How values read to a person."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.web.console import wording
from tests.web.console.gallery import BODY

NOW = 1_773_511_200_000


def test_numbers_have_groups() -> None:
    assert [wording.number(one) for one in (0, 999, 12345, 1_000_000)] == ["0", "999", "12,345", "1,000,000"]


def test_what_is_counted_has_the_form_of_its_number() -> None:
    assert wording.plural(1, "letter") == "1 letter"
    assert wording.plural(0, "letter") == "0 letters"
    assert wording.plural(1204, "entry", "entries") == "1,204 entries"


def test_a_share_reads_as_nothing_or_all_only_where_it_is() -> None:
    told = [wording.percent(part, 100_000) for part in (0, 1, 2_500, 99_999, 100_000)]
    assert told == ["0 %", "<0.1 %", "2.5 %", ">99.9 %", "100 %"]
    assert wording.percent(0, 0) == "0 %"


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [
        (0, "0 ms"),
        (340, "340 ms"),
        (2_140, "2.1 s"),
        (12_000, "12 s"),
        (119_999, "119 s"),
        (120_000, "2 min"),
        (7_199_000, "119 min"),
        (7_200_000, "2 h"),
        (172_800_000, "2 d"),
        (86_400_000 * 400, "400 d"),
    ],
)
def test_spans_are_told_in_the_unit_that_says_enough(milliseconds: int, told: str) -> None:
    assert wording.span(milliseconds) == told


def test_moments_are_told_by_their_distance() -> None:
    offsets = (0, -999, -1_500, -65_000, 4_500, 7_200_000)
    told = [wording.ago(NOW + offset, NOW) for offset in offsets]
    assert told == ["now", "now", "1 s ago", "65 s ago", "in 4 s", "in 2 h"]


def test_moments_are_in_utc_however_they_are_given() -> None:
    at = wording.moment(NOW)
    assert wording.clock_time(NOW) == wording.clock_time(at) == "2026-03-14 18:00:00 UTC"
    assert wording.machine_time(NOW + 5) == "2026-03-14T18:00:00.005Z"
    assert wording.in_milliseconds(at) == NOW


def test_sizes_are_in_binary_units() -> None:
    assert [wording.size(one) for one in (512, 1536, 3 * 1024**2)] == ["512 B", "1.5 KiB", "3.0 MiB"]


def test_json_is_spread_over_lines() -> None:
    assert wording.pretty('{"a":[1,{"b":""}],"c":{},"d":[ ]}') == (
        '{\n  "a": [\n    1,\n    {\n      "b": ""\n    }\n  ],\n  "c": {},\n  "d": []\n}'
    )


def test_every_value_is_spelled_as_it_came() -> None:
    spread = wording.pretty('{"price":10.50,"id":12345678901234567890123,"a":"\\u00e5","a":1e3}')
    assert spread is not None
    assert [line.strip() for line in spread.splitlines()[1:-1]] == [
        '"price": 10.50,',
        '"id": 12345678901234567890123,',
        '"a": "\\u00e5",',
        '"a": 1e3',
    ]


@pytest.mark.parametrize("text", ["", "a=1&b=2", '{"a":', "<xml/>", '"' + "a" * 300_000 + '"'])
def test_what_is_no_json_or_very_long_stays_as_it_is(text: str) -> None:
    assert wording.pretty(text) is None


def test_a_deep_body_does_not_become_a_page_of_spaces() -> None:
    deep = "[" * 500 + ",".join("1" * 1000) + "]" * 500
    assert len(wording.pretty(deep) or "") < 50 * len(deep)


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json)
def test_spread_json_says_the_same(value: object) -> None:
    text = orjson.dumps(value).decode()
    spread = wording.pretty(text)
    assert spread is not None
    assert orjson.loads(spread) == value


def test_spreading_is_done_once() -> None:
    spread = wording.pretty(BODY)
    assert spread is not None
    assert wording.pretty(spread) == spread


def test_invisible_characters_are_shown_with_their_names() -> None:
    shown = wording.visible("a\x1b[31m\u202eb\n\tc")
    assert '<span class="hidden-character" title="U+001B control character">⟨1B⟩</span>' in shown
    assert 'title="U+202E right-to-left override">⟨202E⟩</span>b\n\tc' in shown


def test_text_stays_text() -> None:
    assert wording.visible("<b>\x00&") == (
        '&lt;b&gt;<span class="hidden-character" title="U+0000 control character">⟨00⟩</span>&amp;'
    )
    assert wording.plain("a\u200bb\x7f") == "a⟨200B⟩b⟨7F⟩"
