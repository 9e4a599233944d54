"""Memberships: as their guest, their center and the log of changes show them."""

from __future__ import annotations

from typing import Any

from frontdesk.sandbox.chance import DAY, cousin, noise
from frontdesk_zenoti.sandbox import names, statuses
from frontdesk_zenoti.sandbox.invoice_rows import shown_number
from frontdesk_zenoti.sandbox.rows import Change, Membership, Product
from frontdesk_zenoti.sandbox.times import day_text, money, utc
from frontdesk_zenoti.sandbox.world import World


def membership_row(world: World, held: Membership) -> dict[str, Any]:
    """Write a membership as the list of one guest shows it."""
    invoice, zone = world.invoices.rows[held.invoice], world.centers[held.center].zone
    plan = world.catalog.memberships[held.plan]
    return {
        "user_membership_id": held.id,
        "status": held.status,
        "is_refunded": held.status == statuses.REFUNDED,
        "recurrence_status": held.recurrence,
        "redeemable": held.status == statuses.ACTIVE,
        "membership": _plan(plan),
        "invoice": {
            "id": invoice.id,
            "no": shown_number(world, invoice),
            "item_id": invoice.items[0].id,
            "receipt_no": invoice.receipt,
            "status": 4,
        },
        "invoice_center_id": world.centers[held.center].id,
        "expiry_date": day_text(held.expires, zone),
        "next_collection_date": day_text(held.next_collection, zone) or names.NEVER,
        "next_collection_amount": money(plan.price if held.next_collection else 0),
        "member_since": day_text(held.sold, zone),
        "member_code": held.code,
        "is_addon_member": False,
        "credit_amount": credit(held.balance * 2),
        "credit_balance": {**credit(held.balance), "comments": None},
        "services": [service_balance(world, held)],
        "products": [],
        "recurring_details": _recurring(world, held),
        "guestpass_total": 4,
        "guestpass_balance": 3,
        "historical_invoices": [],
        "terms_and_conditions": "",
        "restrict_cross_center_redemption": False,
    }


def _plan(plan: Product) -> dict[str, Any]:
    return {
        "id": plan.id,
        "name": plan.name,
        "code": plan.code,
        "description": None,
        "type": plan.kind,
        "freeze_fee_reason_enabled": False,
    }


def credit(sum_: int) -> dict[str, Any]:
    """Write what is left to spend."""
    return {"total": money(sum_), "service": money(sum_), "product": 0, "other": 0}


def service_balance(world: World, held: Membership) -> dict[str, Any]:
    """Write how often a service may still be had, slips of the pen included."""
    service = world.catalog.services[noise(held.id) % len(world.catalog.services)]
    return {
        "service": {
            "sale_as_part_of_package_or_membership_only": None,
            "book_with_partial_balance": 1,
            "item_type": None,
            "id": service.id,
            "name": service.name,
            "duration": service.minutes,
            "has_segments": False,
        },
        "total": 10,
        "balance": 9,
        "redeemable_balance": 0,
        "used": 1,
        "transfered": 0,
        "expired": 0,
        "frequncy": "Any",
        "last_usage_date": None,
        "accrued_on": None,
        "is_category": False,
        "exists_in_current_center": True,
    }


def _recurring(world: World, held: Membership) -> dict[str, Any]:
    zone, ended, rest = world.centers[held.center].zone, held.cancellation, held.freeze
    unfrozen = None if rest is None else rest.end
    return {
        "cancellation_initiated_on": utc(ended.initiated) if ended else names.NEVER,
        "cancelled_date": day_text(ended.date, zone) if ended else names.NEVER,
        "termination_date": day_text(ended.date, zone) if ended else names.NEVER,
        "paused_date": day_text(rest.start, zone) if rest else None,
        "paused_till": day_text(unfrozen, zone),
        "suspended_on": None,
        "end_date_on_unfreeze": day_text(held.expires, zone) if rest else None,
        "next_collection_date_on_unfreeze": day_text(unfrozen, zone),
    }


def member_row(world: World, held: Membership) -> dict[str, Any]:
    """Write a membership as the list of a center's members shows it."""
    zone, guest = world.centers[held.center].zone, world.guests.rows[held.guest]
    plan = world.catalog.memberships[held.plan]
    return {
        "id": held.id,
        "status": statuses.MEMBERSHIP[held.status],
        "guest": {"id": guest.id, "code": guest.code, "name": guest.name},
        "membership": {
            "id": plan.id,
            "code": plan.code,
            "name": plan.name,
            "type": "Recurring" if plan.kind else "NonRecurring",
            "version_id": cousin(plan.id, "e"),
        },
        "start_date": day_text(held.sold, zone),
        "end_date": day_text(held.expires, zone),
        "sold_date": day_text(held.sold, zone),
        "recurrence_status": statuses.MEMBERSHIP[held.recurrence],
        "renewal_details": {"id": plan.id, "auto_renewal": bool(held.next_collection)},
        "freeze_date": day_text(held.freeze.start, zone) if held.freeze else None,
        "cancelled_date": day_text(held.cancellation.date, zone) if held.cancellation else None,
        "closed_date": day_text(held.closed, zone),
        "credits_amount": money(held.balance),
        "services_amount": money(held.balance),
        "products_amount": 0,
    }


def change_row(world: World, change: Change) -> dict[str, Any]:
    """Write a line of the log of changes; its fields are guessed."""
    held = world.memberships.rows[change.membership]
    return {
        "user_membership_id": held.id,
        "guest_id": world.guests.rows[held.guest].id,
        "center_id": world.centers[held.center].id,
        "previous_status": change.before,
        "current_status": change.after,
        "changed_on": utc(change.at),
        "changed_by": change.by,
    }


def collected(held: Membership) -> int:
    """Tell when the days of grace after the next payment are over."""
    return (held.next_collection or held.sold) + 5 * int(DAY)
