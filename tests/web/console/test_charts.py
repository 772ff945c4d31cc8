"""Charts: right in their numbers, well-formed, and readable without the picture."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from relay.web.console.charts import Part, Series, columns, nice_ceiling, sparkline, stacked, visible_shares
from tests.web.console.gallery import HOSTILE

HOURS = ("00:00", "01:00", "02:00", "03:00")
counts = st.lists(st.integers(0, 10**9), min_size=1, max_size=48)


def read(chart: Markup) -> ET.Element:
    return ET.fromstring(str(chart))


def every(chart: Markup, path: str) -> list[ET.Element]:
    return read(chart).findall(path)


def texts(chart: Markup, path: str) -> list[str]:
    return ["".join(found.itertext()) for found in every(chart, path)]


def heights(chart: Markup, look: str) -> list[float]:
    return [float(one.attrib["height"]) for one in every(chart, f".//rect[@class='{look}']")]


def test_columns_are_as_high_as_their_share_of_the_axis() -> None:
    series = (Series("delivered", "good", (10, 0, 5, 20)), Series("dead", "bad", (0, 0, 5, 0)))
    chart = columns("Enrollments", HOURS, series)
    assert texts(chart, ".//span[@class='top']") == ["20"]
    assert heights(chart, "good") == [50, 25, 100]
    assert heights(chart, "bad") == [25]


def test_columns_stand_upon_each_other() -> None:
    chart = columns("Enrollments", ("now",), (Series("a", "good", (3,)), Series("b", "bad", (1,))))
    lower, upper = (every(chart, f".//rect[@class='{look}']")[0].attrib for look in ("good", "bad"))
    assert float(lower["y"]) + float(lower["height"]) == 100
    assert float(upper["y"]) + float(upper["height"]) == pytest.approx(float(lower["y"]))


def test_a_column_tells_its_numbers_to_a_pointer() -> None:
    chart = columns("Enrollments", HOURS, (Series("delivered", "good", (1200, 0, 0, 0)),))
    assert texts(chart, ".//g/title")[0] == "00:00: delivered 1,200"


def test_a_picture_says_in_words_what_it_shows() -> None:
    chart = sparkline("Accepted", HOURS, (1, 7, 2, 0))
    assert texts(chart, "./svg/title") == ["Accepted"]
    assert texts(chart, "./svg/desc") == ["10 in all, at most 7 (01:00)"]


def test_every_number_stands_in_the_table() -> None:
    series = (Series("delivered", "good", (1, 2, 3, 4)), Series("dead", "bad", (5, 6, 7, 8000)))
    chart = columns("Enrollments", HOURS, series)
    assert texts(chart, ".//thead/tr/th") == ["when", "delivered", "dead"]
    assert [[*map("".join, map(ET.Element.itertext, row))] for row in every(chart, ".//tbody/tr")] == [
        ["00:00", "1", "5"],
        ["01:00", "2", "6"],
        ["02:00", "3", "7"],
        ["03:00", "4", "8,000"],
    ]


def test_nothing_is_drawn_as_nothing() -> None:
    quiet = columns("Enrollments", HOURS, (Series("delivered", "good", (0, 0, 0, 0)),))
    assert heights(quiet, "good") == []
    assert "nothing in this time" in quiet
    for chart in (sparkline("None", (), ()), columns("None", (), ()), stacked("None", "accepted", 0, ())):
        assert texts(chart, "./svg/desc") + texts(chart, "./div/svg/desc") in (["nothing"], [""])


def test_a_stacked_bar_adds_up_to_its_total() -> None:
    parts = (Part("delivered", "good", 90, "/console/enrollments"), Part("dead", "bad", 10))
    chart = stacked("Enrollments", "accepted", 100, parts)
    widths = [float(one.attrib["width"]) for one in every(chart, ".//rect")]
    assert widths == [90, 10]
    assert texts(chart, ".//tbody/tr") == ["delivered9090.0 %", "dead1010.0 %"]
    assert texts(chart, ".//tfoot/tr") == ["accepted100"]
    assert [one.attrib["href"] for one in every(chart, ".//a")] == ["/console/enrollments"]


@given(counts)
def test_shares_fill_the_bar_and_what_is_there_is_seen(values: list[int]) -> None:
    shares = visible_shares(values)
    assert sum(shares) == pytest.approx(100 if any(values) else 0)
    assert all((share > 0.3) == (value > 0) for share, value in zip(shares, values, strict=True))


@given(st.integers(0, 10**12))
def test_an_axis_ends_at_a_round_number_that_is_not_much_higher(highest: int) -> None:
    top = nice_ceiling(highest)
    assert str(top).strip("0") in {"1", "2", "5"}
    assert highest <= top <= max(1, 2.5 * highest)


@given(counts)
def test_a_line_stays_inside_its_picture(values: list[int]) -> None:
    line = every(sparkline("Accepted", [str(one) for one in values], values), ".//polyline")[0]
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert len(points) == len(values)
    assert all(0 <= x <= 120 and 1 <= y <= 27 for x, y in points)
    assert all(left < right for (left, _), (right, _) in pairwise(points))


def test_names_from_outside_stay_text() -> None:
    one = (Series(HOSTILE.replace("\x07", ""), "good", (1,)),)
    chart = columns(HOSTILE.replace("\x07", ""), ("<i>",), one)
    assert texts(chart, "./div/svg/title") == [HOSTILE.replace("\x07", "")]
    assert every(chart, ".//img") == every(chart, ".//i") == []


def test_no_chart_carries_a_style() -> None:
    parts = (Part("delivered", "good", 90), Part("dead", "bad", 10))
    series = (Series("delivered", "good", (1, 2, 3, 4)),)
    charts = (
        sparkline("a", HOURS, (1, 2, 3, 4)),
        columns("a", HOURS, series),
        stacked("a", "accepted", 100, parts),
    )
    assert [one for chart in charts for one in read(chart).iter() if "style" in one.attrib] == []
