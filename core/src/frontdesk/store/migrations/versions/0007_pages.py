"""What pages ask for: counts by site, names as they are looked for, and indexes in their order."""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVENT = 1
#: Rows in memory at a time.
_BATCH = 2000
#: Sum of events, sum of values, first and last.
_Counts = dict[tuple[int, str, str], list[int]]


def upgrade() -> None:
    """Count by site what was counted, fold the names that are there, and change the indexes."""

    db = op.get_bind()
    days = [tuple(row) for row in db.execute(_days("metric_id", "day", "currency"))]
    op.drop_table("metric_days")
    _tables()
    _count(db, days)
    op.add_column("cursors", sa.Column("began", sa.BigInteger(), nullable=True))
    op.drop_index("ix_log_guest_id", "log")
    op.create_index("ix_log_guest_id_at", "log", ["guest_id", "at"])
    op.create_index("ix_quarantine_closed_id", "quarantine", ["closed", "id"])
    gone = sa.text("gone IS NOT NULL")
    op.create_index(
        "ix_guests_connection_id_gone",
        "guests",
        ["connection_id", "gone"],
        sqlite_where=gone,
        postgresql_where=gone,
    )
    _names(db)


def _days(*keys: str) -> Any:
    names = (*keys, "total", "value")
    return sa.select(*(sa.column(name) for name in names)).select_from(sa.table("metric_days"))


def _tables() -> None:
    op.create_table(
        "metric_days",
        sa.Column("metric_id", KEY, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        *_counted(),
        sa.ForeignKeyConstraint(
            ["metric_id"], ["metrics.id"], name=op.f("fk_metric_days_metric_id")
        ),
        sa.PrimaryKeyConstraint("metric_id", "day", "currency", "site", name=op.f("pk_metric_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "metric_sites",
        sa.Column("metric_id", KEY, nullable=False),
        *_counted(),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["metric_id"], ["metrics.id"], name=op.f("fk_metric_sites_metric_id")
        ),
        sa.PrimaryKeyConstraint("metric_id", "site", "currency", name=op.f("pk_metric_sites")),
        sqlite_with_rowid=False,
    )


def _counted() -> list[sa.Column[Any]]:
    return [
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total", KEY, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
    ]


def _count(db: sa.Connection, days: list[tuple[Any, ...]]) -> None:
    """Give each counted event to the site its body names.

    What no body speaks for any more (its guest was forgotten, or it was logged before bodies
    named sites) stays counted under none: the sums over all sites are what they were.
    """
    left = {(metric, day, currency): [total, value] for metric, day, currency, total, value in days}
    by_day: dict[tuple[int, int, str, str], list[int]] = defaultdict(lambda: [0, 0])
    by_site: _Counts = {}
    for metric, at, site, zone, value, currency in _events(db):
        day = (_EPOCH + timedelta(microseconds=at)).astimezone(zone).toordinal()
        key = (metric, day - _EPOCH.toordinal(), currency)
        rest = left.get(key)
        if site is None or rest is None or rest[0] < 1:
            _add(by_site, (metric, "", currency), 0, 0, at)
            continue
        rest[0] -= 1
        rest[1] -= value
        counted = by_day[(*key[:2], site, currency)]
        counted[0] += 1
        counted[1] += value
        _add(by_site, (metric, site, currency), 1, value, at)
    for (metric, day, currency), (total, value) in left.items():
        if total or value:
            by_day[metric, day, "", currency] = [total, value]
            at = day * 86_400_000_000
            _add(by_site, (metric, "", currency), total, value, None, at)
    _write(db, by_day, {key: found for key, found in by_site.items() if found[0] or found[1]})


def _add(
    counts: _Counts,
    key: tuple[int, str, str],
    total: int,
    value: int,
    at: int | None,
    guess: int = 0,
) -> None:
    known = counts.get(key)
    if known is None:
        when = guess if at is None else at
        counts[key] = [total, value, when, when]
        return
    known[0] += total
    known[1] += value
    if at is not None:
        known[2], known[3] = min(known[2], at), max(known[3], at)


def _events(
    db: sa.Connection,
) -> Iterator[tuple[int, int, str | None, tzinfo, int, str]]:
    """Yield metric, time, site (None: it is not told), its zone, value and currency of events."""
    zones = _zones(db)
    asked = sa.text(
        "SELECT l.metric_id, l.at, l.value, l.currency, l.connection_id, b.body FROM log l"
        " JOIN log_bodies b ON b.connection_id = l.connection_id AND b.seq = l.seq"
        f" WHERE l.kind = {_EVENT} AND l.metric_id IS NOT NULL"
    )
    # Of this statement alone: the connection goes on to change tables.
    found = db.execute(asked.execution_options(yield_per=_BATCH))
    for metric, at, value, currency, connection, body in found:
        site = json.loads(bytes(body)).get("site")
        known = zones[connection]
        zone = known.get(site) or known[None]
        yield metric, at, site, zone, value or 0, currency or ""


def _zones(db: sa.Connection) -> dict[int, dict[str | None, tzinfo]]:
    zones: dict[int, dict[str | None, tzinfo]] = {}
    for id, details in db.execute(sa.text("SELECT id, details FROM connections")):
        sites = json.loads(bytes(details)).get("sites", ())
        known: dict[str | None, tzinfo] = {site["id"]: _zone(site) for site in sites}
        zones[id] = {None: next(iter(known.values()), UTC), **known}
    return zones


def _zone(site: dict[str, Any]) -> tzinfo:
    try:
        return ZoneInfo(site.get("time_zone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _write(
    db: sa.Connection, by_day: dict[tuple[int, int, str, str], list[int]], by_site: _Counts
) -> None:
    days = "INSERT INTO metric_days (metric_id, day, site, currency, total, value)"
    days += " VALUES (:m, :d, :s, :c, :t, :v)"
    rows = [
        {"m": m, "d": d, "s": s, "c": c, "t": t, "v": v}
        for (m, d, s, c), (t, v) in sorted(by_day.items())
    ]
    if rows:
        db.execute(sa.text(days), rows)
    sites = "INSERT INTO metric_sites VALUES (:m, :s, :c, :t, :v, :f, :l)"
    told = [
        {"m": m, "s": s, "c": c, "t": t, "v": v, "f": f, "l": l}
        for (m, s, c), (t, v, f, l) in sorted(by_site.items())
    ]
    if told:
        db.execute(sa.text(sites), told)


def _names(db: sa.Connection) -> None:
    op.add_column("profiles", sa.Column("first_folded", sa.String(), nullable=True))
    op.add_column("profiles", sa.Column("last_folded", sa.String(), nullable=True))
    asked = "SELECT guest_id, first_name, last_name FROM profiles WHERE guest_id > :after"
    asked += f" ORDER BY guest_id LIMIT {_BATCH}"
    change = "UPDATE profiles SET first_folded = :first, last_folded = :last WHERE guest_id = :id"
    after = -1
    while rows := db.execute(sa.text(asked), {"after": after}).all():
        folded = [{"id": id, "first": _fold(a), "last": _fold(b)} for id, a, b in rows]
        db.execute(sa.text(change), folded)
        after = rows[-1][0]
    for column in ("email", "phone_number", "last_name"):
        op.drop_index(f"ix_profiles_{column}", "profiles")
    for columns in (["email"], ["phone_number"], ["first_folded"], ["last_folded", "first_folded"]):
        ops = dict.fromkeys(columns, "varchar_pattern_ops")
        name = f"ix_profiles_{'_'.join(columns)}"
        op.create_index(name, "profiles", columns, postgresql_ops=ops)


def _fold(name: str | None) -> str | None:
    if name is None:
        return None
    plain = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(bare.split()) or None
