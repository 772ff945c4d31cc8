"""Charts for the report as SVG files that stand alone: light or dark as the reader has it, no script."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from relay.web.console.charts import nice_ceiling
from tests.bench.bench import shown

_STYLE = """
text{font:13px system-ui,sans-serif;fill:#1c2733}.dim{fill:#5b6a79;font-size:12px}.end{text-anchor:end}
.mid{text-anchor:middle}.title{font-size:15px;font-weight:600}.grid{stroke:#dde3e9}.limit{stroke:#b3261e;
stroke-dasharray:5 4;stroke-width:1.5}.of-limit{fill:#b3261e;font-size:12px}.line{fill:none;stroke-width:2}
.paper{fill:#fff}.c0{fill:#2f6fb0;stroke:#2f6fb0}.c1{fill:#c8772a;stroke:#c8772a}.c2{fill:#3d8a5f;
stroke:#3d8a5f}.c3{fill:#8a5aa8;stroke:#8a5aa8}.c4{fill:#7a7f2a;
stroke:#7a7f2a}.bar{stroke:none}polyline.line{fill:none}
@media(prefers-color-scheme:dark){text{fill:#e4eaf0}.dim{fill:#9aa8b5}.grid{stroke:#36424e}.paper{fill:#151c23}
.limit{stroke:#ff8a80}.of-limit{fill:#ff8a80}}
"""
_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 720, 60, 34, 66, 34
_LOOKS = 5


@dataclass(frozen=True)
class Bar:
    """`limit`: a mark on the bar's row."""

    label: str
    value: float
    limit: float | None = None
    look: int = 0


@dataclass(frozen=True)
class Line:
    """Points in the order of x."""

    label: str
    points: Sequence[tuple[float, float]]


def bars(title: str, unit: str, rows: Sequence[Bar]) -> str:
    """Horizontal bars, one below the other, with a mark where a row has a limit."""
    left = 34 + round(7.4 * max(len(one.label) for one in rows))
    wide = _WIDTH - left - 150
    top = max([one.value for one in rows] + [one.limit or 0 for one in rows] + [1e-9])
    drawn = []
    for place, one in enumerate(rows):
        y, told = 44 + place * _ROW, shown(one.value)
        drawn.append(f'<text class="end" x="{left - 10}" y="{y + 16}">{escape(one.label)}</text>')
        size = f'width="{wide * one.value / top:.1f}" height="20"'
        drawn.append(f'<rect class="bar c{one.look}" x="{left}" y="{y + 2}" {size} rx="2"/>')
        if one.limit is not None:
            at = left + wide * one.limit / top
            drawn.append(f'<line class="limit" x1="{at:.1f}" x2="{at:.1f}" y1="{y - 3}" y2="{y + 27}"/>')
            told += f" (limit {shown(one.limit)})"
        drawn.append(f'<text class="end" x="{_WIDTH - 16}" y="{y + 16}">{told}</text>')
    return _picture(title, unit, 44 + len(rows) * _ROW + 14, drawn)


def lines(
    title: str,
    unit: str,
    drawn: Sequence[Line],
    across: Sequence[tuple[float, str]],
    limit: float | None = None,
) -> str:
    """Lines over the same x; `across`: the places on it that are labelled."""
    tall = 220
    top = max([y for line in drawn for _, y in line.points] + [limit or 0, 1e-9])
    top = float(nice_ceiling(math.ceil(top))) if top > 1 else top * 1.1
    low, high = across[0][0], across[-1][0]

    def at(x: float, y: float) -> tuple[float, float]:
        wide = _WIDTH - _LEFT - _RIGHT
        return _LEFT + wide * (x - low) / ((high - low) or 1), _TOP + tall * (1 - y / top)

    inside = [*_grid(top, tall), *_marks(across, at)]
    if limit is not None:
        _, y = at(low, limit)
        inside.append(f'<line class="limit" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        inside.append(
            f'<text class="of-limit end" x="{_WIDTH - _RIGHT}" y="{y + 15:.1f}">limit {shown(limit)}</text>'
        )
    for place, line in enumerate(drawn):
        path = " ".join("{:.1f},{:.1f}".format(*at(*point)) for point in line.points)
        inside.append(f'<polyline class="line c{place % _LOOKS}" points="{path}"/>')
        if len(line.points) < 20:
            inside += [
                '<circle class="c{}" r="3" cx="{:.1f}" cy="{:.1f}"/>'.format(place % _LOOKS, *at(*point))
                for point in line.points
            ]
    return _picture(title, unit, _TOP + tall + 40, [*inside, *_legend([line.label for line in drawn])])


def _grid(top: float, tall: int) -> Iterable[str]:
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = _TOP + tall * (1 - share)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="dim end" x="{_LEFT - 6}" y="{y + 4}">{shown(top * share)}</text>'


def _marks(
    across: Sequence[tuple[float, str]], at: Callable[[float, float], tuple[float, float]]
) -> Iterable[str]:
    for x, label in across:
        place, y = at(x, 0)
        yield f'<text class="dim mid" x="{place:.1f}" y="{y + 20:.1f}">{escape(label)}</text>'


def _legend(labels: Sequence[str]) -> Iterable[str]:
    x = _LEFT
    for place, label in enumerate(labels):
        yield f'<rect class="bar c{place % _LOOKS}" x="{x}" y="40" width="12" height="12" rx="2"/>'
        yield f'<text x="{x + 17}" y="51">{escape(label)}</text>'
        x += 34 + round(7.2 * len(label))


def _picture(title: str, unit: str, tall: int, inside: Iterable[str]) -> str:
    named = escape(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {tall}" width="{_WIDTH}" role="img">'
        f"<title>{named}</title><style>{_STYLE.strip()}</style>"
        f'<rect class="paper" width="{_WIDTH}" height="{tall}"/>'
        f'<text class="title" x="16" y="25">{named}</text>'
        f'<text class="dim end" x="{_WIDTH - 16}" y="25">{escape(unit)}</text>{"".join(inside)}</svg>\n'
    )
