"""Filling a store with events of another account, straight through SQL.

What a sync into a large store may suffer from is that ids of events are digests: each new
one lands anywhere in their index, however large that is by then.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import create_engine, text

#: About as many bytes as the body of an event of a reservation has.
_BODY = b'{"id":"0","metric":"Confirmed Reservation","properties":{' + b" " * 600 + b"}}"
#: Events of each guest.
_EACH = 25
_START = 1_700_000_000_000_000
_CONNECTION = (
    "INSERT INTO connections (id, brand_id, connector, account, name, title, details, state,"
    " since, live_start, seq) VALUES (1000, 1000, 'mews', 'another', 'another', 'Another',"
    " :details, 'running', 0, 0, :events)"
)
_METRIC = (
    "INSERT INTO metrics (id, connection_id, name, total, first, last)"
    " VALUES (1000, 1000, 'Confirmed Reservation', :events, 0, 0)"
)
_SERIES = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT {0} UNION ALL SELECT i + 1 FROM n WHERE i < {1}) ",
    "postgresql": "",
}
_FROM = {"sqlite": "n", "postgresql": "generate_series(CAST({0} AS bigint), {1}) AS n(i)"}
_RANDOM = {"sqlite": "randomblob(16)", "postgresql": "decode(md5(random()::text || i), 'hex')"}
_FAST = {
    "sqlite": ("journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000"),
    "postgresql": (),
}


def fill(store: str, events: int) -> None:
    """Put so many events of one other account into an empty store."""
    where = store.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(where if "://" in store else f"sqlite:///{store}")
    kind = engine.dialect.name
    with engine.connect() as db:
        for pragma in _FAST[kind]:
            db.exec_driver_sql(f"PRAGMA {pragma}")
        db.commit()
        db.execute(text("INSERT INTO brands (id, name) VALUES (1000, 'another')"))
        told: dict[str, Any] = {"events": events, "details": b'{"sites":[]}'}
        db.execute(text(_CONNECTION), {"details": told["details"], "events": events})
        db.execute(text(_METRIC), {"events": events})
        _rows(
            db,
            kind,
            "guests (id, connection_id, key)",
            "100000000 + i, 1000, 'g' || i",
            (1, events // _EACH + 1),
        )
        step = 1_000_000
        for start in range(1, events + 1, step):
            part = (start, min(start + step - 1, events))
            _rows(
                db,
                kind,
                "log (connection_id, seq, kind, origin, guest_id, metric_id, at, logged,"
                " event_id, value, currency)",
                f"1000, i, 1, 0, 100000001 + i / {_EACH}, 1000, {_START} + i * 1000000,"
                f" {_START}, {_RANDOM[kind]}, 100000000, 'EUR'",
                part,
            )
            _rows(
                db,
                kind,
                "log_bodies (connection_id, seq, body)",
                "1000, i, :body",
                part,
                body=_BODY,
            )
            db.commit()
        if kind == "sqlite":
            db.exec_driver_sql("PRAGMA journal_mode = WAL")
        else:
            db.commit()
            db.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _rows(db: Any, kind: str, into: str, values: str, part: tuple[int, int], **told: Any) -> None:
    series, source = _SERIES[kind].format(*part), _FROM[kind].format(*part)
    db.execute(text(f"INSERT INTO {into} {series}SELECT {values} FROM {source}"), told)
