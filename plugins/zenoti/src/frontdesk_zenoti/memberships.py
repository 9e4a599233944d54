"""What a membership tells: it begins, rests, goes on, ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from frontdesk.errors import SkipRecord
from frontdesk.model import Context, Event, Json, Payload, Record, Related
from frontdesk.rows import as_list, as_row, objects
from frontdesk_zenoti import raw, statuses, tables, times
from frontdesk_zenoti.places import Place
from frontdesk_zenoti.properties import Paths, amount, made, properties, total
from frontdesk_zenoti.rows import at, guid_at, part, there

#: Keys under which deliveries stand beside what the list of members shows.
ACTIVATED: Final = "Activated"
CANCELLED: Final = "Cancelled"
FROZE: Final = "Froze"
UNFROZE: Final = "Unfroze"

_COMMON: Final[Paths] = {
    "Expiry Date": ("expiry_date", "end_date"),
    "Member Code": "member_code",
}
_GRACE: Final[Paths] = {
    "Grace Period Date": "grace_period_date",
    "Grace Period Days": "grace_period_days",
}
_NEXT: Final[Paths] = {"Next Collection Date": "next_collection_date"}
_IDS: Final[Paths] = {
    "Group User Membership ID": "group_user_membership_id",
    "User Membership ID": ("user_membership_id", "id"),
}
_PATHS: Final[Mapping[str, Paths]] = {
    tables.ACTIVATED: {
        **_COMMON,
        **_GRACE,
        **_NEXT,
        **_IDS,
        "Auto Renewal": ("auto_renewal", "renewal_details"),
        "Credit Balance": ("credit_balance.total", "credits_amount"),
        "Has Digital Form": "has_digital_form",
        "Invoice": "invoice",
        "Membership": "membership",
        "Membership Name": "membership.name",
        "Payments": "payments",
        "Pending Waive Collections": "pending_waive_collections",
        "Purchase": "purchase.price.final",
        "Recurring Details": "recurring_details",
        "Refunded": "is_refunded",
        "Credit Balance Details": "credit_balance",
        "Purchase Details": "purchase",
        "Service Balance Details": "service_balance",
    },
    tables.ENDED: {
        **_COMMON,
        **_GRACE,
        "Cancel Date": ("cancel.cancel_date", "cancelled_date"),
        "Cancel Initiated Date": "cancel.cancel_initiated_date",
        "Cancel Reason": "cancel.reason",
        "Canceled By": "cancel.cancelled_by",
        "Termination Date": "cancel.termination_date",
    },
    tables.FROZE: {
        **_COMMON,
        **_NEXT,
        **_IDS,
        "Comments": "freeze.comments",
        "Freeze Fee": "freeze.fee",
        "Freeze Fee Type": "freeze.fee_type",
        "Freeze Start Date": ("freeze.start_date", "freeze_date"),
        "Freeze End Date": "freeze.end_date",
        "Freeze Type": "freeze.type",
        "Froze By": "freeze.froze_by",
    },
    tables.UNFROZE: {**_COMMON, **_NEXT},
}
#: What the list of members proves: the metric, its action, and the day that tells.
_PROVEN: Final = (
    (tables.ACTIVATED, "activated", "sold_date"),
    (tables.FROZE, "froze", "freeze_date"),
    (tables.ENDED, "cancelled", "cancelled_date"),
)
#: What deliveries prove: the metric, its action, and the day that tells one from the next.
_TOLD: Final = (
    (ACTIVATED, tables.ACTIVATED, "activated", ""),
    (FROZE, tables.FROZE, "froze", "freeze.start_date"),
    (CANCELLED, tables.ENDED, "cancelled", "cancel.cancel_date"),
    (UNFROZE, tables.UNFROZE, "unfroze", ""),
)


class Deed(NamedTuple):
    """What was done to a membership, and what tells this time from the next."""

    metric: str
    action: str
    occurrence: str


def events(record: Record, context: Context, related: Related) -> list[Event]:
    """Tell all the record proves.

    Raises:
        SkipRecord: Nobody knows whose membership it is.
    """
    row = record.payload
    guest = _guest(row, related)
    if guest is None:
        raise SkipRecord("no_person")
    found: dict[tuple[str, str], Event] = {}
    for event in _happened(record, guest, context, related):
        found.setdefault((event.action, event.occurrence), event)
    return list(found.values())


def _blocks(row: Payload) -> Iterator[Payload]:
    for key in (ACTIVATED, FROZE, UNFROZE, CANCELLED, raw.NEWS):
        if block := part(row, key):
            yield part(block, "data")


def _guest(row: Payload, related: Related) -> str | None:
    """Return whose it is: the list knows, and few deliveries; else the invoice it was sold with."""
    found = guid_at(row, "guest.id")
    told = list(_blocks(row))
    for data in told:
        members = as_list(data.get("members")) or [None]
        first = as_row(members[0]) or {}
        found = found or guid_at(data, "guest_id") or guid_at(first, "id")
    for data in told:
        # In all samples the group's id is that of the invoice.
        for invoice in (guid_at(data, "invoice.id"), guid_at(data, "group_user_membership_id")):
            found = found or raw.payer(invoice, related)
    return found


def _happened(record: Record, guest: str, context: Context, related: Related) -> Iterator[Event]:
    row = record.payload
    for key, metric, action, day in _TOLD:
        if block := part(row, key):
            data = part(block, "data")
            place = _place(data, row, context, related)
            # Nothing in the end of a freeze tells one from the next, but when it was.
            mark = str(block.get("mark")) if key == UNFROZE else ""
            deed = Deed(metric, action, _day(at(data, day), day, place) if day else mark)
            yield _event(deed, guest, raw.moment(block), data, place)
    if block := part(row, raw.NEWS):
        yield raw.event(block, guest, _place(part(block, "data"), row, context, related))
    place = _place({}, row, context, related)
    for metric, action, field in _PROVEN:
        moment = times.dated(row.get(field), field, place.zone)
        if moment is not None:
            occurrence = "" if field == "sold_date" else _day(row.get(field), field, place)
            deed = Deed(metric, action, occurrence)
            yield _event(deed, guest, min(moment, record.seen), row, place)


def _place(data: Payload, row: Payload, context: Context, related: Related) -> Place:
    center = as_row(data.get("center")) or {}
    id = guid_at(center, "id") or guid_at(row, "center_id")
    name = center.get("name")
    return Place(id, name if isinstance(name, str) and name else None, context, related)


def _day(value: Json, field: str, place: Place) -> str:
    """Return the centre's day: the same, whether written as midnight there or in UTC."""
    day = times.day(value, field, place.zone)
    return "" if day is None else day.isoformat()


def _event(deed: Deed, guest: str, time: datetime, row: Payload, place: Place) -> Event:
    metric = deed.metric
    value = amount(at(row, "purchase.price.final")) if metric == tables.ACTIVATED else None
    currency = place.currency
    shown = {
        **place.short(),
        **properties(metric, row, _PATHS[metric], place.zone),
        **_standing(row),
        **(_lists(row) if metric == tables.ACTIVATED else {}),
    }
    return Event(
        metric,
        guest,
        time,
        value=value if currency else None,
        currency=currency if value is not None else None,
        properties=shown,
        action=deed.action,
        occurrence=deed.occurrence,
        site=place.site,
    )


def _standing(row: Payload) -> dict[str, Json]:
    """Return status and recurrence as Zenoti sends them, with their words."""
    shown: dict[str, Json] = {}
    for name, field in (("Status", "status"), ("Recurrence Status", "recurrence_status")):
        if field in row:
            value, again = row[field], field == "recurrence_status"
            shown[name] = statuses.membership_code(value)
            shown[f"{name} Name"] = statuses.membership_name(value, recurrence=again)
    return shown


def _lists(row: Payload) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    if "members" in row:
        members = objects(row, "members")
        names = [member.get("name") for member in members]
        shown["Members"] = made(tables.ACTIVATED, "Members", names, UTC)
    elif there(row, "guest.name"):
        shown["Members"] = made(tables.ACTIVATED, "Members", [at(row, "guest.name")], UTC)
    if isinstance(row.get("service_balance"), list):
        left = total(objects(row, "service_balance"), "balance")
        shown["Service Balance"] = left
    return shown
