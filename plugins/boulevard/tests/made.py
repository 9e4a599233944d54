"""Made-up nodes of Boulevard's, and what maps them without an account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

import frontdesk
import frontdesk_boulevard
from frontdesk.model import Account, Origin, Record, Ref, Related, Site
from frontdesk.offline import LoadedConnector
from frontdesk_boulevard.rows import DELIVERED

SEEN = datetime(2026, 6, 1, 12, tzinfo=UTC)


def urn(kind: str, number: int = 1) -> str:
    return f"urn:blvd:{kind}:{number:08x}-0000-4000-8000-000000000000"


PLACE = {"id": urn("Location"), "name": "Old Mill", "tz": "America/Los_Angeles"}
ACCOUNT = Account(
    urn("Business"),
    "Mill Spas",
    (
        Site(urn("Location"), "Old Mill", "America/Los_Angeles", "USD", "US"),
        Site(urn("Location", 2), "Harbour", "Europe/London", "USD", "GB"),
    ),
)


def connector(**settings: Any) -> LoadedConnector:
    return frontdesk.load(frontdesk_boulevard, settings=settings, account=ACCOUNT)


def appointment(**fields: Any) -> dict[str, Any]:
    return {
        "id": urn("Appointment"),
        "state": "BOOKED",
        "cancelled": False,
        "createdAt": "2026-05-01T09:00:00.5Z",
        "startAt": "2026-06-01T10:00:00Z",
        "endAt": "2026-06-01T11:00:00Z",
        "duration": 45,
        "bookedByType": "CLIENT",
        "orderId": None,
        "clientId": urn("Client"),
        "locationId": urn("Location"),
        "location": PLACE,
        "cancellation": None,
        "appointmentServices": [
            {
                "id": urn("AppointmentService"),
                "baseAppointmentServiceId": None,
                "price": 9950,
                "service": {"id": urn("Service"), "name": "Facial"},
                "staff": {"id": urn("Staff"), "displayName": "Robin K."},
            },
            {
                "id": urn("AppointmentService", 2),
                "baseAppointmentServiceId": urn("AppointmentService"),
                "price": 1000,
                "service": {"id": urn("Service", 2), "name": "Mask"},
                "staff": {"id": urn("Staff"), "displayName": "Robin K."},
            },
        ],
        "tags": [],
    } | fields


def cancelled(at: str = "2026-05-20T08:00:00Z", reason: str = "CLIENT_CANCEL") -> dict[str, Any]:
    return {
        "state": "CANCELLED",
        "cancelled": True,
        "cancellation": {"cancelledAt": at, "reason": reason},
    }


def membership(**fields: Any) -> dict[str, Any]:
    return {
        "id": urn("Membership"),
        "clientId": urn("Client"),
        "locationId": urn("Location"),
        "location": PLACE,
        "name": "Glow Club",
        "status": "ACTIVE",
        "startOn": "2026-03-01",
        "endOn": "2026-07-01",
        "cancelOn": None,
        "unpauseOn": None,
        "nextChargeDate": "2026-07-01",
        "termNumber": 3,
        "unitPrice": 9900,
        "vouchers": [{"quantity": 2, "services": [{"id": urn("Service"), "name": "Facial"}]}],
    } | fields


def order(**fields: Any) -> dict[str, Any]:
    return {
        "id": urn("Order"),
        "number": "1042",
        "clientId": urn("Client"),
        "locationId": urn("Location"),
        "location": PLACE,
        "createdAt": "2026-06-01T11:00:00Z",
        "closedAt": "2026-06-01T11:05:00Z",
        "updatedAt": "2026-06-01T11:05:00Z",
        "note": None,
        "closedBy": {"id": urn("Staff"), "displayName": "Robin K."},
        "appliedVouchers": [],
        "summary": {
            "initialSubtotal": 10950,
            "initialDiscountAmount": 0,
            "initialTaxAmount": 1,
            "initialGratuityAmount": 2000,
            "initialFeeAmount": 0,
            "initialTotal": 12951,
            "refundAmount": 0,
        },
        "lineGroups": [],
        "refunds": [],
    } | fields


def client(**fields: Any) -> dict[str, Any]:
    return {
        "id": urn("Client"),
        "active": True,
        "mergedIntoClientId": None,
        "firstName": "Ines",
        "lastName": None,
        "email": "ines@example.com",
        "mobilePhone": "+14155550123",
        "dob": "1990-02-28",
        "appointmentCount": 2,
        "createdAt": "2025-01-01T00:00:00Z",
        "updatedAt": "2026-05-01T00:00:00Z",
        "primaryLocation": {"id": urn("Location"), "name": "Old Mill"},
        "tags": [{"id": urn("Tag"), "name": "VIP"}],
        "marketingSettings": wishes(),
        "reminderSettings": [
            {"type": "APPOINTMENT_REMINDER", "email": True, "sms": False, "push": False}
        ],
    } | fields


def wishes(*, email: bool = False, sms: bool = False, push: bool = False) -> list[dict[str, Any]]:
    return [
        # Nobody promised that the one that is meant comes first.
        {"type": "SOMETHING_NEW", "email": not email, "sms": not sms, "push": not push},
        {"type": "MARKETING", "email": email, "sms": sms, "push": push},
    ]


def record(stream: str, node: dict[str, Any], **fields: Any) -> Record:
    """Make a record as core would have taken it in, followed unless said otherwise."""
    made = connector().record(stream, node)
    return attrs.evolve(made, **{"seen": SEEN, "origin": Origin.LIVE} | fields)


def told(kind: str, node: dict[str, Any], stream: str, **fact: Any) -> Record:
    """Make the record of a delivery, laid over *node*."""
    fields = {"eventType": kind, "timestamp": "2026-06-01T09:58:00Z"} | fact
    return record(stream, {**node, DELIVERED: fields})


def nothing(*refs: Ref) -> Related:
    """Answer refs with nothing: the platform has no such record."""
    return Related(dict.fromkeys(refs))


def answered(made: Record) -> Related:
    return Related({Ref(made.stream, made.id): made})
