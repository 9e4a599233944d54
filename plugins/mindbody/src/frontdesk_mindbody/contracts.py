"""What memberships and contracts tell: that a client has one from now on."""

from __future__ import annotations

from collections.abc import Iterator

from frontdesk.model import Event, Record, Related
from frontdesk_mindbody import tables
from frontdesk_mindbody.resolving import guest_of
from frontdesk_mindbody.rows import flag, identity, name, text, whole
from frontdesk_mindbody.times import shown, utc


def membership(record: Record, related: Related) -> Iterator[Event]:
    """Tell that a membership was activated; again if it is assigned another time."""
    row = record.payload
    assigned = utc(text(row, "Created"), "Created")
    if assigned is None:
        return
    properties = {
        "Membership ID": identity(row, "MembershipId"),
        "Membership Name": text(row, "MembershipName"),
    }
    guest, when = guest_of(record, related), assigned.isoformat()
    yield Event(tables.MEMBERSHIP, guest, assigned, properties=properties, occurrence=when)


def contract(record: Record, related: Related) -> Iterator[Event]:
    """Tell that a contract was made."""
    row = record.payload
    made = utc(text(row, "Created"), "Created")
    if made is None:
        return
    properties = {
        "Sales Staff ID": whole(row, "SalesStaffId"),
        "Sales Staff Name": name(row, "SalesStaffFirstName", "SalesStaffLastName"),
        "Origination Location": whole(row, "OriginationLocation"),
        "Contract ID": identity(row, "ContractId"),
        # Dates, written as midnight in UTC: in another zone they would be of another day.
        "Contract Start": shown(utc(text(row, "StartDate"), "StartDate")),
        "Contract End": shown(utc(text(row, "EndDate"), "EndDate")),
        "Auto Renewal": flag(row, "AutoRenewing"),
    }
    yield Event(tables.CONTRACT, guest_of(record, related), made, properties=properties)
