"""Channels send reservations by a signed webhook; what comes is in the list, or has a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from channelling import SETTINGS, reservation
from jumping import START, JumpingClock
from sqlalchemy import select

import frontdesk_guestlist as guestlist
from frontdesk import Desk
from frontdesk.errors import RecordError, SkipRecord
from frontdesk.model import Account, Context, Delivery, Profile, Reservation
from frontdesk.web.serving import receiving
from frontdesk_guestlist import channels
from frontdesk_guestlist.sandbox import SECRET, Manager, Options, settings
from frontdesk_guestlist.schema import guests

pytestmark = pytest.mark.anyio
_STRANGE = {"webhook_doubled": 0.3, "webhook_disordered": 0.3, "webhook_malformed": 0.2}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def context(**more: Any) -> Context:
    """Return what the hooks know of a property."""
    return Context(guestlist.Settings(**{**SETTINGS, **more}), Account("grand", "Grand Hotel"))


def mapped(row: Mapping[str, Any], **more: Any) -> Reservation:
    """Bring what a channel sends into the neutral shape."""
    return channels.reservation(channels.record(row), context(**more))


class Received:
    """A property that a channel manager has sent to."""

    def __init__(self, place: Path, **options: Any) -> None:
        self.clock = JumpingClock()
        self.manager = Manager(Options(now=START, **options))
        self.desk = Desk(place, clock=self.clock)
        self.connection = self.desk.connect("guestlist", name="grand", **settings())

    async def take(self) -> None:
        """Let all messages come in over HTTP, and follow them to their end."""
        # Nothing is taken in before the account was opened once.
        await self.desk.sync("grand")
        async with receiving(self.desk, "127.0.0.1", 0) as address:
            self.manager.webhooks.to = f"{address}webhooks/grand"
            await self.manager.webhooks.flush()
            self.manager.webhooks.stop()
        with self.clock.standing_for_threads():
            async with self.desk.service():
                await self.clock.sleep(120)

    async def rows(self) -> dict[str, dict[str, Any]]:
        """Return the rows of the list, by number."""
        annex = self.desk.annex("grand")
        found = await annex.read(
            lambda db: [dict(row) for row in db.execute(select(guests)).mappings()]
        )
        return {row["number"]: row for row in found}


async def test_what_channels_send_is_in_the_list(tmp_path: Path) -> None:
    """GL-02 and GL-05: over HTTP, doubled, out of order and broken; refused where forged."""
    place = tmp_path / "frontdesk.db"
    there = Received(place, reservations=50, batch=7, webhook_missigned=0.2, **_STRANGE)
    async with there.desk:
        await there.take()
        there.manager.play(60)
        await there.take()
        rows = await there.rows()
        told = await there.desk.events(limit=10_000)

    book = {row["number"]: row for row in there.manager.book}
    assert len(book) > 50
    assert rows.keys() == book.keys()
    assert all(_shows(rows[number], row) for number, row in book.items())
    assert there.manager.outbox.counts["missigned"] > 0
    assert there.manager.outbox.counts["refused"] == there.manager.outbox.counts["missigned"]
    assert [one.event["metric"] for one in told] == ["Guest Created"] * len(book)


def _shows(row: dict[str, Any], sent: dict[str, Any]) -> bool:
    return (
        row["status"] == sent["status"]
        and row["arrival"] == date.fromisoformat(sent["arrival"])
        and row["departure"] == date.fromisoformat(sent["departure"])
        and row["room_type"] == sent["room_type"]
        and row["channel"] == sent["channel"]
        and row["amount"] == Decimal(sent["amount"])
        and row["email"] == sent["guest"]["email"]
        and row["created"] == datetime.fromisoformat(sent["created"])
        and row["duplicate_of"] == sent.get("duplicate_of", "")
    )


async def test_only_channels_give_guests_and_what_is_wrong_is_set_aside(tmp_path: Path) -> None:
    """GL-02: what was made inside a system is passed over, by a named rule."""
    there = Received(tmp_path / "frontdesk.db", reservations=40, inside=0.3, wrong=0.2)
    async with there.desk:
        await there.take()
        rows = await there.rows()
        set_aside = await there.desk.quarantine()

    book = list(there.manager.book)
    inside = {row["number"] for row in book if row["made_in"] != "channel"}
    wrong = {row["number"] for row in book if row["departure"] < row["arrival"]} - inside
    assert inside
    assert wrong
    assert rows.keys() == {row["number"] for row in book} - inside - wrong
    assert {entry.reason for entry in set_aside} == {"map_reservation: departure is before arrival"}
    assert len(set_aside) == len(wrong)


def test_a_reservation_has_all_a_channel_tells() -> None:
    record = channels.record(reservation(status="arrived"))
    told, guest = channels.reservation(record, context()), channels.profile(record, context())

    assert told == Reservation(
        number="BK-1",
        guest="Rooms.example/BK-1",
        status="arrived",
        site="grand",
        from_=datetime(2026, 6, 1, 22, tzinfo=UTC),
        to=datetime(2026, 6, 4, 22, tzinfo=UTC),
        checked_in=True,
        amount=Decimal("300.00"),
        currency="EUR",
        channel="Rooms.example",
        language="fr",
        country="FR",
        created=datetime(2026, 5, 1, 10, tzinfo=UTC),
        updated=datetime(2026, 5, 1, 10, tzinfo=UTC),
    )
    assert guest == Profile(
        guest="Rooms.example/BK-1",
        email="ada@example.com",
        phone_number="+33123456789",
        first_name="Ada",
        last_name="Lovelace",
        organization="Engines",
        locale="fr",
        location={"country": "FR"},
        properties={"Room Type": "Double"},
    )


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"number": None}, "number is missing or no text"),
        ({"channel": " "}, "channel is missing or no text"),
        ({"status": "booked"}, "status is none of requested, confirmed"),
        ({"made_in": "moon"}, "made_in is none of channel, pms"),
        ({"guest": "Ada"}, "guest is missing or no JSON object"),
        ({"arrival": "2026-02-30"}, "arrival is no day of the calendar"),
        ({"arrival": "02/06/2026"}, "arrival is no day of the calendar"),
        ({"departure": None}, "departure is missing"),
        ({"departure": "2026-06-01"}, "departure is before arrival"),
        ({"departure": "2126-06-01"}, "more than 3650 nights"),
        ({"amount": "a lot"}, "amount is no sum of money"),
        ({"amount": True}, "amount is no sum of money"),
        ({"amount": "NaN"}, "amount is no sum of money"),
        ({"amount": "1e400"}, "amount is no sum of money"),
        ({"currency": "euros"}, "currency is no code of three letters"),
        ({"updated": "2026-05-01T10:00:00"}, "updated is no time with its zone"),
        ({"created": "yesterday"}, "created is no time with its zone"),
        ({"created": 1_777_000_000}, "created is no time with its zone"),
    ],
)
def test_what_is_wrong_in_a_reservation_is_named(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        mapped(reservation(**wrong))


def test_a_bad_address_sinks_no_reservation() -> None:
    guest = {"first_name": "<b>Ada</b>", "last_name": 7, "email": "ada at home", "phone": "no"}
    record = channels.record(reservation(guest=guest))
    found = channels.profile(record, context())

    assert mapped(reservation(guest=guest)).status == "confirmed"
    assert found is not None
    assert (found.first_name, found.last_name) == ("<b>Ada</b>", None)
    assert (found.email, found.phone_number) == (None, None)


def test_channels_are_not_taken_in_where_the_list_reads_another_source() -> None:
    """GL-01."""
    with pytest.raises(SkipRecord, match="other_source"):
        mapped(reservation(), source="mews")


@pytest.mark.parametrize("late", [-301, 301])
def test_a_signature_holds_for_five_minutes(late: int) -> None:
    body = json.dumps(reservation()).encode()
    own = guestlist.Settings(**SETTINGS, channel_secret=SECRET)
    header = {channels.HEADER: channels.signature(SECRET, body, int(START.timestamp()))}

    def verified(seconds: int) -> bool:
        received = START + timedelta(seconds=seconds)
        return channels.verified(Delivery(body, headers=header, received=received), own)

    assert verified(0)
    assert verified(late - late // 301)
    assert not verified(late)


def test_without_a_secret_nobody_is_believed() -> None:
    body = b"{}"
    header = {channels.HEADER: channels.signature("", body, int(START.timestamp()))}
    delivery = Delivery(body, headers=header, received=START)

    assert not channels.verified(delivery, guestlist.Settings(**SETTINGS))
