"""What webhooks say of memberships."""

from __future__ import annotations

from typing import Any

from frontdesk.sandbox.chance import cousin, noise
from frontdesk_zenoti.sandbox import statuses
from frontdesk_zenoti.sandbox.invoice_rows import gross, shown_number
from frontdesk_zenoti.sandbox.member_rows import collected, credit, service_balance
from frontdesk_zenoti.sandbox.rows import Membership
from frontdesk_zenoti.sandbox.times import day_text, money, utc
from frontdesk_zenoti.sandbox.told_days import center_of, day_of
from frontdesk_zenoti.sandbox.world import World


def _standing(world: World, held: Membership) -> dict[str, Any]:
    """Tell what all deliveries about a membership tell: whose it is is not among it."""
    status, recurrence = held.status, held.recurrence
    if world.options.webhook_statuses == "sample":
        status, recurrence = statuses.ACTIVE, statuses.FROZEN
    elif status == statuses.ENDED:
        status = int(world.options.webhook_cancelled)
    return {
        "user_membership_id": held.id,
        "group_user_membership_id": world.invoices.rows[held.invoice].id,
        "status": status,
        "recurrence_status": recurrence,
        "expiry_date": day_of(world, held.center, held.expires),
        "member_code": held.code,
        "center": center_of(world, held.center),
    }


def _collection(world: World, held: Membership) -> dict[str, Any]:
    zone = world.centers[held.center].zone
    return {"next_collection_date": day_text(held.next_collection, zone)}


def _grace(world: World, held: Membership) -> dict[str, Any]:
    zone = world.centers[held.center].zone
    return {"grace_period_date": day_text(collected(held), zone), "grace_period_days": 5}


def frozen(world: World, held: Membership) -> dict[str, Any]:
    """Tell that a membership rests."""
    rest = held.freeze
    assert rest is not None  # noqa: S101  # only a frozen one is told so
    return {
        **_standing(world, held),
        **_collection(world, held),
        "freeze": {
            "start_date": day_of(world, held.center, rest.start),
            "end_date": day_of(world, held.center, rest.end),
            "type": 2,
            "fee": money(rest.fee),
            "fee_type": 2,
            "comments": rest.comments,
            "froze_by": rest.by,
        },
    }


def unfrozen(world: World, held: Membership) -> dict[str, Any]:
    """Tell that a membership goes on; no sample shows it."""
    return {**_standing(world, held), **_collection(world, held)}


def cancelled(world: World, held: Membership) -> dict[str, Any]:
    """Tell that a membership ends."""
    ended = held.cancellation
    assert ended is not None  # noqa: S101  # only a cancelled one is told so
    return {
        **_standing(world, held),
        **_grace(world, held),
        "cancel": {
            "cancel_initiated_date": utc(ended.initiated),
            "cancel_date": day_of(world, held.center, ended.date),
            "termination_date": day_of(world, held.center, ended.date),
            "reason": ended.reason,
            "cancelled_by": ended.by,
        },
    }


def _payments(held: Membership) -> dict[str, Any]:
    again = held.next_collection is not None
    return {
        "payment_type": 0,
        "duration": 3 if again else 0,
        "duration_type": 1 if again else 0,
        "default_payment_info": "Cash" if again else None,
    }


def _whole(world: World, held: Membership) -> dict[str, Any]:
    plan, invoice = world.catalog.memberships[held.plan], world.invoices.rows[held.invoice]
    center, guest = world.centers[held.center], world.guests.rows[held.guest]
    renewal = {
        "renew_status": bool(held.next_collection),
        "is_expired": held.status == statuses.EXPIRED,
        "renew_membership_amount": 0,
        "id": plan.id,
        "name": plan.name,
    }
    return {
        **_standing(world, held),
        **_collection(world, held),
        **_grace(world, held),
        "payments": _payments(held),
        "pending_waive_collections": 0,
        "has_digital_form": bool(noise(held.id) % 2),
        "is_refunded": held.status == statuses.REFUNDED,
        "invoice": {
            "allow_other_centers_for_action_on_invoices": False,
            "item_id": invoice.items[0].id,
            "receipt_no": invoice.receipt,
            "status": 4,
            "id": invoice.id,
            "no": shown_number(world, invoice),
        },
        "purchase": {
            "price": {**gross(center, invoice.items[0]), "currency_id": 0},
            "date": day_text(held.sold, center.zone),
        },
        "members": [{"id": guest.id, "name": f"{guest.name} (Primary)"}],
        "credit_balance": {**credit(held.balance), "comments": None},
        "auto_renewal": {"selected_option": renewal},
    }


def _plan(world: World, held: Membership) -> dict[str, Any]:
    plan = world.catalog.memberships[held.plan]
    return {
        "code": plan.code,
        "OTP_required": False,
        "T&C": None,
        "add_on_members_count": 0,
        "redemption_post_expiry_settings": {
            "can_select_specific_post_expiry_setting": False,
            "redeem_post_expiry": True,
            "grace_period_days": None,
        },
        "guestpass_total": 4,
        "guestpass_balance": 4,
        "lock_cycles": 0,
        "restrict_cross_center_redemption": False,
        "type": plan.kind,
        "freeze_fee_reason_enabled": False,
        "freeze_fee": None,
        "is_dicount_only_membership": None,
        "id": plan.id,
        "name": plan.name,
    }


def created(world: World, held: Membership) -> dict[str, Any]:
    """Tell a new membership, the only time that its guest is named."""
    center = world.centers[held.center]
    nowhere = dict.fromkeys(("address_1", "address_2", "city", "state", "country"))
    zone = dict.fromkeys(("name", "standard_name", "identifier_name", "abbreviation"))
    return {
        **_whole(world, held),
        "guest_id": world.guests.rows[held.guest].id,
        "sold_by": {"id": None, "name": None},
        "payment_history": [],
        "membership": _plan(world, held),
        "recurring_details": {"collections_left": 11} if held.next_collection else None,
        "tc_acceptedon": None,
        "center": {
            "id": center.id,
            "name": center.name,
            "location": nowhere,
            "time_zone": {"id": 0, **zone},
        },
        "service_balance": [service_balance(world, held)],
    }


def reinstated(world: World, held: Membership) -> dict[str, Any]:
    """Tell that a cancelled membership goes on."""
    plan = world.catalog.memberships[held.plan]
    balance = service_balance(world, held)
    del balance["redeemable_balance"], balance["accrued_on"], balance["service"]["item_type"]
    discounts = ("peak", "offpeak", "post_credit_peak", "post_credit_offpeak")
    return {
        **_whole(world, held),
        "membership": {
            "code": plan.code,
            "OTP_required": False,
            "T&C": "",
            "redemption_post_expiry_settings": {
                "can_select_specific_post_expiry_setting": False,
                "redeem_post_expiry": False,
            },
            "type": plan.kind,
            "id": plan.id,
            "name": plan.name,
        },
        "service_balance": [
            {
                **balance,
                "discount_details": {
                    "discount_type": 0,
                    **{f"{name}_discount": 0 for name in discounts},
                },
                "price": None,
            }
        ],
    }


def guestpass(world: World, held: Membership, at: int) -> dict[str, Any]:
    """Tell that a member brought somebody along."""
    plan = world.catalog.memberships[held.plan]
    return {
        "id": cousin(held.id, "a").upper(),
        "date": utc(at),
        "guestpass_id": cousin(held.id, "b"),
        "guest_id": world.guests.rows[held.guest].id,
        "session_id": 81_285,
        "invoice_id": world.invoices.rows[held.invoice].id,
        "user_membership_id": held.id,
        "membership": {"id": plan.id, "name": plan.name},
        "is_category": True,
        "total": 4,
        "balance": 3,
        "used": 1,
        "transferred": 0,
        "expired": 0,
        "frequency": "Any",
    }
