"""Asking ahead for what a page's hooks will ask for.

Core maps one page at a time, and what is live waits meanwhile. A page of history whose hooks
have to ask Zenoti, at the pace that is left for history, would hold a webhook up for a minute.
So their answers are fetched and stored before the page is handed over.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from frontdesk.client import Client
from frontdesk.model import Page, Record, Unreadable
from frontdesk.rows import as_list, as_row
from frontdesk_zenoti import cursors, statuses
from frontdesk_zenoti.rows import at
from frontdesk_zenoti.sold import LINES_OLD

#: Well within the age that events take of a centre.
_CENTERS_OLD: Final = timedelta(days=3)
#: Lists that hooks ask for, and the words of the sales report for what is on them.
_LISTS: Final[tuple[tuple[str, Collection[str]], ...]] = (
    ("gift_cards", statuses.GIFT_WORDS),
    ("guest_packages", statuses.PACKAGE_WORDS),
)


async def prepared(client: Client[Any], pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """Yield pages, each behind an empty one with which core stores what was asked for ahead."""
    await client.lookup("centers", cursors.centers(client), max_age=_CENTERS_OLD)
    yield Page(())
    async for page in pages:
        asked = client.requests
        records = [one for one in page.records if isinstance(one, Record)]
        await client.lookup("countries", _countries(records))
        for stream, words in _LISTS:
            buyers = _buyers(records, words)
            await client.lookup(stream, buyers, max_age=timedelta(seconds=LINES_OLD) / 2)
        unknown = await _unknown(client, records)
        if client.requests != asked:
            yield Page(())
        yield Page([*unknown, *page.records], page.cursor, page.progress)


async def _unknown(client: Client[Any], records: Sequence[Record]) -> list[Record | Unreadable]:
    """Return all that is known of guests whom Zenoti does not show any more: their ids.

    Core would ask for them once more, each in a request.
    """
    named = [id for one in records if one.stream != "guests" for id in one.guests]
    found = await client.lookup("guests", named)
    gone = [id for id in dict.fromkeys(named) if found[id] is None]
    return [Record("guests", id, {"id": id}, guests=(id,), partial=True) for id in gone]


def _buyers(records: Iterable[Record], words: Collection[str]) -> list[str]:
    """Return the guests whose invoices have a line of a type."""
    return [
        record.guests[0]
        for record in records
        if record.stream == "sales" and record.guests and _has(record, words)
    ]


def _has(record: Record, words: Collection[str]) -> bool:
    lines = as_list(record.payload.get("sales")) or []
    types = [(as_row(line) or {}).get("item_type") for line in lines]
    return any(isinstance(word, str) and word.strip().casefold() in words for word in types)


def _countries(records: Iterable[Record]) -> list[str]:
    """Return the countries of phones that do not say their dialling code."""
    found: dict[str, None] = {}
    for record in records:
        phone = as_row(at(record.payload, "personal_info.mobile_phone"))
        if record.stream == "guests" and phone and not phone.get("phone_code"):
            country = phone.get("country_code")
            if isinstance(country, int) and not isinstance(country, bool) and country > 0:
                found[str(country)] = None
    return list(found)
