"""Packages and gift cards."""

from __future__ import annotations

from typing import Any

from frontdesk_zenoti.sandbox.invoice_rows import shown_number
from frontdesk_zenoti.sandbox.rows import Card, Package
from frontdesk_zenoti.sandbox.times import day_text, money
from frontdesk_zenoti.sandbox.world import World


def package_row(world: World, package: Package) -> dict[str, Any]:
    """Write a package as the list of one guest shows it."""
    invoice = world.invoices.rows[package.invoice]
    return {
        "user_package_id": package.id,
        "user_package_state": package.state,
        "redeemable": package.status == 1,
        "invoice": {
            "status": 4,
            "receipt_no": invoice.receipt,
            "id": invoice.id,
            "no": shown_number(world, invoice),
        },
        "status": package.status,
        "package": plan_row(world, package),
        "date": dates(world, package),
        "products": [],
        "services": service_rows(world, package),
        "redemption_setting_details": {"can_redeem_in_other_centers": True},
        **extras(world, package),
    }


def plan_row(world: World, package: Package) -> dict[str, Any]:
    """Write which package it is."""
    plan = world.catalog.packages[package.plan]
    return {
        "code": plan.code,
        "is_OTP_required": False,
        "type": 0,
        "id": plan.id,
        "name": plan.name,
    }


def dates(world: World, package: Package) -> dict[str, Any]:
    """Write from when until when it can be used."""
    zone = world.centers[package.center].zone
    return {
        "end_date_with_grace": day_text(package.expires + 25 * 86_400, zone),
        "start": day_text(package.sold, zone),
        "end": day_text(package.expires, zone),
    }


def extras(world: World, package: Package) -> dict[str, Any]:
    """Write fields that the metrics speak of and no sample shows."""
    if not world.options.package_extras:
        return {}
    return {
        "can_transfer_benefits": "Yes" if package.plan else "No",
        "discounts": [{"name": "Opening offer", "amount": 5}] if package.plan else [],
        "is_returned": package.refunded,
    }


def service_rows(world: World, package: Package) -> list[dict[str, Any]]:
    """Write what is inside and how much of it is left."""
    return [_service(world, *line) for line in package.services]


def _service(world: World, number: int, total: int, used: int) -> dict[str, Any]:
    service = world.catalog.services[number]
    return {
        "service_type_info": {
            "service_category_type": 2,
            "id": service.id,
            "name": service.name,
            "duration": service.minutes,
            "has_segments": False,
        },
        "exists_in_current_center": True,
        "total": total,
        "used": used,
        "balance": total - used,
        "balance_amount": money(service.price * (total - used)),
        "price": None,
        "package_service_price": money(service.price),
        "sale_as_part_of_package_or_membership_only": False,
        "book_with_partial_balance": 1,
    }


def card_row(world: World, card: Card) -> dict[str, Any]:
    """Write a gift card."""
    zone = world.centers[card.center].zone
    flat = world.options.cards_flat
    extra = {"comments": card.comments, "restrict_usage_to_sale_center": card.restricted}
    return {
        "id": card.id,
        "code": card.code,
        "type": card.kind,
        "sale_date": day_text(card.sold, zone),
        "expiry_date": day_text(card.expires, zone),
        "price": money(card.price),
        "value": money(card.value),
        "balance": money(card.balance),
        "tips": 0,
        "notes": card.notes,
        "source": world.invoices.rows[card.invoice].source,
        "is_closed": card.closed,
        "is_one_time_use": card.once,
        "is_received": False,
        "occasion": card.occasion,
        "gifted_by": world.guests.rows[card.guest].id,
        "benefits": {},
        **({} if flat else sold_at(world, card)),
        **(extra if world.options.card_extras else {}),
    }


def sold_at(world: World, card: Card) -> dict[str, Any]:
    """Write where and on which invoice a card was sold."""
    center, invoice = world.centers[card.center], world.invoices.rows[card.invoice]
    return {
        "invoice": {
            "id": invoice.id,
            "source": invoice.source,
            "status": "Closed",
            "invoice_number": invoice.number,
            "receipt_number": invoice.receipt,
            "invoice_item_id": card.item_id,
        },
        "center": {"id": center.id, "name": center.name},
    }
