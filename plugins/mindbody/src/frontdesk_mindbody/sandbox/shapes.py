"""How the Public API shows what does not belong to a client: sites, staff, classes, sales."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from frontdesk_mindbody.sandbox.names import CANARY
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.rows import (
    Appointment,
    Course,
    Employee,
    Item,
    Location,
    Plan,
    Sale,
    Session,
)
from frontdesk_mindbody.sandbox.studios import Studio

#: How the platform writes a time that is not set, in places.
UNSET: Final = datetime(1, 1, 1)  # noqa: DTZ001  # the platform's has no zone either
#: The program of appointments.
TREATMENTS: Final = 16
#: What a token without rights is shown of staff.
_FEW: Final = ("FirstName", "LastName", "Id", "Bio", "DisplayName", "ImageUrl", "EmpID")
#: What is told of sites unless exactly one is asked for.
_REDUCED: Final = ("TimeZone", "CurrencyIsoCode", "CountryCode", "PricingLevel")


def midnight(day: date) -> datetime:
    """Write a date as the API does."""
    return datetime.combine(day, time())


def site(studio: Studio, options: Options, *, alone: bool) -> dict[str, Any]:
    """Show a site, whole only if it is asked for alone."""
    place = studio.place
    shown = {
        "AcceptsAmericanExpress": True,
        "AcceptsDiscover": place.country == "US",
        "AcceptsMasterCard": True,
        "AcceptsVisa": True,
        "AllowsDashboardAccess": False,
        "ContactEmail": "studio@example.com",
        "Description": place.name,
        "Id": place.id,
        "LogoUrl": "https://example.com/logo.png",
        "Name": place.name,
        **{f"PageColor{number}": f"#{number * 111111:06d}" for number in (1, 2, 3, 4)},
        "PricingLevel": "Accelerate",
        "SmsPackageEnabled": True,
        "TaxInclusivePrices": False,
        "CurrencyIsoCode": place.currency,
        "CountryCode": place.country,
        "TimeZone": place.windows_zone if options.windows_zones else place.zone,
        "AcceptsDirectDebit": False,
        "LeadChannels": [],
        "PerStaffPricing": False,
    }
    return shown if alone else {k: v for k, v in shown.items() if k not in _REDUCED}


def location(studio: Studio, row: Location) -> dict[str, Any]:
    """Show a location, which has no time zone of its own."""
    return {
        "AdditionalImageURLs": [],
        "Address": row.address,
        "Address2": None,
        "Amenities": [],
        "BusinessDescription": None,
        "City": row.city,
        "Description": row.name,
        "HasClasses": True,
        "Id": row.id,
        "Latitude": row.latitude,
        "Longitude": row.longitude,
        "Name": row.name,
        "Phone": row.phone,
        "PhoneExtension": None,
        "PostalCode": row.postal_code,
        "SiteID": studio.id,
        "StateProvCode": row.state,
        "Tax1": studio.place.tax,
        **dict.fromkeys(("Tax2", "Tax3", "Tax4", "Tax5"), 0.0),
        "TotalNumberOfRatings": 0,
        "AverageRating": 0.0,
        "TotalNumberOfDeals": 0,
    }


def employee(studio: Studio, row: Employee, *, full: bool) -> dict[str, Any]:
    """Show a member of staff; without rights, a part, and nothing that says so."""
    shown: dict[str, Any] = {
        "Address": None,
        "AppointmentInstructor": row.treats,
        "AlwaysAllowDoubleBooking": False,
        "Bio": None,
        "City": studio.place.city,
        "Country": studio.place.country,
        "Email": None,
        "FirstName": row.first_name,
        "DisplayName": row.first_name,
        "HomePhone": None,
        "Id": row.id,
        "IndependentContractor": False,
        "IsMale": False,
        "LastName": row.last_name,
        "MobilePhone": None,
        "Name": row.name,
        "PostalCode": None,
        "ClassTeacher": row.teaches,
        "SortOrder": 0,
        "State": studio.place.state,
        "WorkPhone": None,
        "ImageUrl": None,
        "ClassAssistant": False,
        "ClassAssistant2": False,
        "EmploymentStart": None,
        "EmploymentEnd": None,
        "ProviderIDs": list(row.providers),
        "Rep": not row.teaches,
        **dict.fromkeys(("Rep2", "Rep3", "Rep4", "Rep5", "Rep6"), False),
        "StaffSettings": None,
        "Appointments": None,
        "Unavailabilities": None,
        "Availabilities": None,
        "EmpID": None,
    }
    return shown if full else {name: shown[name] for name in _FEW}


def membership(row: Plan) -> dict[str, Any]:
    """Show a membership that can be had."""
    return {
        "MembershipId": row.id,
        "MembershipName": row.name,
        "Priority": row.id - 11,
        "MemberRetailDiscount": 0.1,
        "MemberServiceDiscount": 0.0,
        "AllowClientsToScheduleUnpaid": False,
        "OnlineBookingRestrictedToMembersOnly": [],
        "DayOfMonthSchedulingOpensForNextMonth": None,
        "RestrictSelfSignInToMembersOnly": False,
        "AllowMembersToBookAppointmentsWithoutPaying": False,
        "AllowMembersToPurchaseNonMembersServices": False,
        "AllowMembersToPurchaseNonMembersProducts": False,
        "IsActive": True,
    }


def program(identity: int) -> dict[str, Any]:
    """Show what a session or a pass belongs to."""
    treatment = identity == TREATMENTS
    return {
        "Id": identity,
        "Name": "Massage" if treatment else "Yoga",
        "ScheduleType": "Appointment" if treatment else "Class",
        "CancelOffset": 0,
        "ContentFormats": ["InPerson"],
        "PricingRelationships": None,
    }


def _number(studio: Studio, client: int) -> str:
    return studio.clients.rows[studio.clients.numbers[client]].number


def appointment(studio: Studio, row: Appointment) -> dict[str, Any]:
    """Show an appointment in the site's time."""
    return {
        "Id": row.id,
        "ClientId": _number(studio, row.client),
        "StaffId": row.staff.id,
        "Staff": {
            "Id": row.staff.id,
            "FirstName": row.staff.first_name,
            "LastName": row.staff.last_name,
            "DisplayName": row.staff.first_name,
        },
        "LocationId": row.location.id,
        "SessionTypeId": row.session.id,
        "StartDateTime": studio.local(row.starts),
        "EndDateTime": studio.local(row.ends),
        "Duration": row.session.minutes,
        "Status": row.status,
        "ClientServiceId": row.paid_by,
        "Notes": f"{CANARY} notes of an appointment" if row.id % 5 == 0 else "",
        "PartnerExternalId": None,
        "ProgramId": row.session.program,
        "FirstAppointment": row.first,
        "StaffRequested": row.requested_gender is not None,
        "IsWaitlist": False,
        "WaitlistEntryId": None,
        "GenderPreference": row.requested_gender or "None",
        "AddOns": None,
        "Resources": [{"Id": number, "Name": name} for number, name in row.resources],
        "OnlineDescription": None,
        "ProviderId": row.provider,
    }


def course(studio: Studio, row: Course, options: Options) -> dict[str, Any]:
    """Show a class in the site's time."""
    starts = studio.local(row.starts)
    return {
        "ClassScheduleId": row.schedule,
        "Visits": None,
        "Clients": [],
        "Location": location(studio, row.location),
        "Resource": {"Id": row.room[0], "Name": row.room[1]},
        "MaxCapacity": row.capacity,
        "WebCapacity": row.capacity - 5,
        "TotalBooked": row.booked,
        "TotalSignedIn": row.signed_in,
        "TotalBookedWaitlist": row.waiting,
        "WebBooked": row.web_booked,
        "SemesterId": None,
        "IsCanceled": row.cancelled,
        "Substitute": row.substitute,
        "Active": True,
        "IsWaitlistAvailable": row.waitlist != 0,
        "IsEnrolled": None,
        "HideCancel": False,
        "Id": row.id,
        "IsAvailable": row.booked < row.capacity,
        "StartDateTime": starts,
        "EndDateTime": studio.local(row.ends),
        "LastModifiedDateTime": modified(row.modified, options),
        "ClassDescription": _description(row.session),
        "Staff": employee(studio, row.staff, full=True),
        "BookingWindow": {
            "StartDateTime": midnight(starts.date() - timedelta(days=30)),
            "EndDateTime": starts,
            "DailyStartTime": None,
            "DailyEndTime": None,
        },
        "BookingStatus": "BookAndPayLater",
        "VirtualStreamLink": None,
        "WaitListSize": row.waitlist,
        "ClassNotes": None,
    }


def _description(row: Session) -> dict[str, Any]:
    return {
        "Active": True,
        "Description": f"<p>{row.name}</p>",
        "Id": 58 + row.id,
        "ImageURL": None,
        "LastUpdated": datetime(2025, 1, 5, 10),  # noqa: DTZ001  # the site's, without a zone
        "Level": None,
        "Name": row.name,
        "Notes": None,
        "Prereq": None,
        "Program": program(row.program),
        "SessionType": {
            "Type": "Class",
            "DefaultTimeLength": row.minutes,
            "StaffTimeLength": row.minutes,
            "Id": row.id,
            "Name": f"{row.name} class",
            "OnlineDescription": None,
            "NumDeducted": 1,
            "ProgramId": row.program,
            **dict.fromkeys(("Category", "CategoryId", "Subcategory", "SubcategoryId")),
            "AvailableForAddOn": False,
        },
        **dict.fromkeys(("Category", "CategoryId", "Subcategory", "SubcategoryId")),
    }


def sale(studio: Studio, row: Sale, options: Options) -> dict[str, Any]:
    """Show a sale."""
    wall = studio.local(row.at)
    return {
        "Id": row.id,
        "SaleDate": _sold(studio, studio.instant(midnight(wall.date())), options),
        "SaleTime": wall.strftime("%H:%M:%S"),
        "SaleDateTime": _sold(studio, row.at, options),
        "OriginalSaleDateTime": _sold(studio, row.original, options),
        "SalesRepId": row.staff.id if row.staff else None,
        "ClientId": _number(studio, row.client),
        "RecipientClientId": row.items[0].recipient,
        "PurchasedItems": [_item(studio, item, row) for item in row.items],
        "LocationId": row.location.id,
        "Payments": [
            {
                "Id": row.payment,
                "Amount": row.total / 100,
                "Method": row.method[0],
                "Type": row.method[1],
                "Notes": f"{CANARY} notes of a payment" if row.id % 7 == 0 else "",
                "TransactionId": None,
            }
        ],
    }


def _sold(studio: Studio, at: datetime, options: Options) -> datetime:
    if options.sale_times == "utc":
        return at.astimezone(UTC)
    wall = studio.local(at)
    # The Z looks like UTC, and the clock is the one on the site's wall.
    return wall.replace(tzinfo=UTC) if options.sale_times == "cosmetic" else wall


def _item(studio: Studio, row: Item, sold: Sale) -> dict[str, Any]:
    day = studio.today(sold.at)
    price = row.offer.cents * row.quantity
    service = row.offer.service
    return {
        "SaleDetailId": row.detail,
        "Id": row.offer.id,
        "IsService": service,
        "BarcodeId": str(row.offer.id),
        "Description": row.offer.name,
        "ContractId": row.contract,
        "CategoryId": -5 if service else 12,
        "SubCategoryId": None,
        "UnitPrice": row.offer.cents / 100,
        "Quantity": row.quantity,
        "DiscountPercent": round(100 * row.discount / price, 2) if price else 0.0,
        "DiscountAmount": row.discount / 100,
        "Tax1": row.tax / 100,
        **dict.fromkeys(("Tax2", "Tax3", "Tax4", "Tax5"), 0.0),
        "TaxAmount": row.tax / 100,
        "TotalAmount": (row.net + row.tax) / 100,
        "Notes": None,
        "Returned": row.returned,
        "PaymentRefId": row.reference,
        "ExpDate": midnight(day + timedelta(days=365)) if service else UNSET,
        "ActiveDate": midnight(day) if service else UNSET,
        "GiftCardBarcodeId": row.gift_barcode,
        "RecipientClientId": row.recipient,
    }


def modified(at: datetime, options: Options) -> datetime:
    """Write when a row changed: in UTC, and usually says so."""
    return at.astimezone(UTC) if options.modified_z else at.astimezone(UTC).replace(tzinfo=None)
