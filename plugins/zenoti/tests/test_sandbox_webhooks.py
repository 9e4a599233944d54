"""The sandbox's webhooks, over real HTTP: what is told, how it is signed, what goes wrong."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import attrs
import pytest

from frontdesk.serving import served
from frontdesk_zenoti.sandbox import Options, Platform, create, sender
from frontdesk_zenoti.sandbox.messages import SIGNATURE, signed

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@attrs.define
class Door:
    """A receiver of webhooks that remembers what came, and answers as it is told."""

    came: list[tuple[str, dict[str, str], bytes]] = attrs.field(factory=list)
    #: The next answers; without any, 200.
    answers: list[int] = attrs.field(factory=list)
    always: int = 200
    silent: bool = False
    arrived: threading.Event = attrs.field(factory=threading.Event)
    url: str = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if self.silent:
            assert (await receive())["type"] == "http.disconnect"
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.came.append((scope["method"], headers, body))
        status = self.answers.pop(0) if self.answers else self.always
        self.arrived.set()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.came]

    @property
    def types(self) -> list[str]:
        return [body["event_type"] for body in self.bodies]


@pytest.fixture(name="door")
def _door() -> Iterator[Door]:
    door = Door()
    with served(door) as address:
        door.url = address + "hooks/zenoti"
        yield door


def salon(door: Door, **options: Any) -> Platform:
    """Make a world that sends webhooks to *door*."""
    platform = Platform(Options(**{"now": NOW, "groups": 150, "rate_window": 0, **options}))
    platform.webhooks.to = door.url
    return platform


async def in_turn(platform: Platform) -> None:
    """Send all that waits, each after the one before was answered."""
    await platform.webhooks.send(platform.webhooks.outbox.take(everything=True), at_once=1)


def genuine(platform: Platform, headers: dict[str, str], body: bytes) -> bool:
    """Check a signature as a receiver does, from what is known of its form."""
    found = re.fullmatch(r"sha256\s*=\s*([0-9A-F]{2}(?:-[0-9A-F]{2}){31})", headers[SIGNATURE])
    right = hmac.new(platform.keys.secret.encode(), body, hashlib.sha256).hexdigest()
    return found is not None and found[1].replace("-", "").lower() == right


# --- what is told ----------------------------------------------------------------------------


async def test_a_whole_visit_is_told_in_order_and_signed(door: Door) -> None:
    """Seen to fail when the digits of the signature are small letters."""
    platform = salon(door)
    moves = platform.moves
    group = moves.book(moves.create_guest(), services=2)
    moves.confirm(group)
    moves.check_in(group)
    moves.undo_check_in(group)
    moves.check_in(group)
    for _ in range(2):
        moves.start(group)
        moves.complete(group)
    moves.close(group)
    await in_turn(platform)

    assert door.types == [
        "Guest.Created",
        "AppointmentGroup.Created",
        *["AppointmentGroup.Status"] * 4,
        *["Appointment.Started", "Appointment.Completed"] * 2,
        "AppointmentGroup.Status",
        "Invoice.Closed",
    ]
    statuses = [b["data"].get("appointment_group_status") for b in door.bodies]
    assert [status for status in statuses if status is not None] == [4, 2, 0, 2, 1]
    assert all(genuine(platform, headers, body) for _, headers, body in door.came)
    assert {method for method, _, _ in door.came} == {"POST"}


async def test_the_envelope_is_zenotis(door: Door) -> None:
    platform = salon(door)
    platform.play(40)
    await platform.webhooks.flush()

    bodies = door.bodies
    keys = {"id", "event_id", "event_schema", "event_resource", "event_type", "event_timestamp"}
    assert all(set(body) == keys | {"data"} for body in bodies)
    assert all(re.fullmatch("[0-9a-f]{24}", body["id"] + "") for body in bodies)
    assert all(body["id"] != body["event_id"] for body in bodies)
    assert len({body["event_id"] for body in bodies}) == len(bodies)
    digits = {len(body["event_timestamp"].partition(".")[2]) - 1 for body in bodies}
    assert digits == {6, 7}
    assert None in {body["event_resource"] for body in bodies}
    times = [datetime.fromisoformat(body["event_timestamp"]) for body in bodies]
    assert all(NOW <= at <= platform.now + timedelta(seconds=1) for at in times)


async def test_the_journal_knows_what_was_told(door: Door) -> None:
    platform = salon(door)
    platform.play(120)
    await platform.webhooks.flush()

    told = {action.event_id: action.event_type for action in platform.journal if action.event_id}
    assert told == {body["event_id"]: body["event_type"] for body in door.bodies}


async def test_times_of_bookings_are_utc_and_the_centers_beside_them(door: Door) -> None:
    platform = salon(door)
    center = platform.world.centers[0]
    guest = next(g for g in platform.world.guests if not g.center and not g.deleted)
    platform.moves.book(guest.id, start=int(datetime(2026, 7, 1, 16, tzinfo=UTC).timestamp()))
    await platform.webhooks.flush()

    (body,) = door.bodies
    first = body["data"]["appointments"][0]
    assert center.code == "BEL1"
    assert first["start_time"] == "2026-07-01T16:00:00"
    assert first["start_time_in_center"] == "2026-07-01T09:00:00"
    assert body["data"]["center_Name"] == "Bellevue"


async def test_dates_of_memberships_are_midnights_in_utc_or_plain(door: Door) -> None:
    for form, hour in (("midnight", "07:00:00"), ("plain", "00:00:00")):
        platform = salon(door, webhook_dates=form)
        member = next(m for m in platform.world.memberships if m.status == 1 and not m.center)
        platform.moves.freeze(member.id)
        await platform.webhooks.flush()
        rest = door.bodies[-1]["data"]["freeze"]

        assert rest["start_date"].endswith(hour)
        assert "guest_id" not in door.bodies[-1]["data"]


async def test_a_membership_lives_and_says_how_it_stands(door: Door) -> None:
    platform = salon(door)
    moves = platform.moves
    member = moves.activate_membership(moves.create_guest())
    moves.freeze(member)
    moves.unfreeze(member)
    moves.cancel_membership(member)
    moves.reinstate(member)
    await in_turn(platform)

    told = [(b["event_type"], b["data"]["status"]) for b in door.bodies if "status" in b["data"]]
    assert told == [
        ("Guest.Membership.Created", 1),
        ("Guest.Membership.Freeze", 3),
        ("Guest.Membership.Unfreeze", 1),
        ("Guest.Membership.Cancelled", 4),
        ("Guest.Membership.Reinstate", 1),
    ]
    created = next(b["data"] for b in door.bodies if b["event_type"] == "Guest.Membership.Created")
    assert created["group_user_membership_id"] == created["invoice"]["id"]


@pytest.mark.parametrize(
    ("options", "status"),
    [({"webhook_cancelled": "-1"}, (-1, 4)), ({"webhook_statuses": "sample"}, (1, 3))],
)
async def test_a_cancelled_membership_may_say_another_number(
    door: Door, options: dict[str, Any], status: tuple[int, int]
) -> None:
    platform = salon(door, **options)
    member = next(m for m in platform.world.memberships if m.status == 1)
    platform.moves.cancel_membership(member.id)
    await platform.webhooks.flush()
    data = door.bodies[0]["data"]

    assert (data["status"], data["recurrence_status"]) == status
    assert data["cancel"]["reason"]


async def test_packages_and_cards_are_told_with_their_invoices(door: Door) -> None:
    platform = salon(door, webhook_cards=True)
    moves = platform.moves
    guest = moves.create_guest()
    package = moves.create_package(guest)
    moves.redeem(package)
    moves.reverse(package)
    card = moves.order_card(guest)
    await in_turn(platform)

    assert door.types[1:] == [
        "Guest.Package.Created",
        "Invoice.Closed",
        "Guest.Package.Redemption",
        "Invoice.Closed",
        "Guest.Package.RedemptionReversal",
        "GiftCard.Created",
        "Invoice.Closed",
    ]
    assert door.bodies[3]["data"]["service_redemptions"]
    assert door.bodies[6]["data"]["id"] == card
    assert door.bodies[7]["data"]["invoice"]["invoice_items"][0]["type"] == 6


async def test_feedback_has_two_forms_and_ids_in_capitals(door: Door) -> None:
    platform = salon(door)
    group = next(g for g in platform.world.groups if g.status == 1)
    platform.moves.feedback(group.id, version=1, rating=4)
    platform.moves.feedback(group.id, version=2, rating=4, words="Fine")
    await in_turn(platform)
    first, second = (body["data"] for body in door.bodies)

    assert set(first["rating_value"]) == {"service", "therapist", "ambience", "cleanliness"}
    assert second["rating_value"] == 4
    assert second["guest_feedback_tags"]
    assert first["appointment_group_id"] == group.id.upper()


async def test_guests_opt_out_merge_and_go(door: Door) -> None:
    platform = salon(door)
    moves, world = platform.moves, platform.world
    old, into = moves.create_guest(), moves.create_guest()
    booked = moves.book(old)
    moves.opt_out(old)
    moves.opt_in(old, sms=True)
    moves.merge(old, into)
    moves.delete_guest(into)
    await in_turn(platform)

    told = {body["event_type"]: body["data"] for body in door.bodies}
    assert told["Guest.OptedOut"]["preferences"]["receive_marketing_email"] is False
    assert "tags" not in told["Guest.Created"]
    assert told["Guest.Merged"]["merged_guest_id"] == old
    assert told["Guest.Deleted"]["id"] == into
    group = world.groups.find(booked)
    assert group is not None
    assert world.guests.rows[group.guest].id == into


async def test_a_reschedule_edits_or_books_again(door: Door) -> None:
    for form in ("edit", "new"):
        platform = salon(door, webhook_reschedule=form)
        group = platform.moves.book(platform.world.guests.rows[0].id)
        moved = platform.moves.reschedule(group)
        await in_turn(platform)
        assert (moved == group) == (form == "edit")

    assert door.types == [
        "AppointmentGroup.Created",
        "AppointmentGroup.Updated",
        "AppointmentGroup.Created",
        "AppointmentGroup.Status",
        "AppointmentGroup.Created",
    ]
    assert door.bodies[-1]["data"]["rebooked_source_group_id"] == group


async def test_invoices_change_after_closing_and_are_refunded(door: Door) -> None:
    platform = salon(door)
    invoice = next(i for i in platform.world.invoices if i.closed and i.net)
    platform.moves.close_invoice(invoice.id)
    platform.moves.change_invoice(invoice.id)
    refund = platform.moves.refund(invoice.id)
    await in_turn(platform)
    first, second, last = (body["data"]["invoice"] for body in door.bodies)

    assert first["id"] == second["id"] == invoice.id
    assert len(second["invoice_items"]) == len(first["invoice_items"]) + 1
    assert last["id"] == refund
    assert last["is_refund"]
    assert last["total_price"]["sum_total"] == -second["total_price"]["sum_total"]


async def test_names_nobody_has_confirmed_are_options(door: Door) -> None:
    platform = salon(
        door, type_membership_freeze="GuestMembership.Frozen", webhook_email="email",
        webhook_closed=False, webhook_opted="id", merge_fields="flat", webhook_resource="null",
        webhook_digits="6", webhook_feedback="lower", transaction_amount="total_amount_paid",
    )  # fmt: skip
    moves, world = platform.moves, platform.world
    moves.freeze(next(m.id for m in world.memberships if m.status == 1))
    group = next(g for g in world.groups if g.status == 1)
    moves.close_invoice(world.invoices.rows[group.invoice].id)
    moves.feedback(group.id)
    guest, other = moves.create_guest(), moves.create_guest()
    moves.opt_out(guest)
    moves.merge(guest, other)
    await in_turn(platform)

    assert door.types[0] == "GuestMembership.Frozen"
    invoice = door.bodies[1]["data"]["invoice"]
    assert not invoice["is_closed"]
    assert "guest_email" not in invoice["guest"]
    assert "total_amount_paid" in invoice["transactions"][0]
    assert door.bodies[2]["data"]["appointment_group_id"] == group.id
    assert set(door.bodies[5]["data"]) == {"id", "center_id"}
    assert "source_guest_id" in door.bodies[6]["data"]
    assert {body["event_resource"] for body in door.bodies} == {None}
    assert {len(body["event_timestamp"]) for body in door.bodies} == {27}


async def test_the_inner_object_may_come_alone(door: Door) -> None:
    platform = salon(door, webhook_envelope=False)
    platform.moves.tell("Something.New", {"a": 1})
    await platform.webhooks.flush()

    assert door.bodies == [{"a": 1}]


# --- how it travels --------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
async def test_the_administrator_may_choose_another_verb(door: Door, verb: Any) -> None:
    platform = salon(door, webhook_verb=verb)
    platform.moves.create_guest()
    await platform.webhooks.flush()

    assert [method for method, _, _ in door.came] == [verb]


async def test_the_test_button_sends_nothing_and_signs_nothing(door: Door) -> None:
    platform = salon(door)

    assert await platform.webhooks.ping()
    ((_, headers, body),) = door.came
    assert body == b""
    assert SIGNATURE not in headers


async def test_one_center_or_some_types_can_be_subscribed(door: Door) -> None:
    platform = salon(door, webhook_center=1, webhook_events="Guest.Created, Invoice.Closed")
    moves = platform.moves
    for center in (0, 1, 2):
        moves.book(moves.create_guest(center))
    await platform.webhooks.flush()

    assert door.types == ["Guest.Created"]
    assert door.bodies[0]["data"]["center_id"] == platform.world.centers[1].id


async def test_two_subscriptions_tell_one_event_with_different_ids(door: Door) -> None:
    platform = salon(door, webhook_subscriptions=2)
    platform.moves.create_guest()
    await platform.webhooks.flush()
    one, two = door.bodies

    assert one["event_id"] == two["event_id"]
    assert one["id"] != two["id"]


async def test_further_webhooks_have_their_own_secret_and_scope(door: Door) -> None:
    platform = salon(door)
    other = platform.subscribe(
        door.url, webhook_secret="0ther", webhook_verb="PUT", webhook_center=1
    )
    for center in (0, 1):
        platform.moves.create_guest(center)
    await platform.webhooks.flush()
    await other.flush()

    assert [method for method, _, _ in door.came] == ["POST", "POST", "PUT"]
    assert len({body["id"] for body in door.bodies}) == 3
    assert len({body["event_id"] for body in door.bodies}) == 2
    _, headers, body = door.came[-1]
    assert headers[SIGNATURE] == signed(body, "0ther")


@pytest.mark.parametrize("stable", [True, False])
async def test_what_is_refused_is_sent_five_times_ever_later(door: Door, stable: bool) -> None:
    """Seen to fail when the pauses do not grow."""
    door.always = 500
    platform = salon(door, webhook_stable_id=stable)
    platform.moves.create_guest()
    outbox, waits = platform.webhooks.outbox, list[float]()
    for _ in range(5):
        await platform.webhooks.deliver_due()
        if due := outbox.next_due():
            waits.append(due - platform.now.timestamp())
            platform.advance(timedelta(seconds=waits[-1] + 1))

    assert waits == pytest.approx([30, 81.4, 221, 600], rel=0.01)
    assert len(door.came) == 5
    assert outbox.counts["given up"] == 1
    assert len({body["event_id"] for body in door.bodies}) == 1
    assert len({body["id"] for body in door.bodies}) == (1 if stable else 5)
    assert all(genuine(platform, headers, body) for _, headers, body in door.came)


async def test_twenty_failures_in_a_row_switch_a_webhook_off(door: Door) -> None:
    platform = salon(door)
    outbox = platform.webhooks.outbox
    door.answers = [500] * 19 + [200] + [500] * 20
    for _ in range(50):
        platform.moves.create_guest()
    await in_turn(platform)

    assert len(door.came) == 50
    assert not outbox.active
    assert len(outbox) == 0
    platform.moves.create_guest()
    await platform.webhooks.flush()
    assert len(door.came) == 50
    outbox.reactivate()
    platform.moves.create_guest()
    await platform.webhooks.flush()
    assert len(door.came) == 51


async def test_who_does_not_answer_in_time_has_failed(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sender.PATIENCE == 10
    monkeypatch.setattr(sender, "PATIENCE", 0.05)
    platform = salon(door)
    door.silent = True
    platform.moves.create_guest()
    await platform.webhooks.flush()

    assert platform.webhooks.outbox.counts["unanswered"] == 1
    assert len(platform.webhooks.outbox) == 1


async def test_messages_are_doubled_lost_disordered_and_spoiled(door: Door) -> None:
    platform = salon(
        door, webhook_doubled=0.1, webhook_dropped=0.1, webhook_disordered=0.3,
        webhook_malformed=0.05, webhook_missigned=0.05, webhook_late=5.0,
    )  # fmt: skip
    for _ in range(200):
        platform.moves.create_guest()
    await in_turn(platform)
    counts = platform.webhooks.outbox.counts

    assert counts["dropped"] == 20
    good = [body for _, headers, body in door.came if genuine(platform, headers, body)]
    whole = [json.loads(body) for body in good if body.endswith(b"}}")]
    repeated = Counter(body["event_id"] for body in whole)
    assert len(repeated) == 180
    assert sum(repeated.values()) - 180 == counts["doubled"] > 0
    assert len(door.came) - len(good) == counts["missigned"] > 0
    assert len(good) - len(whole) == counts["malformed"] > 0
    ids = list(dict.fromkeys(body["event_id"] for body in whole))
    assert ids != sorted(ids)


async def test_nothing_is_kept_while_nobody_listens() -> None:
    platform = Platform(Options(now=NOW, groups=20))
    platform.play(5)

    assert len(platform.webhooks.outbox) == 0
    with pytest.raises(ValueError, match="this machine"):
        platform.webhooks.to = "http://example.com/hook"


async def test_a_served_sandbox_sends_by_itself(door: Door) -> None:
    made = create(Options(groups=30, webhooks=door.url))
    assert made.play
    assert made.flush
    assert made.send_to
    made.play(3)
    assert await anyio.to_thread.run_sync(door.arrived.wait, 10)
    made.play(20)
    await made.flush()
    made.send_to(None)
    _, headers, body = door.came[0]

    assert headers[SIGNATURE] == signed(body, str(made.settings["webhook_secret"]))
    number = len(door.came)
    made.play(5)
    assert len(door.came) == number


def test_play_shows_everything_that_has_a_metric() -> None:
    """Seen to fail when nobody gives an opinion."""
    platform = Platform(Options(now=NOW, groups=60, rate_window=0))
    platform.play(400)
    kinds = {action.kind for action in platform.journal}

    assert kinds >= {
        "group.booked", "group.cancelled", "group.checked_in", "group.closed",
        "group.completed", "group.confirmed", "group.missed", "group.started",
        "membership.activated", "membership.cancelled", "membership.frozen",
        "membership.unfrozen", "invoice.closed", "card.ordered", "group.reviewed",
        "package.created", "package.redeemed", "guest.opted_out", "unknown",
    }  # fmt: skip
