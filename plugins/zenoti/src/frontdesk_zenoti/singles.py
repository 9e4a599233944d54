"""Records by their ids: a request for each, since Zenoti has nothing to ask for several."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final

from frontdesk.client import Client
from frontdesk.model import Json, Page, Query, Record, Unreadable
from frontdesk.rows import Row, as_list, as_row
from frontdesk.walkers import read_rows
from frontdesk_zenoti import operations
from frontdesk_zenoti.asking import SIZE, all_rows, one, rows_of
from frontdesk_zenoti.calendars import groups
from frontdesk_zenoti.cursors import centers
from frontdesk_zenoti.grants import Asker
from frontdesk_zenoti.rows import at, build_record

_EXPAND: Final = ("InvoiceItems", "Appointments")
_LISTED: Final = {"centers": operations.CENTERS, "countries": operations.COUNTRIES}


async def named(client: Client[Any], query: Query) -> Page:
    """Return the records of a query's ids; an unknown id has none.

    Lines of the sales report, memberships and deliveries cannot be asked for by an id.
    """
    asker = Asker(client)
    found: list[Record | Unreadable] = []
    if query.stream in _LISTED:
        found = await _listed(asker, query)
    elif query.stream in _ASKED:
        ask = _ASKED[query.stream]
        found = [record for id in query.ids async for record in ask(asker, id)]
    return Page(found)


async def _listed(asker: Asker, query: Query) -> list[Record | Unreadable]:
    """Read a short list whole: it takes no more requests than one of its members would."""
    operation = _LISTED[query.stream]
    rows = await asker.permitted(operation, partial(all_rows, asker.client, operation))
    wanted = set(query.ids)
    named = [row for row in rows or () if _id(row) in wanted]
    return read_rows(query.stream, named, partial(build_record, query.stream))


def _id(row: Json) -> str:
    return str((as_row(row) or {}).get("id")).lower()


async def _guest(asker: Asker, id: str) -> AsyncIterator[Record | Unreadable]:
    answer = await _one(asker, operations.GUEST, id)
    if answer is not None:
        whole = as_row(answer.get("guest")) or answer
        for record in read_rows("guests", [whole], partial(build_record, "guests")):
            yield record


async def _service(asker: Asker, id: str) -> AsyncIterator[Record | Unreadable]:
    """Read a service where the first centre offers it; what others offer, lists bring."""
    for center in centers(asker.client)[:1]:
        job = partial(one, asker.client, operations.SERVICE, id=id, center=center)
        answer = as_row(await asker.permitted(operations.SERVICE, job))
        if answer is not None:
            for record in read_rows("services", [answer], partial(build_record, "services")):
                yield record


async def _invoice(asker: Asker, id: str) -> AsyncIterator[Record | Unreadable]:
    answer = await _one(asker, operations.INVOICE, id, {"expand": _EXPAND})
    if answer is not None and isinstance(answer.get("invoice"), dict):
        row = {"invoice": answer["invoice"]}
        for record in read_rows("invoices", [row], partial(build_record, "invoices")):
            yield record


async def _group(asker: Asker, id: str) -> AsyncIterator[Record | Unreadable]:
    """Read the appointments of a group; its invoice tells the centre, which they do not."""
    key = id.removeprefix("appointment ")
    job = partial(one, asker.client, operations.APPOINTMENT, id=key)
    answer = await asker.permitted(operations.APPOINTMENT, job)
    if answer is None:
        return
    listed = as_list((as_row(answer) or {}).get("appointments")) or as_list(answer)
    rows = [answer] if listed is None else listed
    first = as_row(rows[0]) if rows else None
    center = (first or {}).get("center_id") or at(first or {}, "center.id")
    invoice = (first or {}).get("invoice_id")
    if center is None and isinstance(invoice, str):
        told = await _one(asker, operations.INVOICE, invoice)
        center = at(told or {}, "invoice.center_id")
    for record in groups(rows, center if isinstance(center, str) else None):
        if isinstance(record, Unreadable) or record.id == id:
            yield record


async def _packages(asker: Asker, guest: str) -> AsyncIterator[Record | Unreadable]:
    """Read a guest's packages: together they are one record."""
    rows: list[Json] = []
    # Pages are named differently here, and nobody says whether the first is 1 or 0.
    for first in (1, 0):
        asked: Row = {"page_num": first, "page_size": SIZE}
        answer = await _of_guest(asker, operations.PACKAGES, guest, asked)
        rows = [] if answer is None else rows_of(answer, operations.PACKAGES)
        if rows or answer is None:
            break
    yield build_record("guest_packages", {"guest_id": guest, "packages": rows})


async def _cards(asker: Asker, guest: str) -> AsyncIterator[Record | Unreadable]:
    """Read a guest's gift cards: together they are one record."""
    asked: Row = {"page": 1, "size": SIZE}
    answer = await _of_guest(asker, operations.GIFT_CARDS, guest, asked)
    rows = [] if answer is None else rows_of(answer, operations.GIFT_CARDS)
    whole = as_row(answer) or {}
    beside: Row = {name: whole[name] for name in ("invoice", "center") if name in whole}
    yield build_record("gift_cards", {"guest_id": guest, "gift_cards": rows, **beside})


async def _of_guest(asker: Asker, operation: operations.Operation, guest: str, asked: Row) -> Json:
    return await asker.permitted(operation, partial(one, asker.client, operation, asked, id=guest))


async def _one(
    asker: Asker, operation: operations.Operation, id: str, asked: Row | None = None
) -> Row | None:
    job = partial(one, asker.client, operation, asked, id=id)
    return as_row(await asker.permitted(operation, job))


_ASKED: Final = {
    "services": _service,
    "guests": _guest,
    "invoices": _invoice,
    "appointment_groups": _group,
    "guest_packages": _packages,
    "gift_cards": _cards,
}
