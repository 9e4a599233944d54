"""Guests, as REST and webhooks show them."""

from __future__ import annotations

from typing import Any

from frontdesk.sandbox.chance import noise
from frontdesk_zenoti.sandbox import names
from frontdesk_zenoti.sandbox.options import Options
from frontdesk_zenoti.sandbox.rows import Guest, Merge
from frontdesk_zenoti.sandbox.times import utc
from frontdesk_zenoti.sandbox.world import World


def guest_row(world: World, guest: Guest) -> dict[str, Any]:
    """Write a guest as REST shows one."""
    chance = noise(guest.id)
    row = _common(world, guest)
    row["personal_info"] |= {"language_id": -1}
    return {
        **row,
        "is_virtual_guest": guest.virtual,
        "is_online_booking_blocked": chance % 50 == 0,
        "address_info": _address(guest),
        "preferences": _preferences(guest),
        "tags": list(guest.tags),
        "referral": {"id": names.NOBODY, "name": names.CANARY} if chance % 7 == 0 else None,
        "primary_employee": None,
        "last_updated_from": chance % 5 or None,
    }


def told_guest(world: World, guest: Guest) -> dict[str, Any]:
    """Write a guest as a webhook does: without tags, with more numbers of unknown meaning."""
    row = _common(world, guest)
    row["personal_info"] |= {"lock_guest_custom_data": False, "pan": f"{names.CANARY}-PAN"}
    wishes = guest.preferences
    optins = ("transactional_sms", "transactional_email", "marketing_sms", "marketing_email")
    return {
        **row,
        "_id": guest.number,
        "address_info": _address(guest),
        "preferences": {
            **_preferences(guest),
            **{f"{name}_optin": wishes.optin for name in optins},
            "transactional_whatsapp_optin": wishes.whatsapp_optin,
            "receive_transactional_whatsapp": not wishes.whatsapp_optin,
        },
    }


def _common(world: World, guest: Guest) -> dict[str, Any]:
    return {
        "id": guest.id,
        "code": guest.code,
        "center_id": world.centers[guest.center].id,
        "center_name": world.centers[guest.center].name,
        "created_date": utc(guest.created),
        "personal_info": {
            "user_name": f"{names.CANARY}-USER" if guest.number % 5 == 0 else "",
            "first_name": guest.first,
            "last_name": guest.last,
            "middle_name": "",
            "email": guest.email,
            "mobile_phone": mobile(guest, world.options),
            "work_phone": None,
            "home_phone": None,
            "gender": guest.gender,
            "date_of_birth": _birth(guest),
            "dob_incomplete_year": guest.partial_birth,
            "is_minor": False,
            "anniversary_date": names.NEVER if guest.number % 4 == 0 else None,
            "nationality_id": 95,
        },
    }


def _birth(guest: Guest) -> str | None:
    if guest.birth is None:
        return names.NEVER if guest.number % 6 == 0 else None
    return f"{guest.birth}T00:00:00"


def mobile(guest: Guest, options: Options) -> dict[str, Any] | None:
    """Write a phone: the country is Zenoti's own number, which is no dialling code."""
    if not guest.phone:
        return None
    country = names.COUNTRIES[guest.country]
    told = guest.dialled if options.phone_code == "mixed" else options.phone_code == "always"
    code = {"phone_code": country[3]} if told else {}
    return {"country_code": country[0], **code, "number": guest.phone}


def shown_phone(guest: Guest) -> str:
    """Write a phone in one text, as invoices and appointments do."""
    return f"+{names.COUNTRIES[guest.country][3]} {guest.phone}" if guest.phone else ""


def _address(guest: Guest) -> dict[str, Any]:
    return {
        "address_1": f"{names.CANARY} Street {guest.number}" if guest.number % 3 else "",
        "address_2": "",
        "city": "",
        "country_id": names.COUNTRIES[guest.country][0],
        "state_id": -1,
        "state_other": "",
        "zip_code": f"{guest.number % 100_000:05d}",
    }


def _preferences(guest: Guest) -> dict[str, Any]:
    wishes = guest.preferences
    return {
        "receive_transactional_email": wishes.transactional_email,
        "receive_transactional_sms": wishes.transactional_sms,
        "receive_marketing_email": wishes.marketing_email,
        "receive_marketing_sms": wishes.marketing_sms,
        "recieve_lp_stmt": True,
        "opt_in_for_loyalty_program": True,
    }


def merge_row(world: World, merge: Merge) -> dict[str, Any]:
    """Write a merge; its fields are guessed, and another guess is an option."""
    if world.options.merge_fields == "flat":
        both: dict[str, Any] = {"source_guest_id": merge.old, "target_guest_id": merge.into}
    else:
        both = {"merged_guest_id": merge.old, "guest": {"id": merge.into}}
    return {**both, "center_id": world.centers[merge.center].id, "merged_date": utc(merge.at)}
