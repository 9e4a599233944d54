"""Writing a page: records, outputs, counters and cursor in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from frontdesk import jsons
from frontdesk.model import Consent, Gone, Merged, Origin, Profile
from frontdesk.store import leases
from frontdesk.store.accounts import Stored
from frontdesk.store.batch import Batch, Kept, Kind, LoggedEvent, Written
from frontdesk.store.schema import (
    connections,
    consents,
    counters,
    cursors,
    guests,
    log,
    log_bodies,
    metric_days,
    metrics,
    payloads,
    profiles,
    quarantine,
    quarantine_guests,
    record_guests,
    records,
    reservations,
    streams,
)
from frontdesk.store.upserts import add_up, chunks, insert_into, insert_missing, replace
from frontdesk.wire import consent_json, leaving_json, profile_json, reservation_json

_ORIGINS = {origin: number for number, origin in enumerate(Origin)}


def write(db: Connection, lease: leases.Lease, stored: Stored, batch: Batch) -> Written:
    """Write *batch* in the transaction of *db*.

    Raises:
        LeaseError: The lease was lost; nothing must be committed.
    """
    return _Writer(db, lease, stored, batch).write()


class _Writer:
    """One transaction: holds what its steps learn for those after them."""

    def __init__(
        self, db: Connection, lease: leases.Lease, stored: Stored, batch: Batch
    ) -> None:
        self.db = db
        self.stored = stored
        self.batch = batch
        self.origin = _ORIGINS[Origin.LIVE if batch.live else Origin.HISTORY]
        self.seq = leases.lock(db, lease)
        self.guests: dict[str, int] = {}
        self.entries: list[dict[str, Any]] = []
        self.bodies: list[dict[str, Any]] = []

    def write(self) -> Written:
        batch = self.batch
        self.guests = self._guest_rows(_guest_keys(batch))
        self._write_records()
        events = self._log_events(self._fresh(batch.events))
        changed = self._log_profiles()
        said = self._log_consents()
        reserved = self._log_reservations()
        self._log_leaving()
        quarantined = self._write_quarantine()
        if self.entries:
            self.db.execute(insert(log), self.entries)
            self.db.execute(insert(log_bodies), self.bodies)
        self._write_counters()
        self._write_mark()
        table = connections.c
        self.db.execute(
            update(connections).where(table.id == self.stored.id).values(seq=self.seq)
        )
        return Written(
            events, changed, said, reserved, quarantined, self.batch.before_history
        )

    # -- guests -----------------------------------------------------------------------

    def _guest_rows(self, keys: set[str]) -> dict[str, int]:
        ordered = sorted(keys)
        rows = [{"connection_id": self.stored.id, "key": key} for key in ordered]
        found = self._known_guests(ordered)
        missing = [row for row in rows if row["key"] not in found]
        if missing:
            insert_missing(self.db, guests, missing)
            found |= self._known_guests([str(row["key"]) for row in missing])
        self._write_guest_states(found)
        return found

    def _known_guests(self, keys: Sequence[str]) -> dict[str, int]:
        table = guests.c
        return {
            row.key: row.id
            for part in chunks(keys)
            for row in self.db.execute(
                select(table.key, table.id).where(
                    table.connection_id == self.stored.id, table.key.in_(part)
                )
            )
        }

    def _write_guest_states(self, rows: dict[str, int]) -> None:
        states = [
            {"row": rows[guest.key], "rule": guest.excluded} for guest in self.batch.guests
        ]
        if states:
            self.db.execute(
                update(guests)
                .where(guests.c.id == bindparam("row"))
                .values(excluded=bindparam("rule")),
                states,
            )
        asked = [{"row": rows[key], "when": self.batch.seen} for key in self.batch.asked]
        if asked:
            self.db.execute(
                update(guests)
                .where(guests.c.id == bindparam("row"))
                .values(asked=bindparam("when")),
                asked,
            )

    # -- records ----------------------------------------------------------------------

    def _write_records(self) -> None:
        # The last version of a record in the page is the one that stays.
        last: dict[tuple[str, str, str], Kept] = {}
        for kept in self.batch.kept:
            record = kept.record
            last[record.stream, record.site or "", record.id] = kept
        fresh = [kept for kept in last.values() if kept.stored is None]
        newer = [kept for kept in last.values() if kept.stored is not None]
        self._insert_records(fresh)
        self._update_records(newer)
        for kept in self.batch.kept:
            record = kept.record
            kept.row = last[record.stream, record.site or "", record.id].row
        self._index_guests(last.values())
        self._mark_met()

    def _values(self, kept: Kept) -> dict[str, Any]:
        record = kept.record
        return {
            "stream_id": self.stored.streams[record.stream],
            "site": record.site or "",
            "key": record.id,
            "version": record.version,
            "digest": kept.digest,
            "seen": record.seen,
            "origin": _ORIGINS[record.origin],
            "deleted": record.deleted,
        }

    def _insert_records(self, fresh: list[Kept]) -> None:
        if not fresh:
            return
        scans = self._scans()
        rows = [
            {**self._values(kept), "scan": scans[self.stored.streams[kept.record.stream]]}
            for kept in fresh
        ]
        made = self.db.execute(
            insert(records).returning(records.c.id, sort_by_parameter_order=True), rows
        )
        for kept, row in zip(fresh, made.scalars(), strict=True):
            kept.row = row
        self.db.execute(insert(payloads), [{"record_id": k.row, "body": k.body} for k in fresh])

    def _update_records(self, newer: list[Kept]) -> None:
        rows: list[dict[str, Any]] = []
        bodies: list[dict[str, Any]] = []
        for kept in newer:
            if kept.stored is None:
                continue
            kept.row = kept.stored.row
            rows.append({"row": kept.row, **self._values(kept)})
            bodies.append({"row": kept.row, "new": kept.body})
        if rows:
            changed: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "row"}
            self.db.execute(
                update(records).where(records.c.id == bindparam("row")).values(**changed), rows
            )
            self.db.execute(
                update(payloads)
                .where(payloads.c.record_id == bindparam("row"))
                .values(body=bindparam("new")),
                bodies,
            )
            self._stamp_scan([kept.row for kept in newer])

    def _scans(self) -> dict[int, int]:
        table = streams.c
        rows = self.db.execute(
            select(table.id, table.scan).where(table.connection_id == self.stored.id)
        )
        return {row.id: row.scan for row in rows}

    def _mark_met(self) -> None:
        self._stamp_scan(self.batch.met)

    def _stamp_scan(self, rows: Sequence[int]) -> None:
        table = records.c
        for part in chunks(rows):
            scan = select(streams.c.scan).where(streams.c.id == table.stream_id).scalar_subquery()
            self.db.execute(
                update(records).where(table.id.in_(part), table.scan != scan).values(scan=scan)
            )

    def _index_guests(self, kept: Iterable[Kept]) -> None:
        pairs = [
            {"guest_id": self.guests[guest], "record_id": one.row}
            for one in kept
            for guest in one.guests
        ]
        insert_missing(self.db, record_guests, pairs)

    # -- the log ----------------------------------------------------------------------

    def _append(self, kind: Kind, guest: str, at: datetime, body: bytes, **more: Any) -> int:
        self.seq += 1
        self.entries.append(
            {
                "connection_id": self.stored.id,
                "seq": self.seq,
                "kind": kind,
                "origin": self.origin,
                "guest_id": self.guests[guest],
                "at": at,
                "logged": self.batch.seen,
                "record_id": None,
                "metric_id": None,
                "event_id": None,
                "value": None,
                "currency": None,
                **more,
            }
        )
        self.bodies.append({"connection_id": self.stored.id, "seq": self.seq, "body": body})
        return self.seq

    def _fresh(self, events: list[LoggedEvent]) -> list[LoggedEvent]:
        """Leave out events whose id is logged already: the first one stands."""
        first: dict[bytes, LoggedEvent] = {}
        for event in events:
            first.setdefault(event.id, event)
        known: set[bytes] = set()
        for part in chunks(list(first)):
            known.update(
                self.db.execute(select(log.c.event_id).where(log.c.event_id.in_(part))).scalars()
            )
        return [event for id, event in first.items() if id not in known]

    def _log_events(self, events: list[LoggedEvent]) -> int:
        if not events:
            return 0
        ids = self._count_metrics(events)
        for event in events:
            self._append(
                Kind.EVENT,
                event.guest,
                event.at,
                event.body,
                record_id=event.source.row if event.source else None,
                metric_id=ids[event.metric],
                event_id=event.id,
                value=event.value,
                currency=event.currency,
            )
        self._count_days(events, ids)
        return len(events)

    def _count_metrics(self, events: list[LoggedEvent]) -> dict[str, int]:
        times: dict[str, list[datetime]] = defaultdict(list)
        for event in events:
            times[event.metric].append(event.at)
        statement = insert_into(self.db, metrics)
        new = statement.excluded
        table = metrics.c
        earlier = _smaller(self.db)
        later = _larger(self.db)
        self.db.execute(
            statement.on_conflict_do_update(
                index_elements=["connection_id", "name"],
                set_={
                    "total": table.total + new.total,
                    "first": earlier(table.first, new.first),
                    "last": later(table.last, new.last),
                },
            ),
            [
                {
                    "connection_id": self.stored.id,
                    "name": name,
                    "total": len(at),
                    "first": min(at),
                    "last": max(at),
                }
                for name, at in times.items()
            ],
        )
        rows = self.db.execute(
            select(table.name, table.id).where(table.connection_id == self.stored.id)
        )
        return {row.name: row.id for row in rows}

    def _count_days(self, events: list[LoggedEvent], ids: dict[str, int]) -> None:
        sums: dict[tuple[int, int, str], list[Any]] = {}
        for event in events:
            key = (ids[event.metric], event.day, event.currency or "")
            total = sums.setdefault(key, [0, Decimal(0)])
            total[0] += 1
            total[1] += event.value or 0
        rows = [
            {"metric_id": m, "day": day, "currency": c, "total": n, "value": value}
            for (m, day, c), (n, value) in sums.items()
        ]
        add_up(self.db, metric_days, rows, sums=("total", "value"))

    def _log_profiles(self) -> int:
        last = {profile.guest: (profile, kept) for profile, kept in self.batch.profiles}
        before = self._profile_digests([self.guests[guest] for guest in last])
        rows: list[dict[str, Any]] = []
        for guest, (profile, kept) in last.items():
            body = jsons.canonical(profile_json(profile))
            digest = jsons.digest(body)
            if before.get(self.guests[guest]) == digest:
                continue
            at = kept.record.version or self.batch.seen
            self._append(Kind.PROFILE, guest, at, body, record_id=kept.row)
            rows.append(self._profile_row(profile, kept, digest, body))
        replace(self.db, profiles, rows)
        return len(rows)

    def _profile_digests(self, rows: Sequence[int]) -> dict[int, bytes]:
        table = profiles.c
        return {
            row.guest_id: row.digest
            for part in chunks(rows)
            for row in self.db.execute(
                select(table.guest_id, table.digest).where(table.guest_id.in_(part))
            )
        }

    def _profile_row(
        self, profile: Profile, kept: Kept, digest: bytes, body: bytes
    ) -> dict[str, Any]:
        return {
            "guest_id": self.guests[profile.guest],
            "record_id": kept.row,
            "email": profile.email.lower() if profile.email else None,
            "phone_number": profile.phone_number,
            "first_name": profile.first_name,
            "last_name": profile.last_name,
            "digest": digest,
            "body": body,
            "updated": self.batch.seen,
        }

    def _log_consents(self) -> int:
        said = self._latest_consents({consent.guest for consent, _ in self.batch.consents})
        rows: list[dict[str, Any]] = []
        for consent, kept in self.batch.consents:
            key = (self.guests[consent.guest], consent.channel.value, _address(consent))
            statement = (consent.state.value, consent.at)
            if said.get(key) == statement:
                continue
            said[key] = statement
            at = consent.at or self.batch.seen
            body = jsons.encode(consent_json(consent))
            seq = self._append(Kind.CONSENT, consent.guest, at, body, record_id=kept.row)
            rows.append(self._consent_row(consent, seq))
        if rows:
            self.db.execute(insert(consents), rows)
        return len(rows)

    def _latest_consents(
        self, keys: set[str]
    ) -> dict[tuple[int, str, str], tuple[str, datetime | None]]:
        """Return the last statement of each guest, channel and address."""
        table = consents.c
        found: dict[tuple[int, str, str], tuple[str, datetime | None]] = {}
        for part in chunks(sorted(self.guests[key] for key in keys)):
            rows = self.db.execute(
                select(table.guest_id, table.channel, table.address, table.state, table.at)
                .where(table.guest_id.in_(part))
                .order_by(table.seq)
            )
            for row in rows:
                found[row.guest_id, row.channel, row.address] = (row.state, row.at)
        return found

    def _consent_row(self, consent: Consent, seq: int) -> dict[str, Any]:
        return {
            "connection_id": self.stored.id,
            "seq": seq,
            "brand_id": self.stored.brand,
            "guest_id": self.guests[consent.guest],
            "channel": consent.channel.value,
            "address": _address(consent),
            "state": consent.state.value,
            "at": consent.at,
            "seen": self.batch.seen,
            "evidence": consent.evidence,
        }

    def _log_reservations(self) -> int:
        last = {kept.row: (reservation, kept) for reservation, kept in self.batch.reservations}
        before = self._reservation_bodies(list(last))
        rows: list[dict[str, Any]] = []
        for row, (reservation, kept) in last.items():
            body = jsons.encode(reservation_json(reservation))
            if before.get(row) == body:
                continue
            at = reservation.updated or self.batch.seen
            self._append(Kind.RESERVATION, reservation.guest, at, body, record_id=row)
            rows.append(
                {
                    "record_id": row,
                    "connection_id": self.stored.id,
                    "guest_id": self.guests[reservation.guest],
                    "number": reservation.number,
                    "status": reservation.status,
                    "from_at": reservation.from_,
                    "to_at": reservation.to,
                    "body": body,
                }
            )
        replace(self.db, reservations, rows)
        return len(rows)

    def _reservation_bodies(self, rows: Sequence[int]) -> dict[int, bytes]:
        table = reservations.c
        return {
            row.record_id: row.body
            for part in chunks(rows)
            for row in self.db.execute(
                select(table.record_id, table.body).where(table.record_id.in_(part))
            )
        }

    def _log_leaving(self) -> None:
        for leaving in self.batch.leaving:
            body = jsons.encode(leaving_json(leaving))
            if isinstance(leaving, Merged):
                self._append(Kind.MERGED, leaving.old, self.batch.seen, body)
                self._merge(self.guests[leaving.old], self.guests[leaving.into])
            else:
                self._append(Kind.GONE, leaving.guest, self.batch.seen, body)
                self._leave(self.guests[leaving.guest], leaving)

    def _merge(self, old: int, into: int) -> None:
        self.db.execute(update(guests).where(guests.c.id == old).values(merged_into=into))
        self.db.execute(profiles.delete().where(profiles.c.guest_id == old))

    def _leave(self, guest: int, gone: Gone) -> None:
        self.db.execute(
            update(guests).where(guests.c.id == guest).values(gone=self.batch.seen)
        )
        self.db.execute(profiles.delete().where(profiles.c.guest_id == guest))
        if gone.erase:
            # What the platform erased must not live on in older log entries.
            said = select(log.c.connection_id, log.c.seq).where(
                log.c.guest_id == guest, log.c.kind == Kind.PROFILE
            )
            for row in self.db.execute(said).all():
                self.db.execute(
                    update(log_bodies)
                    .where(
                        log_bodies.c.connection_id == row.connection_id,
                        log_bodies.c.seq == row.seq,
                    )
                    .values(body=b"{}")
                )

    # -- what could not be used, counters, cursor -------------------------------------

    def _write_quarantine(self) -> int:
        # Closed first: what this very page quarantines stays open.
        self._close_superseded()
        return sum(self._quarantine_one(item) for item in self.batch.quarantined)

    def _quarantine_one(self, item: Any) -> int:
        table = quarantine.c
        values: dict[str, Any] = {
            "stream_id": self.stored.streams[item.stream],
            "site": item.site,
            "key": item.key,
            "digest": item.digest,
        }
        row = self.db.execute(
            select(table.id, table.closed).where(*(table[k] == v for k, v in values.items()))
        ).one_or_none()
        if row is not None:
            self.db.execute(
                update(quarantine)
                .where(table.id == row.id)
                .values(
                    tries=table.tries + 1, hooks=item.hooks, reason=item.reason, closed=""
                )
            )
            return int(row.closed != "")
        made = self.db.execute(
            insert(quarantine).values(
                **values,
                hooks=item.hooks,
                reason=item.reason,
                version=item.version,
                origin=self.origin,
                since=self.batch.seen,
                tries=1,
                payload=item.payload,
                previous=item.previous,
            )
        )
        (id,) = made.inserted_primary_key or (0,)
        spoken_of = [
            {"guest_id": self.guests[guest], "quarantine_id": id} for guest in item.guests
        ]
        insert_missing(self.db, quarantine_guests, spoken_of)
        return 1

    def _close_superseded(self) -> None:
        """Close entries that were tried again, or of which a later version was stored now."""
        if self.batch.replayed:
            self.db.execute(
                update(quarantine)
                .where(quarantine.c.id.in_(self.batch.replayed))
                .values(closed="replayed")
            )
        by_stream: dict[int, set[str]] = defaultdict(set)
        for kept in self.batch.kept:
            by_stream[self.stored.streams[kept.record.stream]].add(kept.record.id)
        table = quarantine.c
        for stream, keys in by_stream.items():
            for part in chunks(sorted(keys)):
                self.db.execute(
                    update(quarantine)
                    .where(table.stream_id == stream, table.key.in_(part), table.closed == "")
                    .values(closed="superseded")
                )

    def _write_counters(self) -> None:
        rows = [
            {"stream_id": self.stored.streams[stream], "outcome": outcome, "total": total}
            for (stream, outcome), total in self.batch.outcomes.items()
        ]
        add_up(self.db, counters, rows, sums=("total",))

    def _write_mark(self) -> None:
        mark = self.batch.mark
        if mark is None:
            return
        row = {
            "stream_id": self.stored.streams[mark.stream],
            "purpose": mark.purpose,
            "cursor": jsons.encode(mark.cursor),
            "done": mark.done,
            "total": mark.total,
            "finished": mark.finished,
            "updated": self.batch.seen,
        }
        replace(self.db, cursors, [row])


def _guest_keys(batch: Batch) -> set[str]:
    return set(_mentioned(batch))


def _mentioned(batch: Batch) -> Iterator[str]:
    for kept in batch.kept:
        yield from kept.guests
    for event in batch.events:
        yield event.guest
    for profile, _ in batch.profiles:
        yield profile.guest
    for consent, _ in batch.consents:
        yield consent.guest
    for reservation, _ in batch.reservations:
        yield reservation.guest
    for leaving in batch.leaving:
        yield from (leaving.old, leaving.into) if isinstance(leaving, Merged) else (leaving.guest,)
    for item in batch.quarantined:
        yield from item.guests
    for guest in batch.guests:
        yield guest.key
    yield from batch.asked


def _address(consent: Consent) -> str:
    """Return the address as the ledger compares it."""
    return consent.address.strip().lower()


def _smaller(db: Connection) -> Any:
    return func.least if db.dialect.name == "postgresql" else func.min


def _larger(db: Connection) -> Any:
    return func.greatest if db.dialect.name == "postgresql" else func.max
