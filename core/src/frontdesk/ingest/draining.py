"""Draining the inbox: from deliveries to records, in batches.

A delivery stays pending until what it led to is committed. Reading it is cheap and pure, so a
process that was killed in between reads it again; nothing of this is in memory alone.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
import msgspec

from frontdesk import jsons
from frontdesk.errors import (
    PlatformError,
    RateLimitedError,
    RecordError,
    RefusedError,
    UnavailableError,
    UnexpectedResponseError,
)
from frontdesk.explaining import explain
from frontdesk.ingest.session import Session
from frontdesk.manifest import Webhook
from frontdesk.model import Delivery, Json, Origin, Record, Ref, Unreadable
from frontdesk.notices import Notice
from frontdesk.progress import Report
from frontdesk.store import inbox
from frontdesk.store.accounts import WEBHOOKS
from frontdesk.store.batch import Batch, Quarantined
from frontdesk.store.inbox import Ending, Waiting

_log = logging.getLogger("frontdesk")

#: Deliveries, and bytes of them, that are drained at a time.
MOST: Final = 500
MOST_BYTES: Final = 8 * 1024 * 1024
#: How often a delivery is tried that the platform refuses to tell more of.
TRIES: Final = 5
_PASSING: Final = (RateLimitedError, UnavailableError)
#: How long a delivery waits for a platform that is away: longer each time.
_FIRST_WAIT: Final = timedelta(seconds=10)
_LONGEST_WAIT: Final = timedelta(hours=1)


@attrs.frozen
class _News:
    """What deliveries say: records they carry, and ids of those that have to be fetched."""

    records: list[Record] = attrs.field(factory=list[Record])
    refs: dict[Ref, None] = attrs.field(factory=dict[Ref, None])
    notices: list[Notice] = attrs.field(factory=list[Notice])
    endings: dict[str, list[int]] = attrs.field(factory=dict[str, list[int]])
    quarantined: list[Quarantined] = attrs.field(factory=list[Quarantined])

    def end(self, waiting: Waiting, ending: Ending) -> None:
        self.endings.setdefault(ending.value, []).append(waiting.row)


async def drain(session: Session, report: Report) -> int:
    """Drain what may be tried now, a batch of it; return how many deliveries were taken.

    Raises:
        FrontdeskError: The platform or the store must be asked later; what was taken is
            pending still, and is not tried before its time.
    """
    waiting = await _taken(session)
    if waiting:
        await _drain(session, waiting, report)
    return len(waiting)


async def _taken(session: Session) -> list[Waiting]:
    manifest = session.connection.manifest
    # Ids without facts say: look again. One that comes after we looked is news.
    release = manifest.webhook is Webhook.IDS and not manifest.delivery_id
    now = session.clock.now()
    return await session.store.write(
        lambda db: inbox.take(
            db, session.stored.id, now, limit=MOST, most=MOST_BYTES, release=release
        )
    )


async def _drain(session: Session, waiting: Sequence[Waiting], report: Report) -> None:
    try:
        await _commit(session, waiting, report)
    except _PASSING as error:
        await _postpone(session, waiting, error)
        raise
    except (RefusedError, UnexpectedResponseError) as error:
        # It may be one delivery that the platform stumbles over: each is tried alone, and
        # several times, since it may be the platform after all.
        if len(waiting) > 1:
            for one in waiting:
                await _drain(session, [one], report)
        elif waiting[0].tries + 1 >= TRIES:
            await _set_aside(session, waiting[0], str(error), report)
        else:
            await _postpone(session, waiting, error)


async def _commit(session: Session, waiting: Sequence[Waiting], report: Report) -> None:
    news = _News()
    for one in waiting:
        _read(session, one, news)
    fetched = await _fetch(session, news.refs)
    last = Batch(seen=session.clock.now())

    def finish(batch: Batch) -> None:
        nonlocal last
        if last.deliveries:
            # Somebody was forgotten meanwhile. What could not be read stays in the inbox,
            # out of which the guest was cut: it is read again as it is now.
            news.quarantined.clear()
            news.endings.pop(Ending.QUARANTINED.value, None)
        last = batch
        batch.deliveries = news.endings
        batch.quarantined += news.quarantined

    written = await session.commit([*news.records, *fetched], Origin.LIVE, finish)
    session.notices.extend(news.notices)
    report.add(written.counts(), last.outcomes)
    _log.info(
        "%s: %d deliveries drained: %d records, %d events",
        session.connection.name, len(waiting), last.outcomes.total(), written.events,
        extra={"connection": session.connection.name, "deliveries": len(waiting)},
    )  # fmt: skip


def _read(session: Session, waiting: Waiting, news: _News) -> None:
    try:
        found = read_delivery(session, waiting.delivery)
    except RecordError as error:
        news.quarantined.append(_unreadable(waiting.delivery, str(error)))
        news.end(waiting, Ending.QUARANTINED)
        return
    for item in found:
        if isinstance(item, Ref):
            news.refs[item] = None
        elif isinstance(item, Notice):
            news.notices.append(item)
        else:
            news.records.append(item)
    news.end(waiting, Ending.DRAINED)


def read_delivery(session: Session, delivery: Delivery) -> tuple[Record | Ref | Notice, ...]:
    """Return what a delivery carries, names or tells.

    Raises:
        RecordError: It cannot be read; the message quotes nothing of it.
    """
    connection = session.connection
    try:
        found = connection.hooks.read_webhook(delivery, session.context)
    except Exception as error:  # noqa: BLE001  # a third party's code may raise anything
        raise RecordError(f"read_webhook: {explain(error)}") from None
    for item in found:
        if isinstance(item, Notice):
            continue
        if not isinstance(item, Record | Ref):
            raise RecordError(
                f"read_webhook: gave a {type(item).__name__}, not a Record, a Ref or a Notice"
            )
        if connection.manifest.stream(item.stream) is None:
            raise RecordError(
                f"read_webhook: speaks of stream {item.stream!r}, which the manifest does not "
                "declare"
            )
    return found


async def _fetch(session: Session, refs: Iterable[Ref]) -> list[Record | Unreadable]:
    by_stream: dict[str, list[tuple[str | None, str]]] = {}
    for ref in refs:
        by_stream.setdefault(ref.stream, []).append((ref.site, ref.id))
    fetched: list[Record | Unreadable] = []
    for stream, wanted in by_stream.items():
        fetched += await session.reader.fetch(session.client, stream, wanted)
    return fetched


async def _postpone(session: Session, waiting: Sequence[Waiting], error: PlatformError) -> None:
    tries = max(one.tries for one in waiting)
    until = session.clock.now() + pause_after(error, tries)
    rows = [one.row for one in waiting]
    await session.store.write(lambda db: inbox.postpone(db, rows, until))


def pause_after(error: PlatformError, tries: int) -> timedelta:
    """Return how long to leave the platform alone: as it said, else longer each time."""
    asked = getattr(error, "retry_after", None)
    if asked:
        return timedelta(seconds=asked)
    return min(_FIRST_WAIT * (1 << min(tries, 10)), _LONGEST_WAIT)


async def _set_aside(session: Session, waiting: Waiting, reason: str, report: Report) -> None:
    batch = Batch(seen=session.clock.now(), live=True)
    batch.deliveries = {Ending.QUARANTINED.value: [waiting.row]}
    batch.quarantined.append(_unreadable(waiting.delivery, reason))
    written = await session.write(batch)
    report.add(written.counts(), batch.outcomes)


def _unreadable(delivery: Delivery, reason: str) -> Quarantined:
    payload = jsons.canonical(delivery_json(delivery))
    digest = jsons.digest(payload)
    return Quarantined(
        stream=WEBHOOKS,
        site="",
        key=f"delivery {digest.hex()[:12]}",
        digest=digest,
        hooks="read_webhook",
        reason=reason,
        payload=payload,
        previous=None,
        version=None,
        guests=(),
    )


def delivery_json(delivery: Delivery) -> dict[str, Json]:
    """Return a delivery as quarantine keeps it: its body as JSON where it is JSON."""
    body: dict[str, Any]
    try:
        body = {"json": jsons.decode(delivery.body)}
    except msgspec.DecodeError:
        body = _text(delivery.body)
    return {
        "method": delivery.method,
        "query": dict(delivery.query),
        "headers": dict(delivery.headers),
        "received": delivery.received.isoformat(),
        "body": body,
    }


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def delivery_from(values: Json) -> Delivery:
    """Return the delivery that :func:`delivery_json` wrote; its body says the same."""
    return Delivery(
        _bytes(values["body"]),
        headers=values["headers"],
        query=values["query"],
        method=values["method"],
        received=datetime.fromisoformat(values["received"]),
    )


def _bytes(body: Json) -> bytes:
    if "json" in body:
        return jsons.encode(body["json"])
    return body["text"].encode() if "text" in body else base64.b64decode(body["base64"])


async def redrain(session: Session, entry: int, delivery: Delivery) -> str | None:
    """Read a quarantined delivery again; return why it failed, if it did."""
    try:
        found = read_delivery(session, delivery)
    except RecordError as error:
        return str(error)
    fetched = await _fetch(session, dict.fromkeys(i for i in found if isinstance(i, Ref)))
    records = [item for item in found if isinstance(item, Record)]

    def finish(batch: Batch) -> None:
        batch.replayed = (entry,)

    await session.commit([*records, *fetched], Origin.LIVE, finish)
    return None
