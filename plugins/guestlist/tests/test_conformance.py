"""The guest list passes the suite that every connector is held to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from unittest.mock import patch

import anyio
import attrs
import httpx
import lodge
import pytest
from channelling import SETTINGS, reservation
from guesthouse import NOW, House, opened
from lodge import Lodge
from sqlalchemy import select, update

import frontdesk_guestlist
from frontdesk import Desk
from frontdesk.annex import Annex
from frontdesk.model import Delivery, Json, Purpose, Query, Record
from frontdesk.testing import ConnectorSuite, Platform, Signed
from frontdesk_guestlist import activities, channels, mirror, records, schema, stopping, subscribing
from frontdesk_guestlist.activities import Kind

SECRET = "a secret of the channel manager"
_IN_VAIN = pytest.mark.xfail(reason="its platform is the store: nothing comes over a wire")


class TestGuestList(ConnectorSuite):
    connector = frontdesk_guestlist
    now = NOW
    # What is said of an address is tried in test_stopping.py, whatever comes in which order.
    unproduced = {"opt-out": "each statement is a record of its own, which never changes"}
    #: The store of the class whose tests run.
    annex: ClassVar[Annex]

    @contextmanager
    def platform(self) -> Iterator[Platform]:
        with TemporaryDirectory() as folder:
            store = Path(folder) / "frontdesk.db"
            anyio.run(_furnish, store)
            desk = Desk(store)
            made = desk.connect("guestlist", name="grand", **SETTINGS)
            type(self).annex = desk.annex(made)
            # Nothing is ever asked there.
            yield Platform(SETTINGS, httpx.MockTransport(lambda _: httpx.Response(500)))
            desk.store.close()

    def connected(self, *args: Any, **more: Any) -> Any:
        return attrs.evolve(super().connected(*args, **more), annex=self.annex)

    @contextmanager
    def other_pages(self) -> Iterator[Mapping[str, Any]]:
        with patch.object(records, "PAGE", 70):
            yield {}

    def rows(self, request: httpx.Request, answer: Json) -> Iterable[tuple[str, list[Json]]]:
        del request, answer
        return ()

    @_IN_VAIN
    @pytest.mark.parametrize("status", [429, 503])
    def test_429_and_503_are_tried_again_as_asked(self, observed: Any, status: int) -> None:
        super().test_429_and_503_are_tried_again_as_asked(observed, status)

    @_IN_VAIN
    def test_an_auth_failure_is_not_tried_again(self, observed: Any) -> None:
        super().test_an_auth_failure_is_not_tried_again(observed)

    @_IN_VAIN
    def test_a_malformed_record_never_stops_a_sync(self, observed: Any) -> None:
        super().test_a_malformed_record_never_stops_a_sync(observed)

    def delivery(self) -> Signed:
        body = json.dumps({"reservations": [reservation(), reservation(number="BK-2")]}).encode()
        header = channels.signature(SECRET, body, int(NOW.timestamp()))
        return Signed(
            Delivery(body, headers={channels.HEADER: header}, received=NOW),
            header=channels.HEADER,
            settings={"channel_secret": SECRET},
        )

    async def lives(self) -> Sequence[Sequence[Record]]:
        life = [
            reservation(status="requested"),
            reservation(updated="2026-05-02T10:00:00Z"),
            reservation(updated="2026-05-03T10:00:00Z", departure="2026-06-09"),
            reservation(updated="2026-05-04T10:00:00Z", status="cancelled"),
        ]
        asked = select(activities.activities.c.uid)
        inside = reservation(number="BK-3", made_in="pms")
        ids = await self.annex.read(lambda db: tuple(db.execute(asked).scalars()))
        told = await self.annex.read(lambda db: _told(db, self.annex, ids))
        return [
            [channels.record(version) for version in life],
            [channels.record(inside)],
            *([one] for one in told),
        ]


def _told(db: Any, annex: Annex, ids: tuple[str, ...]) -> list[Record]:
    query = Query(records.ACTIVITIES, Purpose.IDS, ids=ids[:50])
    return records._by_ids(db, annex, query)


async def _furnish(store: Path) -> None:
    """Have guests of a lodge, one of whom does everything a guest can do."""
    there = Lodge()
    for number in range(600):
        there.person(
            f"p{number}", company="Engines", locale="fr", phone="+33123456789", country="FR"
        )
        there.stay(f"s{number}", guest=f"p{number}", channel="Direct")
    there.person("p2", agency=True)
    async with opened(str(store), source="lodge", campaigns=True) as house:
        house.desk.connect(lodge, name="lodge", lodge="lodge-1", transport=there.transport)
        await house.desk.sync("lodge")
        await house.write(mirror.advance, 10_000)
        there.person("p3", into="p4")
        await house.desk.sync("lodge")
        await house.write(mirror.advance, 10_000)
        await house.annex.write(lambda db: _act(db, house))


def _act(db: Any, house: House) -> None:
    table = schema.guests.c
    asked = select(table.id, table.address).where(
        table.address.in_(("p0@example.com", "p1@example.com"))
    )
    ids = {row.address: row.id for row in db.execute(asked)}
    one, other = ids["p0@example.com"], ids["p1@example.com"]
    at, annex = datetime(2026, 6, 1, 20, tzinfo=UTC), house.annex
    db.execute(update(schema.guests).where(table.id == one).values(room_type="Double"))
    told: dict[Kind, dict[str, Any]] = {
        Kind.EMAIL_SENT: {"email": "Welcome", "email_kind": "information", "phase": "pre-stay"},
        Kind.CONCIERGE_OPENED: {},
        Kind.FORM_SUBMITTED: {"form": "check-in"},
        Kind.FEEDBACK_SUBMITTED: {"form": "in-stay", "rating": 4},
        Kind.OFFER_ORDERED: {
            "offer": "Spa",
            "quantity": 2,
            "price": Decimal("40.50"),
            "currency": "EUR",
        },
    }
    for kind, details in told.items():
        activities.record(db, annex, one, kind, at, occurrence="x", **details)
    subscribing.transfer(db, annex, [one], "Grace", subscribing.CAVEATS["en"])
    stopping.stop(db, annex, "p0@example.com", "guest", guest_id=one)
    stopping.stop(db, annex, "p1@example.com", "staff", "Grace", guest_id=other)
    stopping.undo(db, annex, "p1@example.com", "Grace", guest_id=other)
