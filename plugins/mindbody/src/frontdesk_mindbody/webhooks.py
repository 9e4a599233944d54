"""Webhooks of Mindbody: signed by a key of the subscription, for all sites of a developer."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any, Final

from frontdesk import jsons
from frontdesk.errors import RecordError
from frontdesk.model import Context, Delivery, Json, Record
from frontdesk.rows import Row, as_row, delivered
from frontdesk_mindbody.deliveries import PASSED_OVER, READ
from frontdesk_mindbody.rows import build_record, identity, required, text
from frontdesk_mindbody.times import utc

#: Under which name keys of subscriptions are kept, by their ids.
KEYS: Final = "webhook signature keys"
_HEADER: Final = "x-mindbody-signature"
_PREFIX: Final = "sha256="
#: The one way to write webhooks that we can read.
VERSION: Final = 1
#: What the day and time of an event is called, here and there.
_ORIGINATION: Final = ("eventInstanceOriginationDateTime", "eventInstanceOriginationDate")


def verified(delivery: Delivery, settings: Any, state: Mapping[str, Json] | None) -> bool:
    """Compare the signature of the raw body with that of each key there is."""
    shown = delivery.headers.get(_HEADER, "").removeprefix(_PREFIX).encode()
    good = False
    # All of them, whichever is the right one: how long it takes must tell nothing.
    for key in _keys(settings, state):
        made = base64.b64encode(hmac.new(key, delivery.body, hashlib.sha256).digest())
        good |= hmac.compare_digest(made, shown)
    return good


def _keys(settings: Any, state: Mapping[str, Json] | None) -> Iterator[bytes]:
    if settings.webhook_signature_key:
        yield settings.webhook_signature_key.encode()
    kept = as_row((state or {}).get(KEYS)) or {}
    # The key looks like base64 and is taken as it is written.
    yield from (key.encode() for key in kept.values() if isinstance(key, str) and key)


def sites(delivery: Delivery) -> list[str]:
    """Name the site a delivery is of: one URL serves all of a developer's."""
    data = as_row(delivered(delivery).get("eventData")) or {}
    site = identity(data, "siteId")
    return [site] if site else []


def news(delivery: Delivery, context: Context) -> list[Record]:
    """Read the records a delivery carries.

    Raises:
        RecordError: It is no webhook of Mindbody's, or written in a way we cannot read.
    """
    body = delivered(delivery)
    event = text(body, "eventId")
    if event is None:
        raise RecordError("eventId is missing")
    data = as_row(body.get("eventData"))
    if data is None:
        raise RecordError("eventData is missing")
    version = body.get("eventSchemaVersion", VERSION)
    if version != VERSION:
        raise RecordError("eventSchemaVersion is none frontdesk-mindbody reads")
    site, at = required(data, "siteId"), _origination(body, delivery)
    if not _is_ours(site, context):
        return [_other(body, site, {"EventId": event, "Foreign": True})]
    if event in PASSED_OVER:
        return []
    if event not in READ:
        return [_other(body, site, {"EventId": event, "Told": at, "EventData": data})]
    told = READ[event](data, at)
    return [build_record(stream, row, site) for stream, row in told]


def _origination(body: Row, delivery: Delivery) -> str:
    """Return when it happened; the record's version, since deliveries overtake each other."""
    told = next((found for field in _ORIGINATION if (found := text(body, field))), None)
    moment = utc(told, _ORIGINATION[0]) or delivery.received
    return moment.isoformat()


def _is_ours(site: str, context: Context) -> bool:
    configured = context.settings.site_ids
    return not configured or site in configured


def _other(body: Row, site: str, row: Row) -> Record:
    """Keep what is not mapped: of another's site, nothing but that it came."""
    message = identity(body, "messageId")
    if message is None:
        # Without a name of its own, its content is one.
        message = jsons.digest(jsons.canonical(body)).hex()
    return build_record("other_events", {**row, "MessageId": message}, site)
