"""Zenoti passes the suite that every connector is held to."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from unittest.mock import patch

import attrs
import httpx
import pytest

import frontdesk_zenoti
from frontdesk.ingest.mapping import laid_over
from frontdesk.model import Delivery, Json, Purpose, Query, Record, Ref
from frontdesk.testing import ConnectorSuite, Platform, Signed
from frontdesk_zenoti import asking
from frontdesk_zenoti.sandbox import PREFIX, Options
from frontdesk_zenoti.sandbox import Platform as Emulated
from frontdesk_zenoti.sandbox.journal import Action, Event
from frontdesk_zenoti.sandbox.messages import envelope

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRET = "s3cret"


class TestZenoti(ConnectorSuite):
    connector = frontdesk_zenoti
    now = NOW
    # One centre: every cursor of each of its weeks is gone on from. test_reading.py has several.
    sandbox = {"groups": 100, "centers": 1, "now": NOW, "rate_window": 0.0}

    @contextmanager
    def other_pages(self) -> Iterator[Mapping[str, Any]]:
        with patch.object(asking, "SIZE", 7):
            yield {}

    def rows(self, request: httpx.Request, answer: Json) -> Iterable[tuple[str, list[Json]]]:
        if isinstance(answer, list):
            # The answer is the bare list; each row is one of a group's appointments.
            found = cast("list[Json]", answer)
            yield "appointment_groups", [{"appointments": [row]} for row in found]
        elif isinstance(answer, dict) and "invoice" in answer:
            yield "invoices", [answer]
        else:
            yield from super().rows(request, answer)

    def delivery(self) -> Signed:
        told = {
            "id": "66a2",
            "event_id": "66a1",
            "event_type": "AppointmentGroup.Status",
            "event_timestamp": "2026-05-25T14:52:06.7694171Z",
            "data": {"appointment_group_id": "a-group", "appointment_group_status": 2},
        }
        body = json.dumps(told).encode()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest().upper()
        pairs = "-".join(digest[n : n + 2] for n in range(0, len(digest), 2))
        return Signed(
            Delivery(body, headers={"zenoti-webhook-signature": f"sha256 ={pairs}"}),
            header="zenoti-webhook-signature",
            settings={"webhook_secret": SECRET},
        )

    async def lives(self) -> Sequence[Sequence[Record]]:
        self._lives = Lives(self)
        return await self._lives.lived()

    def answers(self) -> Mapping[Ref, Record | None]:
        return self._lives.answers

    @pytest.mark.xfail(
        reason="Zenoti has nothing that answers for a group of appointments, a line of the sales "
        "report or a membership by its id; guests, services and invoices are compared in "
        "test_reading.py"
    )
    def test_reading_by_ids_gives_the_same_records(self, observed: Any) -> None:
        super().test_reading_by_ids_gives_the_same_records(observed)


@attrs.define
class Lives:
    """Lets everything happen to a small organization, and keeps what was seen of each thing."""

    suite: TestZenoti
    emulated: Emulated = attrs.field(
        factory=lambda: Emulated(Options(now=NOW, groups=30, guests=24, rate_window=0))
    )
    answers: dict[Ref, Record | None] = attrs.field(factory=dict)
    versions: dict[tuple[str, str], list[Record]] = attrs.field(factory=dict)
    told: list[bytes] = attrs.field(factory=list)

    async def lived(self) -> list[list[Record]]:
        emulated = self.emulated
        emulated.journal.listeners.append(self._hear)
        platform = Platform(
            {
                "api_key": emulated.keys.current,
                "webhook_secret": emulated.keys.secret,
                "base_url": f"http://zenoti.test{PREFIX}",
            },
            httpx.ASGITransport(emulated.app),
        )
        async with self.suite.reading(platform) as reader:
            for step in self._course():
                emulated.advance(timedelta(hours=1))
                step()
                for body in self.told:
                    delivery = Delivery(body, received=emulated.now)
                    for found in reader.connection.hooks.read_webhook(delivery, reader.context):
                        if isinstance(found, Record):
                            self._met(found)
                self.told.clear()
                await self._read(reader)
            await self._ask(reader)
        return list(self.versions.values())

    def _hear(self, action: Action, event: Event) -> None:
        self.told.append(envelope(action, event, self.emulated.options))

    async def _read(self, reader: Any) -> None:
        """Look at everything, as a daily reading does."""
        since = self.emulated.now - timedelta(days=3)
        for stream in ("appointment_groups", "sales", "memberships", "guests"):
            query = Query(stream, Purpose.CHANGES, since=since)
            for record in await reader.records(query):
                self._met(record)

    def _met(self, record: Record) -> None:
        known = self.versions.setdefault((record.stream, record.id), [])
        before = known[-1] if known else None
        whole = laid_over(before, record) if record.partial else record
        if before is None or (before.payload, before.deleted) != (whole.payload, whole.deleted):
            known.append(whole)

    async def _ask(self, reader: Any) -> None:
        """Ask for all that hooks may ask for."""
        world = self.emulated.world
        wanted = {
            "invoices": [row.id for row in world.invoices],
            "centers": [row.id for row in world.centers],
            "services": [row.id for row in world.catalog.services],
            "gift_cards": [row.id for row in world.guests if not row.deleted],
            "guest_packages": [row.id for row in world.guests if not row.deleted],
            "countries": ["225", "95", "224", "13"],
        }
        for stream, ids in wanted.items():
            for record in await reader.by_ids(stream, ids):
                self.answers[Ref(stream, record.id)] = record
        for (stream, id), versions in self.versions.items():
            if stream == "sales":
                self.answers[Ref(stream, id)] = versions[-1]

    def _course(self) -> Iterator[Any]:
        emulated, moves = self.emulated, self.emulated.moves
        guest = moves.create_guest()
        yield lambda: None
        start = int((emulated.now + timedelta(days=1)).timestamp())
        first = moves.book(guest, start=start)
        yield lambda: None
        for name in ("confirm", "check_in", "undo_check_in", "check_in"):
            yield lambda name=name: emulated.move(name, first)
        for name in ("start", "complete", "close"):
            yield lambda name=name: emulated.move(name, first)
        yield lambda: moves.feedback(first, 1, 4, "Lovely")
        yield lambda: moves.feedback(first, 2, 5, "Better")
        for last in ("cancel", "no_show", "delete"):
            group = moves.book(guest, start=start + 7200)
            yield lambda: None
            yield lambda last=last, group=group: emulated.move(last, group)
        held = moves.activate_membership(guest)
        yield lambda: None
        for name in ("freeze", "unfreeze", "freeze", "unfreeze", "cancel_membership", "reinstate"):
            yield lambda name=name: emulated.move(name, held)
        package = moves.create_package(guest)
        yield lambda: None
        for name in ("redeem", "reverse", "redeem", "extend_package"):
            yield lambda name=name: emulated.move(name, package)
        yield lambda: moves.order_card(guest)
        yield lambda: moves.opt_out(guest)
        yield lambda: moves.opt_in(guest)
        yield lambda: moves.update_guest(guest, phone="555 0100")
        yield lambda: moves.opt_out(guest)
        yield lambda: moves.book_class(guest)
        yield moves.hire
        yield lambda: moves.tell("Loyalty.Points.Earned", {"guest_id": guest, "points": 3})
        other = moves.create_guest()
        yield lambda: moves.merge(other, guest)
        third = moves.create_guest()
        yield lambda: moves.delete_guest(third)
        for _ in range(6):
            yield lambda: emulated.play(4)
