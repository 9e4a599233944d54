"""What the rows of a page need from elsewhere, asked for in batches, kept as ``Joined``.

A part is absent where it was not asked for or may not be, and None where Mews has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Final

import attrs

from frontdesk.model import Json, Payload
from frontdesk.rows import Row, as_list, as_row
from frontdesk_mews import operations
from frontdesk_mews.asking import together
from frontdesk_mews.grants import Asker, Found, readable
from frontdesk_mews.rows import JOINED

_NAME: Final = ("Name",)
_SERVICE: Final = ("Names", "Name", "EnterpriseId")
_ADDRESS: Final = ("Line1", "Line2", "City", "PostalCode", "CountryCode")
_AMOUNT: Final = frozenset({"Currency", "NetValue", "GrossValue"})


@attrs.frozen
class Joiner:
    """Joins the pages of one walk."""

    asker: Asker

    async def customers(self, rows: Sequence[Json]) -> None:
        """Join main addresses, companies and countries."""
        people = readable(rows)
        addresses = await self._addresses(people)
        companies = await self.asker.reference("companies", _ids(people, "CompanyId"))
        for row in people:
            row[JOINED] = {
                **_part("Address", addresses, row.get("AddressId"), _ADDRESS),
                **_part("Company", companies, row.get("CompanyId"), _NAME),
            }
        codes = [_country(row) for row in people]
        countries = await self.asker.reference("countries", sorted({*filter(None, codes)}))
        for row, code in zip(people, codes, strict=True):
            row[JOINED] |= _part("Country", countries, code, ("EnglishName",))

    async def reservations(self, rows: Sequence[Json]) -> None:
        """Join services, groups, companies, vouchers, ages, order items and companions."""
        stays = readable(rows)
        services = await self.asker.reference("services", _ids(stays, "ServiceId"))
        companies = await self.asker.reference("companies", _ids(stays, "PartnerCompanyId"))
        vouchers = await self.asker.reference("vouchers", _ids(stays, "VoucherId"))
        ages = await self.asker.reference(
            "age_categories", sorted({i for r in stays for i in _ages(r)})
        )
        groups, items, companions = await together(
            partial(self._groups, stays),
            partial(self._items, stays, services),
            partial(self._companions, stays),
        )
        for row in stays:
            row[JOINED] = {
                **_part("Service", services, row.get("ServiceId"), _SERVICE),
                **_part("Group", groups, row.get("GroupId"), _NAME),
                **_part("PartnerCompany", companies, row.get("PartnerCompanyId"), _NAME),
                **_part("Voucher", vouchers, row.get("VoucherId"), _NAME),
                **_classes(ages, row),
                **_several("Items", items, row),
                **(_several("Companions", companions, row) if _lacks_guest(row) else {}),
            }

    async def _groups(self, stays: Sequence[Row]) -> Found:
        rows = await self.asker.rows(operations.GROUPS, _ids(stays, "GroupId"))
        return None if rows is None else {row["Id"]: row for row in rows}

    async def _addresses(self, people: Sequence[Row]) -> Found:
        # A guest may have several; the main one is the one the guest's row names.
        owners = [row["Id"] for row in people if row.get("AddressId")]
        rows = await self.asker.rows(operations.ADDRESSES, owners)
        if rows is None:
            return None
        return {row["Id"]: row for row in rows if row.get("IsActive") is True}

    async def _companions(self, stays: Sequence[Row]) -> Found:
        wanted = [row["Id"] for row in stays if _lacks_guest(row)]
        rows = await self.asker.rows(operations.COMPANIONSHIPS, wanted)
        if rows is None:
            return None
        # Newest first; whoever was named first stays the first.
        return {
            stay: [row["CustomerId"] for row in reversed(named) if row.get("CustomerId")]
            for stay, named in _grouped(rows, "ReservationId").items()
        }

    async def _items(self, stays: Sequence[Row], services: Found) -> Found:
        sold: dict[str | None, list[str]] = defaultdict(list)
        for row in stays:
            sold[self._currency(row, services)].append(row["Id"])
        jobs = [
            partial(self.asker.rows, operations.ITEMS, ids, {"Currency": code} if code else None)
            for code, ids in sold.items()
        ]
        items: list[Row] = []
        for rows in await together(*jobs):
            if rows is None:
                return None
            items += rows
        items.sort(key=_id)
        return {
            stay: [_item(row) for row in own]
            for stay, own in _grouped(items, "ServiceOrderId").items()
        }

    def _currency(self, row: Row, services: Found) -> str | None:
        account = self.asker.client.account
        if account is None:
            return None
        service: Payload = (services or {}).get(str(row.get("ServiceId"))) or {}
        site = account.site(service.get("EnterpriseId"))
        return site.currency if site else None


def _ids(rows: Iterable[Row], field: str) -> list[str]:
    found = (row.get(field) for row in rows)
    return sorted({value for value in found if isinstance(value, str) and value})


def _grouped(rows: Iterable[Row], field: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if isinstance(owner := row.get(field), str):
            found[owner].append(row)
    return found


def _ages(row: Row) -> list[str]:
    counts = as_list(row.get("PersonCounts")) or []
    return _ids(filter(None, map(as_row, counts)), "AgeCategoryId")


def _lacks_guest(row: Row) -> bool:
    return row.get("AccountType") == "Company" and not row.get("BookerId")


def _country(row: Row) -> str | None:
    lines = as_row(row[JOINED].get("Address")) or as_row(row.get("Address")) or {}
    code = lines.get("CountryCode")
    return code if isinstance(code, str) else None


def _id(item: Row) -> str:
    return str(item["Id"])


def _item(row: Row) -> Row:
    """Keep what the value is made of."""
    options, amount = as_row(row.get("Options")), as_row(row.get("Amount"))
    canceled = options is not None and options.get("CanceledWithReservation") is True
    # Read with nothing but these fields, an amount needs no copy.
    if amount is not None and not amount.keys() <= _AMOUNT:
        amount = _kept(amount, _AMOUNT)
    return {
        "Id": row["Id"],
        "Type": row.get("Type"),
        "AccountingState": row.get("AccountingState"),
        "CanceledWithReservation": canceled,
        "Amount": amount,
    }


def _kept(row: Payload, fields: Collection[str]) -> Row:
    return {field: row[field] for field in fields if field in row}


def _part(key: str, found: Found, wanted: Json, fields: Sequence[str]) -> Row:
    if found is None:
        return {}
    row = found.get(wanted) if isinstance(wanted, str) else None
    return {key: None if row is None else _kept(row, fields)}


def _several(key: str, found: Found, row: Row) -> Row:
    return {} if found is None else {key: found.get(row["Id"], [])}


def _classes(ages: Found, row: Row) -> Row:
    if ages is None:
        return {}
    known = {key: age for key in _ages(row) if (age := ages.get(key))}
    return {"AgeCategories": {key: age.get("Classification") for key, age in known.items()}}
