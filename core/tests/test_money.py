"""Money is exact: what is shown is the sum of what was logged (law 8)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from inn import NOW, Inn, altered, asked, guest, stay, sync

from frontdesk import Desk, Event, Record

amounts = st.decimals(-999_999, 999_999, places=2) | st.decimals(0, 1, places=6)
currencies = st.sampled_from(["EUR", "JPY", "KWD"])


def paying(amounts: list[tuple[Decimal, str]]) -> Any:
    def parse_event(record: Record) -> Any:
        if record.stream == "stays":
            value, currency = amounts[int(record.id)]
            yield Event("Booked Stay", "ada", NOW, value=value, currency=currency)

    return altered(parse_event=parse_event)


@given(st.lists(st.tuples(amounts, currencies), min_size=1, max_size=12))
@example([(Decimal("8.2"), "EUR"), (Decimal("16.4"), "JPY"), (Decimal("0.000003"), "KWD")])
@settings(max_examples=12, deadline=None)
def test_the_sum_shown_is_the_sum_of_what_was_logged(said: list[tuple[Decimal, str]]) -> None:
    """Seen to fail when an amount is kept as a float."""
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    inn.rows["stays"] = [stay(str(number)) for number in range(len(said))]
    expected: dict[str, Decimal] = {}
    for value, currency in said:
        expected[currency] = expected.get(currency, Decimal(0)) + value

    async def values() -> dict[str, Decimal]:
        with TemporaryDirectory() as folder:
            await sync(Path(folder, "x.db"), inn, paying(said), page_size=5)
            async with Desk(Path(folder, "x.db")) as desk:
                (row,) = await desk.metrics()
        return row.values

    assert expected == anyio.run(values)


@pytest.mark.anyio
async def test_ten_times_ten_cents_are_one(store: Path) -> None:
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    inn.rows["stays"] = [stay(f"s{n}", total="0.10") for n in range(10)]

    await sync(store, inn)

    assert asked(store, "SELECT sum(value) FROM metric_days") == [(1_000_000,)]
    async with Desk(store) as desk:
        (row,) = await desk.metrics()
        (event, *_) = await desk.events(limit=1)
    assert {"EUR": Decimal(1)} == row.values
    assert (str(event.event["value"]), event.event["currency"]) == ("0.10", "EUR")
