"""How the Public API shows clients, and what is theirs: visits, passes, contracts, memberships."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from frontdesk_mindbody.sandbox.names import CANARY
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.rows import (
    UNLIMITED,
    Appointment,
    Client,
    Contract,
    Membership,
    Pass,
    Visit,
    Waiting,
)
from frontdesk_mindbody.sandbox.shapes import UNSET, course, location, midnight, modified, program
from frontdesk_mindbody.sandbox.studios import Studio

#: An appointment is a visit as well; its id must not be one of a class's.
APPOINTMENT_VISITS: Final = 50_000_000
_CARD: Final = {
    "Address": f"{CANARY} Street 1",
    "CardHolder": f"{CANARY} Holder",
    "CardNumber": None,
    "CardType": "Visa",
    "City": CANARY,
    "ExpMonth": "06",
    "ExpYear": "2029",
    "LastFour": f"{CANARY}-1445",
    "PostalCode": CANARY,
    "State": CANARY,
}


def client(studio: Studio, row: Client, options: Options) -> dict[str, Any]:
    """Show a client."""
    return {
        "SuspensionInfo": {
            "BookingSuspended": row.status == "Suspended",
            "SuspensionStartDate": None,
            "SuspensionEndDate": None,
        },
        **_person(studio, row),
        **_reached(row),
        **_alerts(row),
        **_standing(studio, row, options),
    }


def plain(studio: Studio, row: Client, options: Options) -> dict[str, Any]:
    """Show a client where nothing is said of being suspended."""
    shown = client(studio, row, options)
    del shown["SuspensionInfo"]
    return shown


def _local(studio: Studio, at: datetime | None) -> datetime | None:
    return None if at is None else studio.local(at)


def _person(studio: Studio, row: Client) -> dict[str, Any]:
    released = _local(studio, row.released)
    return {
        "AppointmentGenderPreference": "None",
        "BirthDate": midnight(row.born) if row.born else (None if row.id % 2 else UNSET),
        "CreationDate": studio.local(row.created),
        "CustomClientFields": [
            {"Value": f"{CANARY} value", "Id": 1, "DataType": "Text", "Name": "Shoe size"}
        ]
        if row.id % 9 == 0
        else [],
        "ClientCreditCard": _CARD if row.on_file else None,
        "ClientIndexes": [{"Id": 4, "ValueId": 31}] if row.id % 4 == 0 else [],
        "ClientRelationships": [],
        "FirstAppointmentDate": _local(studio, row.first_appointment),
        "FirstClassDate": _local(studio, row.first_class),
        "FirstName": row.first_name,
        "Id": row.number,
        "IsCompany": row.company,
        "IsProspect": row.prospect,
        "LastName": row.last_name,
        "Liability": {
            "AgreementDate": released,
            "IsReleased": released is not None,
            "ReleasedBy": None,
        },
        "LiabilityRelease": released is not None,
        "MembershipIcon": 0,
        "MobileProvider": None,
        "MiddleName": None,
        "ProspectStage": {"Active": True, "Description": "New lead", "Id": 1}
        if row.prospect
        else None,
        "Gender": row.gender,
        "UniqueId": row.id,
    }


def _reached(row: Client) -> dict[str, Any]:
    return {
        "Email": row.email,
        "MobilePhone": row.mobile_phone,
        "HomePhone": row.home_phone,
        "WorkPhone": row.work_phone,
        "WorkExtension": None,
        "AddressLine1": row.address,
        "AddressLine2": None,
        "City": row.city,
        "State": row.state,
        "PostalCode": row.postal_code,
        "Country": row.country,
    }


def _alerts(row: Client) -> dict[str, Any]:
    alert = row.id % 6 == 0
    return {
        "Notes": row.notes,
        "RedAlert": f"{CANARY} red alert" if alert else None,
        "YellowAlert": f"{CANARY} yellow alert" if alert else None,
        "LastFormulaNotes": f"{CANARY} formula" if alert else None,
        "LockerNumber": f"{CANARY}-7" if alert else None,
        "PhotoUrl": f"https://example.com/{CANARY}/{row.id}.jpg" if row.id % 3 == 0 else None,
        "EmergencyContactInfoName": f"{CANARY} Mother" if alert else None,
        "EmergencyContactInfoEmail": f"{CANARY}@example.net" if alert else None,
        "EmergencyContactInfoPhone": f"{CANARY} 555" if alert else None,
        "EmergencyContactInfoRelationship": CANARY if alert else None,
    }


def _standing(studio: Studio, row: Client, options: Options) -> dict[str, Any]:
    return {
        "LastModifiedDateTime": modified(row.modified, options),
        "AccountBalance": row.balance / 100,
        "ReferredBy": row.referred_by,
        "Active": row.active,
        "SalesReps": None,
        "Status": row.status,
        "Action": "None",
        "SendAccountEmails": True,
        "SendAccountTexts": False,
        "SendPromotionalEmails": row.promotional_emails,
        "SendPromotionalTexts": row.promotional_texts,
        "SendScheduleEmails": True,
        "SendScheduleTexts": False,
        "HomeLocation": location(studio, row.home) if row.home else None,
    }


def number(studio: Studio, identity: int) -> str:
    """Give what the site calls a client now."""
    return studio.clients.rows[studio.clients.numbers[identity]].number


def paid(studio: Studio, row: Pass) -> dict[str, Any]:
    """Show a pass."""
    return {
        "ActiveDate": midnight(row.starts),
        "Count": row.count,
        "Current": row.remaining > 0,
        "ExpirationDate": midnight(row.ends),
        "Id": row.id,
        "ProductId": row.offer.id,
        "Name": row.offer.name,
        "PaymentDate": midnight(studio.today(row.bought)),
        "Program": program(3),
        "Remaining": row.remaining,
        "SiteId": studio.id,
        "Action": "None",
        "ClientID": number(studio, row.client),
        "Returned": False,
    }


def visit(studio: Studio, row: Visit, options: Options) -> dict[str, Any]:
    """Show a place in a class."""
    attended = studio.courses.rows[studio.courses.numbers[row.course]]
    held = studio.passes.find(row.paid_by)
    return {
        "AppointmentId": 0,
        "AppointmentGenderPreference": "None",
        "AppointmentStatus": "None",
        "ClassId": row.course,
        "StartDateTime": studio.local(row.starts),
        "EndDateTime": studio.local(attended.ends),
        "Id": row.id,
        "LateCancelled": row.late_cancelled,
        "LocationId": attended.location.id,
        "Name": attended.session.name,
        "ServiceId": held.id if held else None,
        "ServiceName": held.offer.name if held else None,
        "Service": paid(studio, held) if held else None,
        "ProductId": held.offer.id if held else None,
        "SignedIn": row.signed_in,
        "StaffId": attended.staff.id,
        "WebSignup": row.web,
        "Missed": row.missed,
        "VisitType": 1,
        "TypeGroup": 1,
        "TypeTaken": attended.session.name,
        **_visiting(studio, row, options),
    }


def appointment_visit(studio: Studio, row: Appointment, options: Options) -> dict[str, Any]:
    """Show an appointment as a visit."""
    return {
        "AppointmentId": row.id,
        "AppointmentGenderPreference": row.requested_gender or "None",
        "AppointmentStatus": row.status,
        "ClassId": 0,
        "StartDateTime": studio.local(row.starts),
        "EndDateTime": studio.local(row.ends),
        "Id": APPOINTMENT_VISITS + row.id,
        "LateCancelled": row.status == "LateCancelled",
        "LocationId": row.location.id,
        "Name": row.session.name,
        **dict.fromkeys(("ServiceId", "ServiceName", "Service", "ProductId")),
        "SignedIn": row.arrived,
        "StaffId": row.staff.id,
        "WebSignup": False,
        "Missed": row.status == "NoShow",
        "VisitType": 2,
        "TypeGroup": 2,
        "TypeTaken": row.session.name,
        **_visiting(studio, row, options),
    }


def _visiting(studio: Studio, row: Visit | Appointment, options: Options) -> dict[str, Any]:
    return {
        "ClientId": number(studio, row.client),
        "ClientPhotoUrl": None,
        "ClientUniqueId": row.client,
        "LastModifiedDateTime": modified(row.modified, options),
        "SiteId": studio.id,
        "MakeUp": False,
        "Action": "None",
    }


def waiting(studio: Studio, row: Waiting, options: Options) -> dict[str, Any]:
    """Show a place in a waiting list."""
    awaited = studio.courses.rows[studio.courses.numbers[row.course]]
    who = studio.clients.rows[studio.clients.numbers[row.client]]
    shown = course(studio, awaited, options)
    return {
        "ClassDate": studio.local(awaited.starts),
        "ClassId": row.course,
        "ClassSchedule": {
            "Id": row.schedule,
            "ClassDescription": shown["ClassDescription"],
            "Location": shown["Location"],
        },
        "Client": plain(studio, who, options),
        "EnrollmentDateForward": None,
        "Id": row.id,
        "RequestDateTime": studio.local(row.requested),
        "VisitRefNo": None,
        "Web": row.web,
    }


def membership(studio: Studio, row: Membership) -> dict[str, Any]:
    """Show a membership that a client has."""
    return {
        "RestrictedLocations": [],
        "IconCode": "gold",
        "MembershipId": row.plan.id,
        "ActiveDate": midnight(row.starts),
        "Count": UNLIMITED,
        "Current": True,
        "ExpirationDate": midnight(row.ends),
        "Id": row.id,
        "ProductId": 13_000 + row.plan.id,
        "Name": row.plan.name,
        "PaymentDate": midnight(studio.today(row.bought)),
        "Program": program(3),
        "Remaining": UNLIMITED,
        "SiteId": studio.id,
        "Action": "None",
        "ClientID": number(studio, row.client),
        "Returned": False,
    }


def contract(studio: Studio, row: Contract) -> dict[str, Any]:
    """Show a contract that a client agreed to."""
    price = row.template.cents / 100
    ended = row.terminated
    return {
        "PayerClientId": row.client,
        "AgreementDate": midnight(studio.today(row.agreed)),
        "AutopayStatus": "Inactive" if ended else "Active",
        "AutoRenewing": row.renewing,
        **dict.fromkeys(("FirstAutoPay", "LastAutoPay", "NormalAutoPay"), price),
        "IsMonthToMonth": False,
        "AutoRenewClientContractID": None,
        "ContractText": "...",
        "ContractAutoRenewed": False,
        "ContractName": row.template.name,
        "EndDate": midnight(row.ends),
        "Id": row.id,
        "OriginationLocationId": row.location.id,
        "StartDate": midnight(row.starts),
        "SiteId": studio.id,
        "UpcomingAutopayEvents": []
        if ended
        else [
            {
                "ClientContractId": row.id,
                "ChargeAmount": price,
                "Subtotal": price,
                "Tax": 0.0,
                "PaymentMethod": "CreditCard",
                "ScheduleDate": midnight(row.ends),
                "ProductId": 13_245,
            }
        ],
        "ContractID": row.template.id,
        "TerminationDate": midnight(ended) if ended else None,
        **dict.fromkeys(
            ("MinimumCommitmentValue", "MinimumCommitmentUnit", "MinimumCommitmentEndDate")
        ),
    }
