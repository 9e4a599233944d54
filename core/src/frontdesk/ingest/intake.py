"""Taking in a page: from records as fetched to a batch the store can write.

Reads from the store, calls mapping hooks and, where a hook or an event asks for a record
that is not stored, fetches it in batches. It writes nothing: the batch it returns is
committed with the page's cursor, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, Final

import attrs
import msgspec

from frontdesk import jsons
from frontdesk.client import Client
from frontdesk.connection import Connection
from frontdesk.errors import InvalidConnectorError, RecordError
from frontdesk.ids import event_id
from frontdesk.ingest.forgetting import admitted, as_it_was, digest_of, same
from frontdesk.ingest.keys import Place, guests_of, in_turn, keyed, place_of, stamped
from frontdesk.ingest.mapping import (
    ROUNDS,
    Outputs,
    answered,
    check_record,
    laid_over,
    map_record,
)
from frontdesk.ingest.reader import Reader
from frontdesk.model import (
    Context,
    Event,
    Gone,
    Merged,
    Origin,
    Profile,
    Record,
    Related,
    Unreadable,
)
from frontdesk.store.accounts import Stored
from frontdesk.store.batch import (
    Batch,
    Guest,
    Kept,
    LoggedEvent,
    Quarantined,
    StoredRecord,
    guest_key,
)
from frontdesk.store.reading import Stranger
from frontdesk.store.remapping import Shelved
from frontdesk.store.remembering import Memory
from frontdesk.times import day_of, site_of, zone_of
from frontdesk.wire import event_body, profile_body, record_json, reservation_body

#: How long a guest the platform does not have is not asked for again.
ASK_AGAIN: Final = timedelta(days=1)


@attrs.define
class _Work:
    """One record on its way through the hooks."""

    record: Record
    body: bytes
    digest: bytes
    stored: StoredRecord | None
    previous: Record | None
    #: Older than what is stored: only its once-only actions count.
    late: bool = False
    outputs: Outputs = attrs.field(factory=Outputs)


class Intake:
    """Takes in pages for one connection."""

    def __init__(
        self,
        connection: Connection,
        client: Client[Any],
        reader: Reader,
        stored: Stored,
    ) -> None:
        self._connection = connection
        self._manifest = connection.manifest
        self._client = client
        self._mentioned: set[Stranger] = set()
        #: Guests forgotten once whom newer records of this take brought back.
        self._back: set[str] = set()
        #: What this take has mapped already, to compare a later version with.
        self._last: dict[Place, Kept] = {}
        self._reader = reader
        self._stored = stored
        self._account = stored.account
        self._zone = cache(partial(zone_of, stored.account))
        self._site = cache(partial(site_of, stored.account))
        self._starts = {s.name: stored.start_of(s) for s in connection.manifest.streams}
        #: What hooks may know of this account.
        self.context: Context = connection.context(stored.account, stored.live_start)

    async def take(
        self, records: Iterable[Record | Unreadable], origin: Origin, seen: datetime
    ) -> Batch:
        """Map *records*, those their hooks ask for, and the guests their events speak of."""
        batch = Batch(seen=seen, live=origin is Origin.LIVE, forgotten=self._reader.forgotten)
        self._mentioned.clear()
        self._back.clear()
        self._last.clear()
        related = Related()
        await self._take_all(records, batch, origin, related)
        strangers = await self._strangers(batch)
        if strangers:
            found = await self._reader.fetch(self._client, self._manifest.guests or "", strangers)
            await self._take_all(found, batch, origin, related)
            have = {(record.site, record.id) for record in found if isinstance(record, Record)}
            batch.asked = [guest_key(*who) for who in strangers if who not in have]
        return batch

    async def learn_forgotten(self) -> None:
        """Ask the store who was forgotten since the connection was opened."""
        await self._reader.learn_forgotten()

    def count_erased(self, number: int) -> None:
        """Know of guests whom a batch of this intake's erased: no page need be taken again."""
        self._reader.forgotten += number

    async def remap(self, shelved: Sequence[Shelved], seen: datetime) -> Batch:
        """Map stored records anew, each alone; what they say of consent is left out."""
        batch = Batch(seen=seen)
        self._mentioned.clear()
        self._last.clear()
        works = [_Work(one.record, b"", one.stored.digest, one.stored, None) for one in shelved]
        await self._map(works, Related())
        for work in works:
            work.outputs = attrs.evolve(work.outputs, consents=())
            self._collect(work, batch)
        batch.remapped, batch.kept = batch.kept, []
        for kept in batch.remapped:
            kept.row = kept.stored.row if kept.stored else 0
        # These versions were counted when they came.
        batch.outcomes.clear()
        return batch

    async def _take_all(
        self,
        records: Iterable[Record | Unreadable],
        batch: Batch,
        origin: Origin,
        related: Related,
    ) -> None:
        """Take *records*, then what had to be fetched to map them, which is news as well."""
        waiting = list(records)
        while waiting:
            waiting = await self._take(waiting, batch, origin, related)

    async def _take(
        self,
        records: Iterable[Record | Unreadable],
        batch: Batch,
        origin: Origin,
        related: Related,
    ) -> list[Record | Unreadable]:
        read = [self._read(item, batch, origin) for item in records]
        first, later = in_turn(record for record in read if record is not None)
        by_stream: dict[str, list[Record]] = {}
        for record in first:
            by_stream.setdefault(record.stream, []).append(record)
        fetched: list[Record | Unreadable] = [*later]
        for stream, of_stream in by_stream.items():
            works = await self._compare(stream, of_stream, batch)
            fetched += await self._map(works, related)
            for work in works:
                self._collect(work, batch)
        return fetched

    def _read(self, item: Record | Unreadable, batch: Batch, origin: Origin) -> Record | None:
        """Return a record less what must not be stored; set aside what is none."""
        if self._manifest.stream(item.stream) is None:
            raise InvalidConnectorError(
                f"fetch_history gave a row of stream {item.stream!r}, which the manifest does "
                "not declare"
            )
        if isinstance(item, Record):
            try:
                check_record(item)
            except RecordError as error:
                item = Unreadable(item.stream, item.payload, str(error))
            else:
                payload = self._reader.keep(item.stream, item.payload)
                return stamped(item, payload, batch.seen, origin)
        self._set_aside(item, batch)
        return None

    # -- what is new ------------------------------------------------------------------

    async def _compare(self, stream: str, records: list[Record], batch: Batch) -> list[_Work]:
        """Set records beside what is stored; leave out those that did not change."""
        stored = await self._reader.stored(stream, records)
        works: list[_Work] = []
        for item in records:
            fresh = self._admitted(item, stored.memory)
            if fresh is None:
                self._count(batch, stream, "skipped: forgotten")
                continue
            if fresh is not item and as_it_was(item, stored):
                self._count(batch, stream, "unchanged")
                continue
            key = (fresh.site or "", fresh.id)
            known, last = stored.rows.get(key), self._last.get((stream, *key))
            if known is not None and self._reader.scans(stream):
                # The platform has it, whatever becomes of this version.
                batch.met.append(known.row)
            before = last.record if last else stored.records.get(key)
            record = laid_over(before, fresh) if fresh.partial else fresh
            try:
                body = jsons.canonical(record.payload)
            except (TypeError, msgspec.EncodeError):
                self._set_aside(Unreadable(stream, None, f"record {fresh.id!r} is no JSON"), batch)
                continue
            digest = digest_of(record, body)
            if same(digest, last or known, stored.memory):
                self._count(batch, stream, "unchanged")
                continue
            late = bool(
                before and before.version and record.version and record.version < before.version
            )
            works.append(_Work(record, body, digest, known, None if late else before, late))
        return works

    def _admitted(self, record: Record, memory: Memory | None) -> Record | None:
        if memory is None:
            return record
        return admitted(record, memory, self._back, own=self._reader.is_guests(record.stream))

    # -- mapping ----------------------------------------------------------------------

    async def _map(self, works: Sequence[_Work], related: Related) -> list[Record | Unreadable]:
        """Run the hooks, and again with answers to their refs; return what was fetched."""
        fetched: list[Record | Unreadable] = []
        asking = works
        for _ in range(ROUNDS):
            for work in asking:
                work.outputs = self._run(work, related)
            asking = [work for work in asking if work.outputs.refs]
            refs = {ref for work in asking for ref in work.outputs.refs} - related.keys()
            if not refs:
                return fetched
            answers = await self._reader.answer(self._client, refs)
            related.update(answers.related)
            fetched += answers.fetched
        for work in asking:
            work.outputs = answered(self._run(work, related), related)
        return fetched

    def _run(self, work: _Work, related: Related) -> Outputs:
        only = ("parse_event",) if work.late else ()
        return map_record(
            self._connection, work.record, work.previous, related, self.context, only=only
        )

    # -- collecting -------------------------------------------------------------------

    def _collect(self, work: _Work, batch: Batch) -> None:
        record, outputs = work.record, work.outputs
        whole = not outputs.failures
        guests = guests_of(record, outputs)
        kept = Kept(record, work.body, work.digest, work.stored, guests, whole)
        if not whole:
            batch.quarantined.append(self._failed(work))
        if not work.late:
            batch.kept.append(kept)
            self._collect_rest(outputs, kept, batch)
        if whole and not work.late:
            self._last[place_of(record)] = kept
        self._collect_events(work, None if work.late else kept, batch)
        self._count(batch, record.stream, _outcome(work))

    def _collect_events(self, work: _Work, source: Kept | None, batch: Batch) -> None:
        start = self._starts.get(work.record.stream)
        for event, shown in zip(work.outputs.events, work.outputs.shown, strict=True):
            if start is not None and event.time < start:
                batch.before_history += 1
                continue
            self._mentioned.add((work.record.site, event.guest))
            batch.events.append(self._logged(event, shown, work.record, source))

    def _logged(
        self, event: Event, shown: bytes, record: Record, source: Kept | None
    ) -> LoggedEvent:
        id = event_id(self._connection.connector.name, self._account, record, event)
        site = self._site(event.site, record.site)
        return LoggedEvent(
            guest=guest_key(record.site, event.guest),
            metric=event.metric,
            at=event.time,
            day=day_of(event.time, self._zone(event.site, record.site)),
            id=id,
            value=event.value,
            currency=event.currency,
            body=event_body(event, id, shown, site.id if site else None),
            source=source,
            site=site.id if site else "",
        )

    def _collect_rest(self, outputs: Outputs, kept: Kept, batch: Batch) -> None:
        site = kept.record.site
        profile = outputs.profile
        if isinstance(profile, Profile):
            batch.guests.append(Guest(guest_key(site, profile.guest), profile.excluded))
            if not profile.excluded:
                body = outputs.profile_body
                if site is not None:
                    profile = keyed(profile, site)
                    body = profile_body(profile)
                batch.profiles.append((profile, kept, body))
        elif isinstance(profile, Merged):
            into = guest_key(site, profile.into)
            batch.leaving.append((Merged(guest_key(site, profile.old), into), kept))
        elif isinstance(profile, Gone):
            batch.leaving.append((keyed(profile, site), kept))
        batch.consents.extend((keyed(consent, site), kept) for consent in outputs.consents)
        reservation, body = outputs.reservation, outputs.reservation_body
        if reservation is not None:
            if site is not None:
                reservation = keyed(reservation, site)
                body = reservation_body(reservation)
            batch.reservations.append((reservation, kept, body))

    def _failed(self, work: _Work) -> Quarantined:
        record, failures = work.record, work.outputs.failures
        previous = jsons.encode(record_json(work.previous)) if work.previous else None
        return Quarantined(
            stream=record.stream,
            site=record.site or "",
            key=record.id,
            digest=work.digest,
            hooks=" ".join(failure.hook for failure in failures),
            reason="; ".join(f"{failure.hook}: {failure.reason}" for failure in failures),
            payload=jsons.encode(record_json(record)),
            previous=previous,
            version=record.version,
            guests=guests_of(record, work.outputs),
        )

    def _set_aside(self, item: Unreadable, batch: Batch) -> None:
        """Quarantine a row that is no record; its content stands in for an id."""
        payload = jsons.canonical(self._reader.keep(item.stream, item.payload))
        digest = jsons.digest(payload)
        batch.quarantined.append(
            Quarantined(
                stream=item.stream,
                site="",
                key=f"row {digest.hex()[:12]}",
                digest=digest,
                hooks="fetch_history",
                reason=item.reason,
                payload=payload,
                previous=None,
                version=None,
                guests=(),
            )
        )
        self._count(batch, item.stream, "quarantined")

    def _count(self, batch: Batch, stream: str, outcome: str) -> None:
        batch.outcomes[stream, outcome] += 1

    # -- guests not known yet ---------------------------------------------------------

    async def _strangers(self, batch: Batch) -> list[Stranger]:
        """Return guests of events whose own record neither the store nor the page has."""
        stream = self._manifest.guests
        if stream is None:
            return []
        here = {
            (kept.record.site, kept.record.id)
            for kept in batch.kept
            if kept.record.stream == stream
        }
        return await self._reader.unknown_guests(
            stream, self._mentioned - here, batch.seen - ASK_AGAIN
        )


def _outcome(work: _Work) -> str:
    if work.outputs.failures:
        return "quarantined"
    if work.late:
        return "superseded"
    if work.outputs.skipped:
        return f"skipped: {work.outputs.skipped}"
    return "mapped"
