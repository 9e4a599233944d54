"""From a record to what happened: which stream's rows tell what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from frontdesk.errors import SkipRecord
from frontdesk.model import Context, Event, Record, Related
from frontdesk_mindbody import appointments, classes, contracts, sales


def _membership(record: Record, related: Related, context: Context) -> Iterable[Event]:
    del context
    return contracts.membership(record, related)


def _contract(record: Record, related: Related, context: Context) -> Iterable[Event]:
    del context
    return contracts.contract(record, related)


def _other(record: Record, related: Related, context: Context) -> Iterable[Event]:
    del related, context
    raise SkipRecord("foreign_site" if "Foreign" in record.payload else "unknown_event")


_TOLD: Final[Mapping[str, Callable[[Record, Related, Context], Iterable[Event]]]] = {
    "appointments": appointments.events,
    "visits": classes.events,
    "waitlist_entries": classes.waitlist,
    "memberships": _membership,
    "contracts": _contract,
    "sales": sales.events,
    "other_events": _other,
}


def events(record: Record, related: Related, context: Context) -> Iterable[Event]:
    """Tell all a record proves."""
    told = _TOLD.get(record.stream)
    return () if told is None else told(record, related, context)
