"""Charts are laid out in numbers; what a page draws is only that."""

from __future__ import annotations

from datetime import date

import pytest

from frontdesk.web.pages import charts
from frontdesk.web.pages.charts import number_of

TODAY = date(2026, 11, 1)  # a Sunday


def laid_out(period: str, *counts: tuple[str, date, int]) -> charts.Chart:
    given = [(series, number_of(day), count) for series, day, count in counts]
    said = "{0:%d %b} {1} {2}".format
    return charts.chart(period, TODAY, given, said, "{:%d %b}".format)


def test_a_week_begins_on_monday_and_a_month_on_its_first() -> None:
    """Seen to fail when weeks begin on Sunday."""
    weeks, months = charts.starts("week", TODAY), charts.starts("month", TODAY)

    assert weeks[-2:] == [date(2026, 10, 19), date(2026, 10, 26)]
    assert months[-3:] == [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)]
    assert (months[0], len(months)) == (date(2024, 12, 1), 24)
    assert all(start.weekday() == 0 for start in weeks)


def test_every_day_is_in_one_bucket_and_what_is_older_in_none() -> None:
    chart = laid_out(
        "day",
        ("Mews", TODAY, 3),
        ("Mews", date(2026, 10, 31), 2),
        ("Mews", date(2026, 1, 1), 99),
    )

    assert [values for _, values, _ in chart.rows[:3]] == [(3,), (2,), (0,)]
    assert sum(total for *_, total in chart.rows) == 5


def test_bars_of_several_integrations_stand_on_each_other() -> None:
    """Seen to fail when each begins at the bottom."""
    chart = laid_out("month", ("Mews", TODAY, 3), ("Acorn", TODAY, 1))

    acorn, mews = chart.bars
    assert chart.names == ("Acorn", "Mews")
    assert acorn.y + acorn.height == pytest.approx(chart.base)
    assert mews.y + mews.height == pytest.approx(acorn.y)
    assert mews.height == pytest.approx(3 * acorn.height)
    assert (acorn.title, mews.series) == ("01 Nov Acorn 1", 1)
    assert chart.rows[0] == (TODAY, (1, 3), 4)


@pytest.mark.parametrize(
    ("most", "top"), [(0, "4"), (1, "4"), (9, "16"), (99, "160"), (5000, "8k")]
)
def test_the_grid_stands_at_whole_numbers(most: int, top: str) -> None:
    chart = laid_out("day", ("Mews", TODAY, most))

    assert next(mark.text for mark in chart.grid) == "0"
    assert chart.grid[-1].text == top
    assert all(bar.y >= 0 for bar in chart.bars)


def test_nothing_is_a_chart_as_well() -> None:
    chart = laid_out("week")

    assert (chart.bars, chart.names) == ((), ())
    assert len(chart.rows) == 26


def test_a_trend_shows_the_smallest_count() -> None:
    """Seen to fail when a bar is as high as its share."""
    small = charts.trend([0, 1, 10_000])

    assert (small.total, small.days, len(small.bars)) == (10_001, 3, 2)
    assert small.bars[0].height == 2
    assert charts.trend([]).bars == ()
