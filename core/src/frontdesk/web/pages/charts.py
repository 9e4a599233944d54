"""Charts as shapes in SVG, laid out here and drawn by a template: no script, no style inline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import attrs

#: The size of a chart in its own units; the page scales it.
WIDTH: Final = 720
HEIGHT: Final = 240
_LEFT: Final = 44
_BELOW: Final = 26
_ABOVE: Final = 10
#: About as many dates fit below.
_DATES: Final = 7
#: How much of its place a bar takes.
_FULL: Final = 0.78
_EPOCH: Final = date(1970, 1, 1)
_TREND: Final = (112, 28)


@attrs.frozen
class Bar:
    """A bar, or a part of one."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str = ""


@attrs.frozen
class Mark:
    """A line of the grid or a date, with what is written at it."""

    at: float
    text: str


@attrs.frozen
class Chart:
    """What a template draws.

    Attributes:
        names: What each series is called.
        bars: Stacked, in the order of the series.
        rows: The same as numbers, latest first: start, count of each series, sum.
    """

    names: tuple[str, ...]
    bars: tuple[Bar, ...]
    grid: tuple[Mark, ...]
    dates: tuple[Mark, ...]
    rows: tuple[tuple[date, tuple[int, ...], int], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    base: int = HEIGHT - _BELOW


def by_day(day: date) -> date:
    """Return the day itself."""
    return day


def by_week(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def by_month(day: date) -> date:
    """Return the first of a day's month."""
    return day.replace(day=1)


#: How buckets begin, and how many are shown.
PERIODS: Final[Mapping[str, tuple[Callable[[date], date], int]]] = {
    "day": (by_day, 30),
    "week": (by_week, 26),
    "month": (by_month, 24),
}


def on(day: int) -> date:
    """Return the date of a day's number."""
    return _EPOCH + timedelta(days=day)


def number_of(day: date) -> int:
    """Return the number of a day."""
    return (day - _EPOCH).days


def starts(period: str, today: date) -> list[date]:
    """Return where the buckets of a period begin, up to today's."""
    begins, how_many = PERIODS[period]
    found = [begins(today)]
    while len(found) < how_many:
        found.append(begins(found[-1] - timedelta(days=1)))
    return found[::-1]


def gathered(
    period: str, counts: Sequence[tuple[str, int, int]]
) -> Mapping[date, Mapping[str, int]]:
    """Sum up counts of days into buckets: each is a series, a day's number and a count."""
    begins, _ = PERIODS[period]
    sums: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for series, day, count in counts:
        sums[begins(on(day))][series] += count
    return sums


def chart(
    period: str,
    today: date,
    counts: Sequence[tuple[str, int, int]],
    said: Callable[[date, str, int], str],
    dated: Callable[[date], str],
) -> Chart:
    """Lay a chart out.

    Args:
        counts: Of each day: the series, the day's number, how many.
        said: What a bar says of itself.
        dated: How a date is written below.
    """
    names = tuple(sorted({series for series, _, _ in counts}))
    buckets, sums = starts(period, today), gathered(period, counts)
    rows = [(start, tuple(sums.get(start, {}).get(name, 0) for name in names)) for start in buckets]
    top = _nice(max((sum(values) for _, values in rows), default=0))
    return Chart(
        names,
        tuple(_bars(rows, names, top, said)),
        tuple(_grid(top)),
        tuple(_dates(buckets, dated)),
        tuple((start, values, sum(values)) for start, values in reversed(rows)),
    )


def _bars(
    rows: Sequence[tuple[date, tuple[int, ...]]],
    names: Sequence[str],
    top: int,
    said: Callable[[date, str, int], str],
) -> list[Bar]:
    room = (WIDTH - _LEFT) / len(rows)
    bars: list[Bar] = []
    for place, (start, values) in enumerate(rows):
        at = float(HEIGHT - _BELOW)
        for series, value in enumerate(values):
            height = value / top * (HEIGHT - _BELOW - _ABOVE)
            at -= height
            if value:
                x = _LEFT + place * room + room * (1 - _FULL) / 2
                title = said(start, names[series], value)
                bars.append(
                    Bar(
                        round(x, 1),
                        round(at, 1),
                        round(room * _FULL, 1),
                        round(height, 1),
                        series,
                        title,
                    )
                )
    return bars


def _nice(most: int) -> int:
    """Return a round number that is not less: the top of the chart."""
    step = 1
    while True:
        for factor in (1, 2, 4, 5):
            # Four lines, each at a whole number.
            if step * factor * 4 >= most:
                return step * factor * 4
        step *= 10


def _grid(top: int) -> list[Mark]:
    room = HEIGHT - _BELOW - _ABOVE
    return [
        Mark(round(HEIGHT - _BELOW - part / 4 * room, 1), _short(top * part // 4))
        for part in range(5)
    ]


def _short(number: int) -> str:
    for size, name in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g}{name}"
    return str(number)


def _dates(buckets: Sequence[date], dated: Callable[[date], str]) -> list[Mark]:
    room = (WIDTH - _LEFT) / len(buckets)
    every = max(1, round(len(buckets) / _DATES))
    return [
        Mark(round(_LEFT + (place + 0.5) * room, 1), dated(start))
        for place, start in enumerate(buckets)
        # Counted from today: that is where the reader looks first.
        if (len(buckets) - 1 - place) % every == 0
    ]


@attrs.frozen
class Trend:
    """A small chart of the last days."""

    bars: tuple[Bar, ...]
    total: int
    days: int
    width: int = _TREND[0]
    height: int = _TREND[1]


def trend(counts: Sequence[int]) -> Trend:
    """Lay a small chart out."""
    width, height = _TREND
    room, most = width / max(len(counts), 1), max(counts, default=0)
    bars = [
        Bar(round(place * room, 1), round(height - tall, 1), round(room - 1, 1), tall, 0)
        for place, count in enumerate(counts)
        if count
        # Whatever there was is to be seen.
        for tall in [round(max(count / most * height, 2), 1)]
    ]
    return Trend(tuple(bars), sum(counts), len(counts))
