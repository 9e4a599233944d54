"""The further parts of an answer that a request may ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from frontdesk_mews.sandbox.house_rows import Voucher, VoucherCode
from frontdesk_mews.sandbox.rows import Companionship, Customer, Document, Group
from frontdesk_mews.sandbox.world import World


def customers(
    world: World, rows: list[Customer], extent: frozenset[str]
) -> tuple[list[Customer], dict[str, Any]]:
    """Embed addresses and list documents; both are deprecated, but still served."""
    extras = {"Documents": _documents(rows) if "Documents" in extent else None}
    if "Customers" not in extent:
        return [], extras
    if "Addresses" in extent:
        rows = [_at_home(world, row) for row in rows]
    return rows, extras


def _at_home(world: World, row: Customer) -> Customer:
    address = world.addresses.find(row.address_id)
    return msgspec.structs.replace(row, address=address.place()) if address else row


def _documents(rows: Iterable[Customer]) -> list[Document]:
    return [
        document
        for row in rows
        for document in (row.passport, row.identity_card, row.visa, row.drivers_license)
        if document
    ]


def vouchers(
    world: World, rows: list[Voucher], extent: frozenset[str]
) -> tuple[list[Voucher], dict[str, Any]]:
    """Add codes and the rates each voucher opens."""
    parts: dict[str, list[Any]] = {
        "VoucherCodes": [code for row in rows for code in _codes(world, row)],
        "VoucherAssignments": [
            {"VoucherId": row.id, "RateId": rate}
            for row in rows
            for rate in world.sellers[row.service_id].rates[:2]
        ],
        "Rates": [],
        "Companies": [],
    }
    extras = {name: part if name in extent else None for name, part in parts.items()}
    return (rows if "Vouchers" in extent else []), extras


def _codes(world: World, voucher: Voucher) -> list[VoucherCode]:
    numbers = world.voucher_codes.having("voucher_id", voucher.id)
    return [world.voucher_codes.rows[number] for number in numbers]


def companionships(
    world: World, rows: list[Companionship], extent: frozenset[str]
) -> dict[str, Any]:
    """Add the guests and the groups; reservations, of the version of 2017, stay away."""
    guests = {row.customer_id: world.customers.find(row.customer_id) for row in rows}
    groups = {row.reservation_group_id: world.groups.find(row.reservation_group_id) for row in rows}
    return {
        "Customers": list(guests.values()) if "Customers" in extent else None,
        "ReservationGroups": (
            [{"Id": group.id, "Name": group.name} for group in _found(groups.values())]
            if "ReservationGroups" in extent
            else None
        ),
        "Reservations": None,
    }


def _found(groups: Iterable[Group | None]) -> list[Group]:
    return [group for group in groups if group]
