"""Reservations that channels send by a signed webhook: what comes, and what is made of it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeGuard, cast
from zoneinfo import ZoneInfo

from frontdesk import jsons
from frontdesk.errors import RecordError, SkipRecord
from frontdesk.model import Context, Delivery, Json, Payload, Profile, Record, Reservation
from frontdesk.rows import delivered
from frontdesk_guestlist import profiles, tables
from frontdesk_guestlist.changes import made_of
from frontdesk_guestlist.records import CHANNELS
from frontdesk_guestlist.settings import Settings

HEADER: Final = "x-guestlist-signature"
#: How far the clocks of sender and receiver may be apart, and a delivery be on its way.
LEEWAY: Final = timedelta(minutes=5)
STATUSES: Final = ("requested", "confirmed", "arrived", "departed", "cancelled", "no_show")
#: Where a reservation was made: by a channel, or inside one of the integrated systems.
CHANNEL: Final = "channel"
SYSTEMS: Final = ("pms", "rms", "crs")
#: More nights than that are a mistake in a date.
LONGEST: Final = 3650
_CODE: Final = 3
_MOST: Final = Decimal(10) ** 12
_GUEST: Final = ("first_name", "last_name", "email", "phone", "country", "language")


def signature(secret: str, body: bytes, at: int) -> str:
    """Return the header that goes with a body; *at* is seconds since 1970."""
    return f"t={at},v1={_hash(secret, body, str(at))}"


def verified(delivery: Delivery, settings: Settings) -> bool:
    """Tell whether a delivery is signed with the secret, and was so just now."""
    parts = dict(
        part.split("=", 1) for part in delivery.headers.get(HEADER, "").split(",") if "=" in part
    )
    at, given = parts.get("t", ""), parts.get("v1", "")
    if not settings.channel_secret or not (at.isascii() and at.isdecimal()):
        return False
    # Compared before the time is looked at: that takes as long for every delivery.
    good = hmac.compare_digest(
        _hash(settings.channel_secret, delivery.body, at).encode(), given.encode()
    )
    return good and abs(delivery.received.timestamp() - int(at)) <= LEEWAY.total_seconds()


def news(delivery: Delivery) -> Iterator[Record]:
    """Yield the reservations that a delivery carries: one, or a list of them.

    Raises:
        RecordError: There are none.
    """
    body = delivered(delivery)
    rows = body.get("reservations", [body])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RecordError("reservations is no list of JSON objects")
    for row in cast("list[dict[str, Json]]", rows):
        yield record(row)


def record(row: Payload) -> Record:
    """Return a row as a record; what is wrong in it is found when it is mapped."""
    channel, number = row.get("channel"), row.get("number")
    if _is_name(channel) and _is_name(number):
        id = f"{channel}/{number}"
    else:
        # It cannot be told from others but by its content; mapping it says what it lacks.
        id = f"unnamed-{made_of(jsons.canonical(row).hex())}"
    return Record(CHANNELS, id, row, version=_version(row), guests=(id,))


def profile(record: Record, context: Context) -> Profile | None:
    """Return the guest of a reservation; a channel knows nobody beyond one of them."""
    try:
        reservation(record, context)
    except RecordError:
        # One reason is enough: the reservation gives it.
        return None
    row = record.payload
    told = cast("Mapping[str, Any]", row.get("guest") or {})
    known = {name: _line(told, name) for name in _GUEST} | {"company": _line(row, "company")}
    country = known["country"].upper()
    known["country"] = country if len(country) == len("FR") else ""
    settings = context.settings
    room_type = _line(row, "room_type")
    return profiles.made(record.id, known, country=settings.country, room_type=room_type)


def reservation(record: Record, context: Context) -> Reservation:
    """Bring a channel's reservation into the neutral shape.

    Raises:
        RecordError: A field is missing, or says what cannot be.
        SkipRecord: It is not for this list.
    """
    row, settings = record.payload, context.settings
    if settings.source is not None:
        raise SkipRecord(tables.OTHER_SOURCE)
    if _choice(row, "made_in", (CHANNEL, *SYSTEMS), CHANNEL) != CHANNEL:
        raise SkipRecord(tables.MADE_INSIDE)
    number, channel = _required(row, "number"), _required(row, "channel")
    if not isinstance(row.get("guest"), dict):
        raise RecordError("guest is missing or no JSON object")
    arrival, departure = _stay(row)
    zone = ZoneInfo(settings.time_zone)
    status = "cancelled" if record.deleted else _choice(row, "status", STATUSES)
    amount, currency = _amount(row), _currency(row, settings.currency)
    guest = cast("Mapping[str, Json]", row["guest"])
    return Reservation(
        number=number,
        guest=record.id,
        status=status,
        site=settings.property,
        from_=datetime.combine(arrival, time(), zone),
        to=datetime.combine(departure, time(), zone),
        checked_in=status in {"arrived", "departed"},
        amount=amount,
        currency=currency if amount is not None else None,
        channel=channel,
        language=_line(guest, "language") or None,
        country=_line(guest, "country").upper()[:2] or None,
        created=_instant(row, "created"),
        updated=_instant(row, "updated"),
        duplicate_of=_line(row, "duplicate_of") or None,
    )


def _hash(secret: str, body: bytes, at: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def _stay(row: Payload) -> tuple[date, date]:
    arrival, departure = _day(row, "arrival"), _day(row, "departure")
    if departure < arrival:
        raise RecordError("departure is before arrival")
    if (departure - arrival).days > LONGEST:
        raise RecordError(f"departure is more than {LONGEST} nights after arrival")
    return arrival, departure


def _is_name(value: Json) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


def _required(row: Payload, name: str) -> str:
    value = row.get(name)
    if not _is_name(value):
        raise RecordError(f"{name} is missing or no text")
    return value.strip()


def _line(row: Mapping[str, Json], name: str) -> str:
    """Return a text, if it is one: bad data in it must not sink the reservation."""
    value = row.get(name)
    return " ".join(value.replace("\0", "").split()) if isinstance(value, str) else ""


def _choice(row: Payload, name: str, choices: tuple[str, ...], otherwise: str = "") -> str:
    value: Json = row.get(name, otherwise)
    if not isinstance(value, str) or value not in choices:
        raise RecordError(f"{name} is none of {', '.join(choices)}")
    return value


def _day(row: Payload, name: str) -> date:
    try:
        return date.fromisoformat(_required(row, name))
    except ValueError as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"{name} is no day of the calendar, such as 2026-11-30") from None


def _amount(row: Payload) -> Decimal | None:
    value = row.get("amount")
    if value is None:
        return None
    try:
        amount = Decimal(value) if isinstance(value, str | int | Decimal) else None
    except InvalidOperation:
        amount = None
    if amount is None or isinstance(value, bool) or not amount.is_finite() or abs(amount) >= _MOST:
        raise RecordError("amount is no sum of money, such as 120.50")
    return amount


def _currency(row: Payload, otherwise: str | None) -> str | None:
    value = row.get("currency", otherwise)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) != _CODE or not value.isascii():
        raise RecordError("currency is no code of three letters, such as EUR")
    return value.upper()


def _instant(row: Payload, name: str) -> datetime | None:
    value = row.get(name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        good = at is not None and at.timestamp() > 0
    except (ValueError, OverflowError):
        at, good = None, False
    if at is None or not good or at.utcoffset() is None:
        raise RecordError(f"{name} is no time with its zone, such as 2026-11-30T09:15:00Z")
    return at


def _version(row: Payload) -> datetime | None:
    try:
        return _instant(row, "updated")
    except RecordError:
        return None
