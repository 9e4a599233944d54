"""What webhooks say of packages and gift cards."""

from __future__ import annotations

from typing import Any

from frontdesk_zenoti.sandbox.invoice_rows import gross, shown_number
from frontdesk_zenoti.sandbox.package_rows import (
    card_row,
    dates,
    extras,
    plan_row,
    service_rows,
    sold_at,
)
from frontdesk_zenoti.sandbox.rows import Card, Package, Redemption
from frontdesk_zenoti.sandbox.times import utc
from frontdesk_zenoti.sandbox.told_days import center_of, day_of
from frontdesk_zenoti.sandbox.world import World


def _package(world: World, package: Package) -> dict[str, Any]:
    invoice, center = world.invoices.rows[package.invoice], world.centers[package.center]
    used = bool(package.redemptions)
    return {
        "user_package_id": package.id,
        "status": package.status,
        "user_package_state": package.state,
        "invoice": {
            "status": 4,
            "receipt_no": invoice.receipt,
            "id": invoice.id,
            "no": shown_number(world, invoice),
        },
        "package": plan_row(world, package),
        "purchase": {
            "price": {**gross(center, invoice.items[0]), "currency_id": 0},
            "date": utc(package.sold),
        },
        "date": dates(world, package),
        "schedule": {
            "completed_schedules": len(package.redemptions) or None,
            "next_schedule_date": None,
        },
        "center": center_of(world, package.center),
        "is_refunded": package.refunded,
        "sale_invoice": {
            "id": invoice.id if used else None,
            "no": invoice.number if used else None,
        },
        **extras(world, package),
    }


def _life(package: Package) -> dict[str, Any]:
    return {
        "lookup_package_user_id": None,
        "start_validity_at_first_redemption": bool(package.plan % 2),
        "never_expires": False,
        "has_first_redemption": bool(package.redemptions),
        "expiration_days": 30,
    }


def package_created(world: World, package: Package) -> dict[str, Any]:
    """Tell a new package; where the sample breaks off, what other samples end with follows."""
    return {
        **_package(world, package),
        "services": service_rows(world, package),
        "products": [_product_inside(world)] if package.plan % 2 else [],
        **_life(package),
    }


def _product_inside(world: World) -> dict[str, Any]:
    product = world.catalog.products[0]
    return {
        "product_type_info": {"product_category_type": 2, "id": product.id, "name": product.name},
        "total": 1,
        "used": 0,
        "balance": 1,
    }


def package_changed(world: World, package: Package) -> dict[str, Any]:
    """Tell a package's new status or validity."""
    return {**_package(world, package), **_life(package)}


def redeemed(
    world: World, package: Package, redemption: Redemption, *, reversal: bool = False
) -> dict[str, Any]:
    """Tell that something of a package was used, or was not after all."""
    end = "_reversal" if reversal else ""
    use = _use(world, package, redemption)
    service = None if redemption.service is None else world.catalog.services[redemption.service]
    product = None if redemption.product is None else world.catalog.products[redemption.product]
    services: list[dict[str, Any]] = []
    products: list[dict[str, Any]] = []
    if service is not None:
        named = {"id": service.id, "name": service.name}
        services = [
            {**use, "service": named, "service_type_info": {"service_category_type": 2, **named}}
        ]
    if product is not None:
        named = {"id": product.id, "name": product.name}
        products = [
            {**use, "product": named, "product_type_info": {"product_category_type": 2, **named}}
        ]
    return {
        **_package(world, package),
        **_life(package),
        f"service_redemptions{end}": services,
        f"product_redemptions{end}": products,
    }


def _use(world: World, package: Package, redemption: Redemption) -> dict[str, Any]:
    invoice = world.invoices.rows[redemption.invoice]
    worker = world.centers[package.center].staff[redemption.therapist]
    day = day_of(world, package.center, redemption.at) or ""
    return {
        "invoice": {
            "status": 4,
            "id": invoice.id,
            "no": shown_number(world, invoice),
            "item_id": redemption.item_id,
        },
        "therapist": {"id": worker.id, "name": worker.name},
        "usage_date": f"{day.replace('T', ' ')}.000",
        "center": center_of(world, package.center),
    }


def card_created(world: World, card: Card) -> dict[str, Any]:
    """Tell a new gift card; nobody has seen such an event, so its names are those of REST."""
    return {
        **card_row(world, card),
        **sold_at(world, card),
        "guest_id": world.guests.rows[card.guest].id,
    }
