"""What each kind of webhook says, in the shape the API's rows have.

What only webhooks tell has keys of its own, so that a row of the API that is laid over it
hides none: ``Told`` (when it was told last), ``Created``, ``Cancelled``, ``Came`` (when each
happened), ``Confirmed``, ``Arrived``, ``Items``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from frontdesk.model import Json, Payload
from frontdesk.rows import Row, objects
from frontdesk_mindbody.classes import SIGNED_IN, TYPES
from frontdesk_mindbody.rows import identity, required

Told: TypeAlias = Iterator[tuple[str, Row]]
"""Streams, each with a row."""

#: By what the row is to be called: what the webhook calls it.
_CLIENT: Final = {
    "UniqueId": "clientUniqueId",
    "Id": "clientId",
    "Status": "status",
    "FirstName": "firstName",
    "LastName": "lastName",
    "Email": "email",
    "PreviousEmail": "previousEmail",
    "MobilePhone": "mobilePhone",
    "HomePhone": "homePhone",
    "WorkPhone": "workPhone",
    "Country": "country",
    "FirstAppointmentDate": "firstAppointmentDateTime",
    "ReferredBy": "referredBy",
    "IsProspect": "isProspect",
    "IsCompany": "isCompany",
    "LiabilityReleased": "isLiabilityReleased",
    "HomeLocationId": "homeLocation",
    "Visits": "clientNumberOfVisitsAtSite",
    "SendPromotionalEmails": "sendPromotionalEmails",
    "Notes": "notes",
}
_APPOINTMENT: Final = {
    "Id": "appointmentId",
    "ClientId": "clientId",
    "ClientUniqueId": "clientUniqueId",
    "LocationId": "locationId",
    "StaffId": "staffId",
    "StartDateTime": "startDateTime",
    "EndDateTime": "endDateTime",
    "Duration": "durationMinutes",
    "Resources": "resources",
    "ProviderId": "providerId",
    "SessionTypeId": "sessionTypeId",
    "AppointmentName": "appointmentName",
    "Notes": "notes",
}
_BOOKING: Final = {
    "Id": "classRosterBookingId",
    "ClassId": "classId",
    "ClientId": "clientId",
    "ClientUniqueId": "clientUniqueId",
    "LocationId": "locationId",
    "StaffId": "staffId",
    "StaffName": "staffName",
    "StartDateTime": "classStartDateTime",
    "EndDateTime": "classEndDateTime",
    "ItemId": "itemId",
    "ItemName": "itemName",
    "SignedInStatus": "signedInStatus",
}
_WAITLIST: Final = {
    "Id": "waitlistEntryId",
    "ClassId": "classId",
    "ClientId": "clientId",
    "ClientUniqueId": "clientUniqueId",
    "StartDateTime": "classStartDateTime",
    "EndDateTime": "classEndDateTime",
    "WaitlistMaxSize": "waitlistMaxSize",
}
_MEMBERSHIP: Final = {
    "MembershipId": "membershipId",
    "MembershipName": "membershipName",
    "ClientId": "clientId",
    "ClientUniqueId": "clientUniqueId",
}
_CONTRACT: Final = {
    "Id": "clientContractId",
    "ContractId": "contractId",
    "ContractName": "contractName",
    "ClientId": "clientId",
    "ClientUniqueId": "clientUniqueId",
    "SalesStaffId": "contractSoldByStaffId",
    "SalesStaffFirstName": "contractSoldByStaffFirstName",
    "SalesStaffLastName": "contractSoldByStaffLastName",
    "OriginationLocation": "contractOriginationLocation",
    "StartDate": "contractStartDateTime",
    "EndDate": "contractEndDateTime",
    "AutoRenewing": "isAutoRenewing",
}
_SALE: Final = {
    "Id": "saleId",
    "ClientId": "purchasingClientId",
    "SalesRepId": "soldById",
    "SoldByName": "soldByName",
    "LocationId": "locationId",
    "TotalAmountPaid": "totalAmountPaid",
    "Items": "items",
}
_LOCATION: Final = {"Id": "locationId", "Name": "name"}
_STAFF: Final = {"Id": "staffId", "FirstName": "staffFirstName", "LastName": "staffLastName"}


def _row(data: Payload, fields: Mapping[str, str], **more: Json) -> Row:
    """Rename what is there; what a webhook does not carry is not known, and stays away."""
    return {own: data[field] for own, field in fields.items() if field in data} | more


def client(data: Payload, at: Json) -> Told:
    """Read what is told of a client."""
    yield "clients", _row(data, _CLIENT, Told=at)
    number, unique = identity(data, "clientId"), identity(data, "clientUniqueId")
    if number and unique:
        yield "client_ids", {"Id": number, "UniqueId": unique, "Told": at}


def client_left(data: Payload, at: Json) -> Told:
    """Read that a client was deactivated."""
    for stream, row in client(data, at):
        yield stream, {**row, "Active": False} if stream == "clients" else row


def merged(data: Payload, at: Json) -> Told:
    """Read that one client became part of another."""
    kept, removed = required(data, "keptClientUniqueId"), required(data, "removedClientUniqueId")
    yield "clients", {"UniqueId": removed, "MergedInto": kept, "Told": at}
    if number := identity(data, "keptClientId"):
        yield "client_ids", {"Id": number, "UniqueId": kept, "Told": at}


def appointment(data: Payload, at: Json) -> Told:
    """Read how an appointment is now."""
    row = _row(data, _APPOINTMENT, Told=at)
    if "staffFirstName" in data or "staffLastName" in data:
        row["Staff"] = _row(data, {"FirstName": "staffFirstName", "LastName": "staffLastName"})
    if data.get("status") == "Cancelled":
        yield "appointments", {**row, "Cancelled": at}
        return
    # Once true, each stays: what happened, happened.
    for own, field in (("Confirmed", "isConfirmed"), ("Arrived", "hasArrived")):
        if data.get(field) is True:
            row[own] = True
    yield "appointments", row


def appointment_made(data: Payload, at: Json) -> Told:
    """Read that an appointment was made."""
    for stream, row in appointment(data, at):
        yield stream, {**row, "Created": at} if "Cancelled" not in row else row


def appointment_cancelled(data: Payload, at: Json) -> Told:
    """Read that an appointment was cancelled: two ids, and nothing else."""
    yield "appointments", _row(data, _APPOINTMENT, Told=at, Cancelled=at)


def booking(data: Payload, at: Json) -> Told:
    """Read how a booking of a class is now."""
    row = _row(data, _BOOKING, Told=at)
    if "classDateTime" in data:
        row["StartDateTime"] = data["classDateTime"]
    status = data.get("signedInStatus")
    if status == SIGNED_IN:
        row["Came"] = at
    elif isinstance(status, str) and status in TYPES:
        row |= {"Cancelled": at, "CancelledAs": status}
    yield "visits", row


def booking_made(data: Payload, at: Json) -> Told:
    """Read that a class was booked."""
    for stream, row in booking(data, at):
        yield stream, {**row, "Created": at}


def booking_cancelled(data: Payload, at: Json) -> Told:
    """Read that a booking was cancelled, of which nothing but ids is told."""
    yield "visits", _row(data, _BOOKING, Told=at, Cancelled=at)


def waitlist(data: Payload, at: Json) -> Told:
    """Read that somebody joined a waitlist."""
    yield "waitlist_entries", _row(data, _WAITLIST, Told=at, Created=at)


def waitlist_left(data: Payload, at: Json) -> Told:
    """Read that somebody left a waitlist."""
    yield "waitlist_entries", _row(data, _WAITLIST, Told=at, Cancelled=at)


def membership(data: Payload, at: Json) -> Told:
    """Read that a membership was assigned."""
    yield "memberships", _row(data, _MEMBERSHIP, Key=_held(data), Told=at, Created=at)


def membership_lost(data: Payload, at: Json) -> Told:
    """Read that a membership was taken away."""
    yield "memberships", _row(data, _MEMBERSHIP, Key=_held(data), Told=at, Cancelled=at)


def _held(data: Payload) -> str:
    # Assignments have no id; these two are all that both webhooks tell.
    return f"{required(data, 'clientId')}:{required(data, 'membershipId')}"


def contract(data: Payload, at: Json) -> Told:
    """Read how a contract is now."""
    yield "contracts", _row(data, _CONTRACT, Told=at)


def contract_made(data: Payload, at: Json) -> Told:
    """Read that a contract was made."""
    yield "contracts", _row(data, _CONTRACT, Told=at, Created=at)


def contract_ended(data: Payload, at: Json) -> Told:
    """Read that a contract was cancelled."""
    yield "contracts", _row(data, _CONTRACT, Told=at, Cancelled=at)


def sale(data: Payload, at: Json) -> Told:
    """Read a sale."""
    row = _row(data, _SALE, Told=at, Created=at)
    if "payments" in data:
        named = {"Id": "paymentId", "Amount": "paymentAmountPaid", "Type": "paymentMethodName"}
        row["Payments"] = [_row(one, named) for one in objects(data, "payments")]
    yield "sales", row


def location(data: Payload, at: Json) -> Told:
    """Read what a location is called now."""
    yield "locations", _row(data, _LOCATION, Told=at)


def staff(data: Payload, at: Json) -> Told:
    """Read what a member of staff is called now."""
    yield "staff", _row(data, _STAFF, Told=at)


def nothing(data: Payload, at: Json) -> Told:
    """Pass over what is of no use here."""
    del data, at
    yield from ()


#: Kinds of webhooks we ask for.
READ: Final[Mapping[str, Callable[[Payload, Json], Told]]] = {
    "client.created": client,
    "client.updated": client,
    "client.deactivated": client_left,
    "clientProfileMerger.created": merged,
    "appointmentBooking.created": appointment_made,
    "appointmentBooking.updated": appointment,
    "appointmentBooking.cancelled": appointment_cancelled,
    "classRosterBooking.created": booking_made,
    "classRosterBooking.cancelled": booking_cancelled,
    "classRosterBookingStatus.updated": booking,
    "classWaitlistRequest.created": waitlist,
    "classWaitlistRequest.cancelled": waitlist_left,
    "clientMembershipAssignment.created": membership,
    "clientMembershipAssignment.cancelled": membership_lost,
    "clientContract.created": contract_made,
    "clientContract.updated": contract,
    "clientContract.cancelled": contract_ended,
    "clientSale.created": sale,
    "location.created": location,
    "location.updated": location,
    "staff.created": staff,
    "staff.updated": staff,
}
#: Kinds that exist, and tell nothing we carry.
PASSED_OVER: Final = frozenset(
    {
        "site.created",
        "site.updated",
        "site.deactivated",
        "siteBusinessDayClosure.created",
        "siteBusinessDayClosure.cancelled",
        "location.deactivated",
        "appointmentAddOn.created",
        "appointmentAddOn.deleted",
        "classSchedule.created",
        "classSchedule.updated",
        "classSchedule.cancelled",
        "class.updated",
        "classDescription.updated",
        "staff.deactivated",
    }
)
