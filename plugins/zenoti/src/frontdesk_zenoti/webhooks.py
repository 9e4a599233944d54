"""Webhooks of Zenoti: signed, each with what happened, as facts beside the record they change."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

import attrs

from frontdesk import jsons
from frontdesk.model import Delivery, Payload, Record, Ref
from frontdesk.rows import Row, as_row, delivered
from frontdesk_zenoti import bookings, times
from frontdesk_zenoti.merging import merge, merged
from frontdesk_zenoti.patterns import Kind, kind_of
from frontdesk_zenoti.raw import NEWS
from frontdesk_zenoti.rows import guests_in, guid_at, text

_HEADER: Final = "zenoti-webhook-signature"
#: ``sha256 =18-2E-...``: pairs of large letters joined by dashes, as .NET writes bytes. Plain
#: pairs are taken as well; large and small letters mixed are nobody's.
_SIGNATURE: Final = re.compile(
    r"sha256[ \t]*=[ \t]*"
    r"([0-9A-F]{2}(?:-[0-9A-F]{2}){31}|[0-9a-f]{2}(?:-[0-9a-f]{2}){31}|[0-9A-F]{64}|[0-9a-f]{64})"
)
#: What is not stored: staff's log-ins and pay, tax numbers, how a card was charged.
_NEVER: Final = (
    "job_info",
    "payroll_info",
    "login_info",
    "preference_info",
    "personal_info.pan",
    "personal_info.user_name",
    "personal_info.birth_date",
    "personal_info.nationality_id",
    "personal_info.anniversary_date",
    "invoice.gstin",
    *(
        f"invoice.transactions.{field}"
        for field in (
            "card_number",
            "card_no",
            "last_four_digits",
            "account_number",
            "cheque_number",
            "check_number",
            "bank_name",
            "token",
            "authorization_code",
        )
    ),
)
DISCARDED: Final = (*_NEVER, *(f"data.{field}" for field in _NEVER))


def verified(delivery: Delivery, settings: Any) -> bool:
    """Compare the signature, which is made of the body as it came."""
    if not settings.webhook_secret:
        return False
    shown = _SIGNATURE.fullmatch(delivery.headers.get(_HEADER, "").strip())
    made = hmac.new(settings.webhook_secret.encode(), delivery.body, hashlib.sha256).hexdigest()
    told = shown.group(1).replace("-", "").lower() if shown else ""
    return hmac.compare_digest(told.encode(), made.encode())


@attrs.frozen
class Told:
    """A delivery, taken apart."""

    kind: Kind
    data: Payload
    #: What is kept of the envelope; ``mark`` tells this news from the next, by facts alone.
    block: Row

    def record(self, stream: str, id: str, key: str, *, beside: Payload | None = None) -> Record:
        """Return a part of a record that tells this news under a key of its own."""
        time = times.in_utc(self.block["at"], "event_timestamp")
        return Record(
            stream,
            id,
            {**(beside or {}), key: self.block},
            version=time if self.block["dated"] else None,
            guests=guests_in(self.data, beside or {}),
            partial=True,
        )


def news(delivery: Delivery, event_types: Mapping[str, str]) -> list[Record | Ref]:
    """Return what a delivery says: facts for the record it changes, or a record of its own.

    Raises:
        RecordError: It is no JSON object.
    """
    told = _told(delivery, event_types)
    handler = _HANDLERS.get(told.kind)
    found = handler(told) if handler else None
    return [_raw(told)] if found is None else found


def _told(delivery: Delivery, event_types: Mapping[str, str]) -> Told:
    body = delivered(delivery)
    # Some pages show only the inner part; deliveries are said to have the envelope always.
    inner = as_row(body.get("data")) if "event_type" in body or "event_id" in body else None
    data = body if inner is None else inner
    type_ = text(body, "event_type") if inner is not None else None
    kind = kind_of(type_, data, event_types)
    stamp = body.get("event_timestamp") if inner is not None else None
    time = times.in_utc(stamp, "event_timestamp")
    content = jsons.digest(jsons.canonical(data)).hex()
    block: Row = {
        "kind": str(kind),
        "type": type_,
        "at": (time or delivery.received.astimezone(UTC)).isoformat(),
        "dated": time is not None,
        "event_id": body.get("event_id") if inner is not None else None,
        "resource": body.get("event_resource") if inner is not None else None,
        "mark": f"{type_ or ''} {stamp or content}".strip(),
        "data": data,
    }
    return Told(kind, data, block)


def _raw(told: Told) -> Record:
    """Keep a delivery as a record of its own, named by what it says."""
    content = jsons.digest(jsons.canonical([told.block["mark"], told.data])).hex()
    row = {"id": content, **told.block}
    return Record("deliveries", content, row, guests=guests_in(told.data))


def _of_group(key: str) -> Any:
    def handle(told: Told) -> list[Record | Ref] | None:
        id = guid_at(told.data, "appointment_group_id")
        if id is None:
            return None
        beside: Row = {"appointment_group_id": id}
        for field in ("invoice_id", "center_id"):
            if known := guid_at(told.data, field):
                beside[field] = known
        return [told.record("appointment_groups", id, key, beside=beside)]

    return handle


def _by(stream: str, field: str, key: str) -> Any:
    def handle(told: Told) -> list[Record | Ref] | None:
        id = guid_at(told.data, field)
        return None if id is None else [told.record(stream, id, key)]

    return handle


def _invoice(told: Told) -> list[Record | Ref] | None:
    id = guid_at(told.data, "invoice.id") or guid_at(told.data, "id")
    if id is None:
        return None
    return [told.record("sales", id, "Closed", beside={"invoice_id": id})]


def _sold(told: Told, key: str, data: Payload) -> list[Record | Ref] | None:
    """Put what was sold beside the invoice that sold it: that is where lists show it, too."""
    id = guid_at(data, "invoice.id")
    return None if id is None else [told.record("sales", id, key, beside={"invoice_id": id})]


def _gift_card(told: Told) -> list[Record | Ref] | None:
    data = as_row(told.data.get("gift_card")) or told.data
    if guid_at(data, "id") is None:
        return None
    return _sold(told, "Ordered", data)


def _package(told: Told) -> list[Record | Ref] | None:
    if guid_at(told.data, "user_package_id") is None:
        return None
    return _sold(told, "Created", told.data)


def _feedback(told: Told) -> list[Record | Ref] | None:
    guest = guid_at(told.data, "user_id") or guid_at(told.data, "guest_id")
    about = guid_at(told.data, "appointment_group_id")
    if guest is None or about is None:
        return None
    row = {"id": f"{about} {guest}", **told.block}
    return [Record("feedback", f"{about} {guest}", row, guests=(guest,))]


def _guest(told: Told) -> list[Record | Ref] | None:
    id = guid_at(told.data, "id")
    if id is None or as_row(told.data.get("preferences")) is None:
        return _opted(told)
    return [_changed(told, id)]


def _changed(told: Told, id: str, *, deleted: bool = False) -> Record:
    return Record(
        "guests",
        id,
        told.data,
        version=times.in_utc(told.block["at"], "at") if told.block["dated"] else None,
        guests=(id,),
        partial=True,
        deleted=deleted,
    )


def _opted(told: Told) -> list[Record | Ref] | None:
    """Read the guest again: nobody shows what these deliveries look like inside."""
    ways = ("guest_id", "guest.id", "id", "user_id")
    id = next((found for way in ways if (found := guid_at(told.data, way))), None)
    return None if id is None else [Ref("guests", id, max_age=0)]


def _deleted(told: Told) -> list[Record | Ref] | None:
    id = guid_at(told.data, "id") or guid_at(told.data, "guest_id")
    return None if id is None else [_changed(told, id, deleted=True)]


def _merged(told: Told) -> list[Record | Ref] | None:
    pair = merged(told.data)
    if pair is None:
        return None
    time = times.in_utc(told.block["at"], "at") if told.block["dated"] else None
    return [merge(*pair, time), _raw(told)]


_HANDLERS: Final[Mapping[Kind, Any]] = {
    Kind.BOOKED: _of_group(bookings.BOOKED),
    Kind.STATUS: _of_group(bookings.STATUS),
    Kind.STARTED: _of_group(bookings.PROGRESS),
    Kind.COMPLETED: _of_group(bookings.PROGRESS),
    Kind.GROUP: _of_group(bookings.NEWS),
    Kind.INVOICE: _invoice,
    Kind.GIFT_CARD: _gift_card,
    Kind.FEEDBACK: _feedback,
    Kind.ACTIVATED: _by("memberships", "user_membership_id", "Activated"),
    Kind.CANCELLED: _by("memberships", "user_membership_id", "Cancelled"),
    Kind.FROZE: _by("memberships", "user_membership_id", "Froze"),
    Kind.UNFROZE: _by("memberships", "user_membership_id", "Unfroze"),
    Kind.MEMBERSHIP: _by("memberships", "user_membership_id", NEWS),
    Kind.CREATED: _package,
    Kind.REDEEMED: _by("packages", "user_package_id", "Redeemed"),
    Kind.PACKAGE: _by("packages", "user_package_id", NEWS),
    Kind.GUEST: _guest,
    Kind.OPTED: _opted,
    Kind.DELETED: _deleted,
    Kind.MERGED: _merged,
}
