"""Charts as SVG and HTML, made from numbers alone: no script draws them, no style attribute colours them.

Each is a figure with its numbers as a table, which screen readers read. What things look like is decided by
classes, see `charts.css`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from relay.web.console.wording import number, percent

_SPARK_WIDTH, _SPARK_HEIGHT = 120, 28
_COLUMN, _BAR, _TALL = 10, 8, 100
_EVERY = 6
_THINNEST = 0.5
"""In percent of a stacked bar: what is there is seen, however small it is."""


class Series(NamedTuple):
    """Numbers of one kind, one for each column; `look` is its class."""

    label: str
    look: str
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole; `look` is its class, `url` leads to what it counts."""

    label: str
    look: str
    count: int
    url: str | None = None


def sparkline(title: str, labels: Sequence[str], counts: Sequence[int], look: str = "wait") -> Markup:
    """A small line without axes; `labels` name the moments of the counts."""
    highest = max(counts, default=0)
    line = " ".join(_line(counts, highest))
    inside = Markup('<polygon class="area" points="0,{tall} {line} {wide},{tall}"/>').format(
        line=line, tall=_SPARK_HEIGHT, wide=_SPARK_WIDTH
    ) + Markup('<polyline class="line" points="{}"/>').format(line)
    picture = _picture(f"spark {look}", (_SPARK_WIDTH, _SPARK_HEIGHT), title, _told(labels, counts), inside)
    return _figure("sparkline", picture, _table(title, labels, (Series("count", look, counts),)))


def _line(counts: Sequence[int], highest: int) -> Iterable[str]:
    step = _SPARK_WIDTH / max(1, len(counts) - 1)
    # A margin of 2 keeps the line's own width inside the picture.
    for place, count in enumerate(counts or (0,)):
        share = count / highest if highest else 0
        yield f"{place * step:.4g},{_SPARK_HEIGHT - 2 - (_SPARK_HEIGHT - 4) * share:.4g}"


def columns(title: str, labels: Sequence[str], series: Sequence[Series]) -> Markup:
    """Stacked columns, such as one for each hour; every sixth label is written."""
    totals = [sum(counts) for counts in zip(*(one.counts for one in series), strict=True)]
    top = nice_ceiling(max(totals, default=0))
    wide = _COLUMN * max(1, len(labels))
    inside = _grid(wide) + Markup("").join(
        _column(place, label, [(one, one.counts[place]) for one in series], top)
        for place, label in enumerate(labels)
    )
    picture = _picture("plot", (wide, _TALL), title, _told(labels, totals), inside)
    nothing = "" if any(totals) else Markup('<p class="nothing" aria-hidden="true">nothing in this time</p>')
    drawn = Markup('<div class="axes"><span class="top">{}</span>{}{}{}</div>').format(
        number(top) if any(totals) else "", picture, nothing, _axis(labels)
    )
    return _figure("columns", drawn + _legend(series), _table(title, labels, series))


def _grid(wide: int) -> Markup:
    return Markup("").join(
        Markup('<line class="{}" x2="{}" y1="{}" y2="{}"/>').format(look, wide, y, y)
        for look, y in (("grid", 0), ("grid", _TALL // 2), ("base", _TALL))
    )


def _column(place: int, label: str, parts: Sequence[tuple[Series, int]], top: int) -> Markup:
    x, bottom, drawn = place * _COLUMN, float(_TALL), Markup()
    for one, count in parts:
        high = _TALL * count / top
        bottom -= high
        if count:
            drawn += _rectangle(one.look, x + (_COLUMN - _BAR) / 2, bottom, _BAR, high)
    said = ", ".join(f"{one.label} {number(count)}" for one, count in parts)
    # The empty rectangle lets the whole column tell its numbers to a pointer.
    target = _rectangle("target", x, 0, _COLUMN, _TALL)
    return Markup("<g><title>{}: {}</title>{}{}</g>").format(label, said, target, drawn)


def _axis(labels: Sequence[str]) -> Markup:
    marks = (label if place % _EVERY == 0 else "" for place, label in enumerate(labels))
    return Markup('<div class="axis" aria-hidden="true">{}</div>').format(
        Markup("").join(Markup("<span>{}</span>").format(mark) for mark in marks)
    )


def _legend(series: Sequence[Series]) -> Markup:
    marks = Markup("").join(
        Markup('<li><span class="swatch {}"></span>{}</li>').format(one.look, one.label) for one in series
    )
    return Markup('<ul class="marks" aria-hidden="true">{}</ul>').format(marks)


def stacked(title: str, whole: str, total: int, parts: Sequence[Part]) -> Markup:
    """One bar of all parts, and the table that adds them up to `total`, which is called `whole`."""
    shares = visible_shares([part.count for part in parts])
    x, drawn = 0.0, Markup()
    for part, share in zip(parts, shares, strict=True):
        if part.count:
            drawn += Markup("<g><title>{}: {}</title>{}</g>").format(
                part.label, number(part.count), _rectangle(part.look, x, 0, share, 10)
            )
        x += share
    told = ", ".join(f"{part.label} {number(part.count)}" for part in parts)
    picture = _picture("whole", (100, 10), title, told, drawn)
    return _figure("stacked", picture, _sum(title, whole, total, parts))


def visible_shares(counts: Sequence[int]) -> list[float]:
    """Percentages that add up to 100, none but 0 so small that it cannot be seen."""
    total = sum(counts)
    if not total:
        return [0.0 for _ in counts]
    raised = [max(100 * count / total, _THINNEST) if count else 0.0 for count in counts]
    return [100 * share / sum(raised) for share in raised]


def nice_ceiling(highest: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 … that is not below; 1 for nothing."""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if step * scale >= highest:
                return step * scale
        scale *= 10


def _picture(look: str, box: tuple[int, int], title: str, told: str, inside: Markup) -> Markup:
    return Markup(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img">'
        "<title>{}</title><desc>{}</desc>{}</svg>"
    ).format(look, *box, title, told, inside)


def _rectangle(look: str, x: float, y: float, wide: float, high: float) -> Markup:
    return Markup('<rect class="{}" x="{:.4g}" y="{:.4g}" width="{:.4g}" height="{:.4g}"/>').format(
        look, x, y, wide, high
    )


def _told(labels: Sequence[str], counts: Sequence[int]) -> str:
    if not any(counts):
        return "nothing"
    most = max(range(len(counts)), key=counts.__getitem__)
    return f"{number(sum(counts))} in all, at most {number(counts[most])} ({labels[most]})"


def _figure(look: str, picture: Markup, table: Markup) -> Markup:
    return Markup('<figure class="chart {}">{}{}</figure>').format(look, picture, table)


def _table(title: str, labels: Sequence[str], series: Sequence[Series]) -> Markup:
    """The numbers for who cannot see the picture."""
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(one.label) for one in series)
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            label, Markup("").join(Markup("<td>{}</td>").format(number(one.counts[place])) for one in series)
        )
        for place, label in enumerate(labels)
    )
    return Markup(
        '<div class="unseen"><table><caption>{}</caption><thead><tr><th scope="col">when</th>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(title, head, rows)


def _sum(title: str, whole: str, total: int, parts: Sequence[Part]) -> Markup:
    rows = Markup("").join(
        Markup(
            '<tr><th scope="row"><span class="swatch {}"></span>{}</th><td>{}</td><td>{}</td></tr>'
        ).format(part.look, _link(part), number(part.count), percent(part.count, total))
        for part in parts
    )
    return Markup(
        '<table class="sum"><caption class="unseen">{}</caption><thead class="unseen"><tr>'
        '<th scope="col">part</th><th scope="col">count</th><th scope="col">share</th></tr></thead>'
        '<tbody>{}</tbody><tfoot><tr><th scope="row">{}</th><td>{}</td><td></td></tr></tfoot></table>'
    ).format(title, rows, whole, number(total))


def _link(part: Part) -> Markup:
    if part.url is None:
        return Markup("{}").format(part.label)
    return Markup('<a href="{}">{}</a>').format(part.url, part.label)
