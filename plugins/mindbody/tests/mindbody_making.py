"""Made-up webhooks and rows of Mindbody, and how they are mapped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

import frontdesk_mindbody as mindbody
from frontdesk.ingest.mapping import laid_over
from frontdesk.manifest import without_secrets
from frontdesk.model import (
    Account,
    Consent,
    Context,
    Delivery,
    Event,
    Origin,
    Profile,
    Record,
    Ref,
    Related,
    Site,
)

SITE = "-99"
START = datetime(2026, 8, 1, tzinfo=UTC)
NOW = datetime(2026, 8, 17, 16, tzinfo=UTC)
SETTINGS = mindbody.Settings(
    api_key="kept",
    site_ids=(SITE, "5721"),
    username="owner@example.com",
    password="quiet",
    webhook_signature_key="bm90IGJhc2U2NA==",
)
ACCOUNT = Account(
    SITE,
    "Harbor Yoga",
    (
        Site(SITE, "Harbor Yoga", "America/Los_Angeles", "USD", "US"),
        Site("5721", "Studio Wisła", "Europe/Warsaw", "PLN", "PL"),
    ),
)
CONTEXT = Context(without_secrets(SETTINGS), ACCOUNT, START)

APPOINTMENT: Mapping[str, Any] = {
    "appointmentId": 121,
    "status": "Scheduled",
    "isConfirmed": False,
    "hasArrived": False,
    "locationId": 1,
    "clientId": "7X",
    "staffId": 5,
    "staffFirstName": "Jane",
    "staffLastName": None,
    "startDateTime": "2026-08-18T17:12:00Z",
    "endDateTime": "2026-08-18T18:12:00Z",
    "durationMinutes": 60,
    "resources": None,
    "providerId": "0",
}
BOOKING: Mapping[str, Any] = {
    "classRosterBookingId": 11724,
    "classId": 201,
    "locationId": 1,
    "clientId": "7X",
    "clientUniqueId": 7,
    "signedInStatus": "Absent",
    "staffId": 12,
    "itemId": 12345,
    "itemName": "10-Class Pass",
}
BOOKED: Mapping[str, Any] = {
    **BOOKING,
    "staffName": "Jane Doe",
    "classStartDateTime": "2026-08-18T14:00:00Z",
    "classEndDateTime": "2026-08-18T15:00:00Z",
}
SALE: Mapping[str, Any] = {
    "saleId": 96,
    "purchasingClientId": "7X",
    "payments": [{"paymentId": 1, "paymentAmountPaid": 150.25, "paymentMethodName": "Cash"}],
    "saleDateTime": "2026-08-17T16:29:42Z",
    "soldByName": "Jane Doe",
    "locationId": 1,
    "totalAmountPaid": 150.25,
    "items": [
        {"itemId": 78, "type": "Service", "name": "Pass", "amountPaid": 100.1, "quantity": 1},
        {"itemId": 79, "type": "Product", "name": "Mat", "amountPaid": 50.15, "quantity": 2},
    ],
}
CLIENT: Mapping[str, Any] = {
    "clientId": "7X",
    "clientUniqueId": 7,
    "status": "Active",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "email": " Ada@example.com ",
    "mobilePhone": "(805) 555-0199",
    "homePhone": None,
    "country": "US",
    "homeLocation": 1,
    "clientNumberOfVisitsAtSite": 3,
    "sendPromotionalEmails": False,
    "sendPromotionalTexts": True,
    "creditCardLastFour": "1445",
}


def delivery(event: str, data: Mapping[str, Any], at: datetime = NOW, **more: Any) -> Delivery:
    """Make a webhook."""
    body = {
        "messageId": f"{event} at {at}",
        "eventId": event,
        "eventSchemaVersion": 1,
        "eventInstanceOriginationDateTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventData": {"siteId": int(SITE), **data},
    }
    return Delivery(json.dumps({**body, **more}).encode(), received=at)


def told(event: str, data: Mapping[str, Any], at: datetime = NOW, **more: Any) -> list[Record]:
    """Return the records of a webhook, as core would take them in."""
    found = mindbody.read_webhook(delivery(event, data, at, **more), CONTEXT)
    return [attrs.evolve(r, seen=at, origin=Origin.LIVE) for r in found]


def one(event: str, data: Mapping[str, Any], at: datetime = NOW, **more: Any) -> Record:
    """Return the first record of a webhook."""
    return told(event, data, at, **more)[0]


def row(stream: str, values: Mapping[str, Any], at: datetime = NOW) -> Record:
    """Return a record of a row of the API."""
    record = mindbody.build_record(stream, values, SITE)
    return attrs.evolve(record, seen=at, origin=Origin.LIVE)


def whole(*records: Record) -> Record:
    """Return what core keeps of records that complete each other."""
    kept = records[0]
    for record in records[1:]:
        kept = laid_over(kept, record) if record.partial else record
    return kept


def known(**records: Iterable[Record]) -> Related:
    """Return answers to refs."""
    found = Related()
    for stream, several in records.items():
        found |= {Ref(stream, record.id, site=SITE): record for record in several}
    return found


class Unknown(Related):
    """Answers of a platform that has none of what is asked for."""

    def __missing__(self, ref: Ref) -> Record | None:
        return None


def events(record: Record, related: Related | None = None) -> list[Event]:
    """Return what a record proves."""
    found = mindbody.parse_event(record, related if related is not None else Unknown(), CONTEXT)
    return [event for event in found if isinstance(event, Event)]


def metrics(record: Record) -> list[str]:
    """Return the metrics a record proves."""
    return [event.metric for event in events(record)]


def profile(record: Record, related: Related | None = None) -> Profile:
    """Return what is known of a guest."""
    found = mindbody.map_profile(record, related if related is not None else Unknown(), CONTEXT)
    assert isinstance(found, Profile)
    return found


def consents(record: Record, previous: Record | None = None) -> list[Consent]:
    """Return what a guest said."""
    return list(mindbody.sync_consent(record, previous))
