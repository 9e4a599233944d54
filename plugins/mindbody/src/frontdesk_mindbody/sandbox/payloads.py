"""The data of events about clients and what they buy. Times are still times, and dates dates: how they are written comes later."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from frontdesk_mindbody.sandbox.client_calls import number_of_visits
from frontdesk_mindbody.sandbox.faces import number
from frontdesk_mindbody.sandbox.names import CANARY
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.past import CARD
from frontdesk_mindbody.sandbox.rows import (
    Client,
    Contract,
    Item,
    Membership,
    Sale,
)
from frontdesk_mindbody.sandbox.studios import Studio


def who(row: Client, *, unique: bool = True, named: bool = True) -> dict[str, Any]:
    """Tell who somebody is, in the part most events have."""
    shown: dict[str, Any] = {"clientId": row.number}
    if unique:
        shown["clientUniqueId"] = row.id
    if named:
        shown |= {"clientFirstName": row.first_name, "clientLastName": row.last_name}
    return {**shown, "clientEmail": row.email}


def phone(row: Client) -> str | None:
    """Give the first telephone number there is."""
    return row.mobile_phone or row.home_phone or row.work_phone


def person(studio: Studio, identity: int) -> Client:
    """Give a client by the unique id."""
    return studio.clients.rows[studio.clients.numbers[identity]]


def client(studio: Studio, row: Client, now: datetime) -> dict[str, Any]:
    """Tell all of a client."""
    return {
        "siteId": studio.id,
        "clientId": row.number,
        "clientUniqueId": row.id,
        "creationDateTime": row.created,
        "status": row.status,
        **_reached(row),
        **_standing(row),
        "clientNumberOfVisitsAtSite": number_of_visits(studio, row, now),
        **_wishes(row),
        **_kept(row),
        "previousEmail": row.previous_email,
    }


def _reached(row: Client) -> dict[str, Any]:
    return {
        "firstName": row.first_name,
        "lastName": row.last_name,
        "email": row.email,
        "mobilePhone": row.mobile_phone,
        "homePhone": row.home_phone,
        "workPhone": row.work_phone,
        "addressLine1": row.address,
        "addressLine2": None,
        "city": row.city,
        "state": row.state,
        "postalCode": row.postal_code,
        "country": row.country,
    }


def _standing(row: Client) -> dict[str, Any]:
    return {
        "birthDateTime": row.born,
        "gender": row.gender,
        "appointmentGenderPreference": None,
        "firstAppointmentDateTime": row.first_appointment,
        "referredBy": row.referred_by,
        "isProspect": row.prospect,
        "isCompany": row.company,
        "isLiabilityReleased": row.released is not None,
        "liabilityAgreementDateTime": row.released,
        "homeLocation": row.home.id if row.home else None,
    }


def _wishes(row: Client) -> dict[str, Any]:
    indexed = row.id % 4 == 0
    return {
        "indexes": [{"indexName": "Goal", "indexValue": "Flexibility"}] if indexed else [],
        "sendPromotionalEmails": row.promotional_emails,
        "sendScheduleEmails": True,
        "sendAccountEmails": True,
        "sendPromotionalTexts": row.promotional_texts,
        "sendScheduleTexts": False,
        "sendAccountTexts": False,
    }


def _kept(row: Client) -> dict[str, Any]:
    card = row.on_file
    return {
        "creditCardLastFour": f"{CANARY}1445" if card else None,
        "creditCardExpDate": date(2029, 6, 1) if card else None,
        "directDebitLastFour": f"{CANARY}7754" if card else None,
        "notes": row.notes,
        "photoUrl": f"https://example.com/{CANARY}/{row.id}.jpg" if row.id % 3 == 0 else None,
    }


def merger(studio: Studio, kept: Client, removed: int, now: datetime, by: int) -> dict[str, Any]:
    """Tell that two clients are one."""
    return {
        "siteId": studio.id,
        "mergeDateTime": now,
        "mergedByStaffId": by,
        "keptClientId": kept.number,
        "keptClientUniqueId": kept.id,
        "removedClientUniqueId": removed,
    }


def membership(studio: Studio, row: Membership) -> dict[str, Any]:
    """Tell that a client has a membership."""
    return {
        "siteId": studio.id,
        **who(person(studio, row.client)),
        "membershipId": row.plan.id,
        "membershipName": row.plan.name,
    }


def membership_gone(studio: Studio, row: Membership) -> dict[str, Any]:
    """Tell that a client has a membership no more."""
    return {
        "siteId": studio.id,
        "clientId": number(studio, row.client),
        "membershipId": row.plan.id,
    }


def _term(row: Contract) -> dict[str, Any]:
    return {
        "contractStartDateTime": row.starts,
        "contractEndDateTime": row.ends,
        "isAutoRenewing": row.renewing,
    }


def contract(studio: Studio, row: Contract) -> dict[str, Any]:
    """Tell all of a contract."""
    return {
        "siteId": studio.id,
        **who(person(studio, row.client)),
        "agreementDateTime": row.agreed,
        "contractSoldByStaffId": row.staff.id if row.staff else None,
        "contractSoldByStaffFirstName": row.staff.first_name if row.staff else None,
        "contractSoldByStaffLastName": row.staff.last_name if row.staff else None,
        "contractOriginationLocation": row.location.id,
        "contractId": row.template.id,
        "contractName": row.template.name,
        "clientContractId": row.id,
        **_term(row),
    }


def contract_changed(studio: Studio, row: Contract) -> dict[str, Any]:
    """Tell what a contract's terms are now."""
    return {
        "siteId": studio.id,
        "agreementDateTime": row.agreed,
        "clientId": number(studio, row.client),
        "clientUniqueId": row.client,
        "clientContractId": row.id,
        **_term(row),
    }


def contract_gone(studio: Studio, row: Contract) -> dict[str, Any]:
    """Tell that a contract was ended."""
    return {
        "siteId": studio.id,
        "clientId": number(studio, row.client),
        "clientUniqueId": row.client,
        "clientContractId": row.id,
    }


def sale(studio: Studio, row: Sale, options: Options) -> dict[str, Any]:
    """Tell all of a sale, but who bought: of them only the id."""
    lines = [_line(studio, item, options) for item in row.items]
    total = row.total if options.webhook_tax else sum(item.net for item in row.items)
    return {
        "siteId": studio.id,
        "saleId": row.id,
        "purchasingClientId": number(studio, row.client),
        "payments": [
            {
                "paymentId": row.payment,
                "paymentMethodId": row.method[0],
                "paymentMethodName": row.method[1],
                "paymentAmountPaid": row.total / 100,
                "paymentLastFour": f"{CANARY}4242" if row.method[0] == CARD else None,
                "paymentNotes": f"{CANARY} notes of a payment" if row.id % 7 == 0 else None,
            }
        ],
        "saleDateTime": row.at,
        "soldById": row.staff.id if row.staff else None,
        "soldByName": row.staff.name if row.staff else None,
        "locationId": row.location.id,
        "totalAmountPaid": total / 100,
        "items": lines,
    }


def _line(studio: Studio, item: Item, options: Options) -> dict[str, Any]:
    cents = item.net + (item.tax if options.webhook_tax else 0)
    if options.webhook_unit_amounts:
        cents = round(cents / abs(item.quantity))
    recipient = studio.clients.find(studio.merged.get(item.recipient, item.recipient))
    shown = {
        "itemId": item.offer.id,
        "type": _type(item, options),
        "name": item.offer.name,
        "amountPaid": cents / 100,
        "amountDiscounted": item.discount / 100,
        "quantity": item.quantity,
        "recipientClientId": recipient.number if recipient else None,
        "paymentReferenceId": item.reference,
    }
    if options.webhook_gift_barcodes:
        shown["giftCardBarcodeId"] = item.gift_barcode
    return shown


def _type(item: Item, options: Options) -> str:
    if item.offer.gift:
        return options.webhook_gift_type
    return "Service" if item.offer.service else "Product"
