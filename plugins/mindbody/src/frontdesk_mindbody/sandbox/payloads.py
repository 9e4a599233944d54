"""The data of events. Times are still times, and dates dates: how they are written comes later."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from frontdesk_mindbody.sandbox.client_calls import number_of_visits
from frontdesk_mindbody.sandbox.faces import number
from frontdesk_mindbody.sandbox.names import CANARY
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.past import CARD
from frontdesk_mindbody.sandbox.rows import (
    Appointment,
    Client,
    Contract,
    Course,
    Item,
    Membership,
    Sale,
    Visit,
    Waiting,
)
from frontdesk_mindbody.sandbox.studios import Studio

#: Every event there is; the others of the platform's are of no use here.
EVENTS: Final = frozenset(
    f"{thing}.{what}"
    for thing, whats in {
        "site": "created updated deactivated",
        "siteBusinessDayClosure": "created cancelled",
        "location": "created updated deactivated",
        "appointmentBooking": "created updated cancelled",
        "appointmentAddOn": "created deleted",
        "classSchedule": "created updated cancelled",
        "class": "updated",
        "classRosterBooking": "created cancelled",
        "classRosterBookingStatus": "updated",
        "classWaitlistRequest": "created cancelled",
        "classDescription": "updated",
        "client": "created updated deactivated",
        "clientProfileMerger": "created",
        "clientMembershipAssignment": "created cancelled",
        "clientContract": "created updated cancelled",
        "clientSale": "created",
        "staff": "created updated deactivated",
    }.items()
    for what in whats.split()
)


def client(studio: Studio, row: Client, now: datetime) -> dict[str, Any]:
    """Tell all of a client."""
    card, kept = row.on_file, row.id % 4 == 0
    return {
        "siteId": studio.id,
        "clientId": row.number,
        "clientUniqueId": row.id,
        "creationDateTime": row.created,
        "status": row.status,
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
        "clientNumberOfVisitsAtSite": number_of_visits(studio, row, now),
        "indexes": [{"indexName": "Goal", "indexValue": "Flexibility"}] if kept else [],
        "sendPromotionalEmails": row.promotional_emails,
        "sendScheduleEmails": True,
        "sendAccountEmails": True,
        "sendPromotionalTexts": row.promotional_texts,
        "sendScheduleTexts": False,
        "sendAccountTexts": False,
        "creditCardLastFour": f"{CANARY}1445" if card else None,
        "creditCardExpDate": date(2029, 6, 1) if card else None,
        "directDebitLastFour": f"{CANARY}7754" if card else None,
        "notes": row.notes,
        "photoUrl": f"https://example.com/{CANARY}/{row.id}.jpg" if row.id % 3 == 0 else None,
        "previousEmail": row.previous_email,
    }


def _who(row: Client, *, unique: bool = True, named: bool = True) -> dict[str, Any]:
    shown: dict[str, Any] = {"clientId": row.number}
    if unique:
        shown["clientUniqueId"] = row.id
    if named:
        shown |= {"clientFirstName": row.first_name, "clientLastName": row.last_name}
    return {**shown, "clientEmail": row.email}


def _phone(row: Client) -> str | None:
    return row.mobile_phone or row.home_phone or row.work_phone


def _client(studio: Studio, identity: int) -> Client:
    return studio.clients.rows[studio.clients.numbers[identity]]


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


def appointment(studio: Studio, row: Appointment) -> dict[str, Any]:
    """Tell all of an appointment."""
    noted = row.id % 5 == 0
    client_ = _client(studio, row.client)
    return {
        "siteId": studio.id,
        "appointmentId": row.id,
        "status": "Cancelled" if row.cancelled else "Scheduled",
        "isConfirmed": row.confirmed,
        "hasArrived": row.arrived,
        "locationId": row.location.id,
        **_who(client_, unique=False),
        "clientPhone": _phone(client_),
        "staffId": row.staff.id,
        "staffFirstName": row.staff.first_name,
        "staffLastName": row.staff.last_name,
        "startDateTime": row.starts,
        "endDateTime": row.ends,
        "durationMinutes": row.session.minutes,
        "genderRequested": row.requested_gender,
        "resources": [{"id": one, "name": name} for one, name in row.resources],
        "notes": f"{CANARY} notes of an appointment" if noted else None,
        "formulaNotes": f"{CANARY} formula" if noted else None,
        "icdCodes": [{"code": f"{CANARY}-M54", "description": f"{CANARY} back pain"}]
        if noted
        else [],
        "providerId": row.provider,
        "sessionTypeId": row.session.id,
        "appointmentName": row.session.name,
    }


def appointment_gone(studio: Studio, row: Appointment) -> dict[str, Any]:
    """Tell that an appointment was cancelled, and nothing else."""
    return {"siteId": studio.id, "appointmentId": row.id}


def booking(studio: Studio, row: Visit, options: Options, now: datetime) -> dict[str, Any]:
    """Tell all of a place in a class, but the name of the class."""
    course, client_ = (
        studio.courses.rows[studio.courses.numbers[row.course]],
        _client(studio, row.client),
    )
    held = studio.passes.find(row.paid_by)
    return {
        "siteId": studio.id,
        "locationId": course.location.id,
        "classId": course.id,
        "classRosterBookingId": row.id,
        "classStartDateTime": row.starts,
        "classEndDateTime": course.ends,
        "signedInStatus": "SignedIn" if row.signed_in else options.webhook_absent,
        "staffId": course.staff.id,
        "staffName": course.staff.name,
        **_seats(course),
        **_who(client_),
        "clientPhone": _phone(client_),
        "clientPassId": str(held.id) if held else None,
        "clientPassSessionsTotal": held.count if held else None,
        "clientPassSessionsDeducted": 1 if held else None,
        "clientPassSessionsRemaining": held.remaining if held else None,
        "clientPassActivationDateTime": held.starts if held else None,
        "clientPassExpirationDateTime": held.ends if held else None,
        "bookingOriginatedFromWaitlist": row.from_waitlist,
        "clientsNumberOfVisitsAtSite": number_of_visits(studio, client_, now),
        **_paid_with(studio, row),
    }


def _seats(row: Course) -> dict[str, Any]:
    return {
        "maxCapacity": row.capacity,
        "webCapacity": row.capacity - 5,
        "totalBooked": row.booked,
        "webBooked": row.web_booked,
        "totalWaitlisted": row.waiting,
    }


def _paid_with(studio: Studio, row: Visit) -> dict[str, Any]:
    held = studio.passes.find(row.paid_by)
    return {
        "itemId": held.offer.id if held else None,
        "itemName": held.offer.name if held else None,
        "itemSiteId": studio.id if held else None,
    }


def status(studio: Studio, row: Visit, word: str) -> dict[str, Any]:
    """Tell how a place in a class stands, which names neither the teacher nor the visits."""
    course, client_ = (
        studio.courses.rows[studio.courses.numbers[row.course]],
        _client(studio, row.client),
    )
    return {
        "siteId": studio.id,
        "locationId": course.location.id,
        "classId": course.id,
        "classRosterBookingId": row.id,
        "classDateTime": row.starts,
        "signedInStatus": word,
        "staffId": course.staff.id,
        **_who(client_),
        "clientPhone": _phone(client_),
        **_paid_with(studio, row),
        "clientPassId": str(row.paid_by) if row.paid_by else None,
    }


def booking_gone(studio: Studio, row: Visit) -> dict[str, Any]:
    """Tell that a place in a class is free again, by ids only."""
    course = studio.courses.rows[studio.courses.numbers[row.course]]
    return {
        "siteId": studio.id,
        "locationId": course.location.id,
        "classId": course.id,
        "classRosterBookingId": row.id,
        "clientId": number(studio, row.client),
        "clientUniqueId": row.client,
    }


def class_changed(studio: Studio, row: Course) -> dict[str, Any]:
    """Tell how a class stands."""
    return {
        "siteId": studio.id,
        "locationId": row.location.id,
        "classId": row.id,
        "classScheduleId": row.schedule,
        "isCancelled": row.cancelled,
        "isStaffASubstitute": row.substitute,
        "isWaitlistAvailable": row.waitlist != 0,
        "isIntendedForOnlineViewing": False,
        "staffId": row.staff.id,
        "staffName": row.staff.name,
        "startDateTime": row.starts,
        "endDateTime": row.ends,
        "classDescriptionId": 58 + row.session.id,
        **dict.fromkeys(
            ("assistantOneId", "assistantOneName", "assistantTwoId", "assistantTwoName")
        ),
        "resources": [{"id": row.room[0], "name": row.room[1]}],
    }


def waiting(studio: Studio, row: Waiting, now: datetime) -> dict[str, Any]:
    """Tell of a place in a waiting list, without the client's name."""
    course, client_ = (
        studio.courses.rows[studio.courses.numbers[row.course]],
        _client(studio, row.client),
    )
    return {
        "siteId": studio.id,
        "locationId": course.location.id,
        "classId": course.id,
        "classScheduleId": row.schedule,
        "waitlistEntryId": row.id,
        "waitlistMaxSize": course.waitlist,
        **_who(client_, named=False),
        "clientPhone": _phone(client_),
        "classStartDateTime": course.starts,
        "classEndDateTime": course.ends,
        "clientsNumberOfVisitsAtSite": number_of_visits(studio, client_, now),
    }


def waiting_gone(studio: Studio, row: Waiting) -> dict[str, Any]:
    """Tell that nobody waits there any more."""
    return {"siteId": studio.id, "waitlistEntryId": row.id}


def membership(studio: Studio, row: Membership) -> dict[str, Any]:
    """Tell that a client has a membership."""
    return {
        "siteId": studio.id,
        **_who(_client(studio, row.client)),
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
        **_who(_client(studio, row.client)),
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
        "type": "Service" if item.offer.service else "Product",
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
