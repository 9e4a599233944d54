"""Webhooks: the signature, the envelope or what is in it, and the kinds of news there are."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

import frontdesk
import frontdesk_zenoti as zenoti
from frontdesk.errors import RecordError
from frontdesk.ingest.discarding import DeliveryDiscard
from frontdesk.ingest.receiving import delivery_id
from frontdesk.model import Account, Context, Delivery, Record, Ref, Site
from frontdesk_zenoti.patterns import Kind, kind_of
from frontdesk_zenoti.webhooks import DISCARDED

RECEIVED = datetime(2026, 5, 1, 9, tzinfo=UTC)
SITE = Site("centre", "Lakeside", time_zone="America/Los_Angeles", currency="USD", country="US")
GROUP = "0000000a-0000-0000-0000-00000000000a"
GUEST = "0000000b-0000-0000-0000-00000000000b"
SECRET = "between us"


def settings(**more: Any) -> zenoti.Settings:
    return zenoti.Settings(**{"api_key": "k", "webhook_secret": SECRET, **more})


def told(event_type: str | None, data: Any, **more: Any) -> Delivery:
    envelope = {
        "id": "d1",
        "event_id": "e1",
        "event_schema": "v1",
        "event_resource": None,
        "event_type": event_type,
        "event_timestamp": "2026-04-30T14:52:06.7694171Z",
        "data": data,
    }
    return Delivery(json.dumps({**envelope, **more}).encode(), received=RECEIVED)


def read(delivery: Delivery, **more: Any) -> list[Record | Ref]:
    context = Context(settings(**more), Account("org", "Org", (SITE,)))
    return list(zenoti.read_webhook(delivery, context))


def signature(body: bytes, secret: str = SECRET) -> str:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().upper()
    return "-".join(digest[n : n + 2] for n in range(0, len(digest), 2))


# -- the signature ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    ["sha256 ={}", "sha256={}", "sha256 = {}", " sha256={} "],
)
def test_a_signature_is_believed_however_blanks_are_set(form: str) -> None:
    body = b'{"data": {}}'
    headers = {"zenoti-webhook-signature": form.format(signature(body))}
    assert zenoti.verify_webhook(Delivery(body, headers=headers), settings()) is True


def test_plain_and_small_pairs_are_believed_too() -> None:
    body = b"{}"
    for made in (signature(body).replace("-", ""), signature(body).lower()):
        headers = {"zenoti-webhook-signature": f"sha256={made}"}
        assert zenoti.verify_webhook(Delivery(body, headers=headers), settings()) is True


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"zenoti-webhook-signature": ""},
        {"zenoti-webhook-signature": "sha256 ="},
        {"zenoti-webhook-signature": signature(b"{}")},
        {"zenoti-webhook-signature": f"sha1={signature(b'{}')}"},
        {"zenoti-webhook-signature": f"sha256={signature(b'{}', 'another')}"},
        {"zenoti-webhook-signature": f"sha256={signature(b'{ }')}"},
        {"x-zenoti-signature": f"sha256={signature(b'{}')}"},
    ],
)
def test_other_signatures_are_not(headers: dict[str, str]) -> None:
    """Seen to fail when a header that cannot be read is believed."""
    assert zenoti.verify_webhook(Delivery(b"{}", headers=headers), settings()) is False


def test_without_a_secret_nothing_is_believed() -> None:
    headers = {"zenoti-webhook-signature": f"sha256={signature(b'{}', '')}"}
    delivery = Delivery(b"{}", headers=headers)
    assert zenoti.verify_webhook(delivery, settings(webhook_secret="")) is False


def test_repeats_are_known_by_the_events_id() -> None:
    again = told("Invoice.Closed", {}, id="another delivery")
    assert delivery_id(zenoti.manifest.delivery_id, again) == "e1"


# -- kinds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        ("AppointmentGroup.Created", Kind.BOOKED),
        ("appointmentgroup.created", Kind.BOOKED),
        ("AppointmentGroup.Status", Kind.STATUS),
        ("AppointmentGroup.Updated", Kind.GROUP),
        ("AppointmentGroup.Delete", Kind.GROUP),
        ("Appointment.Started", Kind.STARTED),
        ("Appointment.Start", Kind.STARTED),
        ("Appointment.Completed", Kind.COMPLETED),
        ("Appointment.Feedback.Created", Kind.FEEDBACK),
        ("Feedback.Started", Kind.FEEDBACK),
        ("Invoice.Closed", Kind.INVOICE),
        ("GiftCard.Created", Kind.GIFT_CARD),
        ("Guest.Giftcard.Sold", Kind.GIFT_CARD),
        ("Guest.Membership.Created", Kind.ACTIVATED),
        ("Guest.Membership.Freeze", Kind.FROZE),
        ("Guest.Membership.Frozen", Kind.FROZE),
        ("GuestMembership.Unfreeze", Kind.UNFROZE),
        ("Guest.Membership.Un-Freeze", Kind.UNFROZE),
        ("Guest.Membership.Cancelled", Kind.CANCELLED),
        ("Guest.Membership.Canceled", Kind.CANCELLED),
        ("Guest.Membership.Reinstate", Kind.MEMBERSHIP),
        ("Guest.Package.Created", Kind.CREATED),
        ("Guest.Package.Creation", Kind.CREATED),
        ("Guest.Package.Redemption", Kind.REDEEMED),
        ("Guest.Package.Redeemed", Kind.REDEEMED),
        ("Guest.Package.RedemptionReversal", Kind.PACKAGE),
        ("Guest.Package.Redemption.Reversed", Kind.PACKAGE),
        ("Guest.Package.StatusUpdate", Kind.PACKAGE),
        ("Guest.Created", Kind.GUEST),
        ("Guest.Updated", Kind.GUEST),
        ("Guest.OptedIn", Kind.OPTED),
        ("Guest.OptedOut", Kind.OPTED),
        ("Guest.Deleted", Kind.DELETED),
        ("Guest.Merged", Kind.MERGED),
        ("Guestpass.redeemed", Kind.RAW),
        ("Class.Booking.Created", Kind.RAW),
        ("Class.Schedule.Updated", Kind.RAW),
        ("Employee.Created", Kind.RAW),
        ("Loyalty.Points.Earned", Kind.RAW),
    ],
)
def test_event_types_are_known_however_they_are_written(event_type: str, kind: Kind) -> None:
    """Seen to fail when a reversal is taken for a redemption."""
    assert kind_of(event_type, {}, {}) is kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"invoice": {"total_price": {}}}, Kind.INVOICE),
        ({"appointment_group_status": 0, "appointment_group_id": "g"}, Kind.STATUS),
        ({"rating_value": 3, "appointment_group_id": "g"}, Kind.FEEDBACK),
        ({"user_membership_id": "m", "freeze": {}}, Kind.FROZE),
        ({"user_membership_id": "m", "cancel": {}}, Kind.CANCELLED),
        ({"user_membership_id": "m", "guest_id": "g"}, Kind.ACTIVATED),
        ({"user_membership_id": "m", "members": []}, Kind.MEMBERSHIP),
        ({"user_membership_id": "m", "guestpass_id": "p"}, Kind.RAW),
        ({"user_package_id": "p", "services": [{}]}, Kind.CREATED),
        ({"user_package_id": "p", "service_redemptions": [{}]}, Kind.REDEEMED),
        ({"user_package_id": "p", "service_redemptions_reversal": [{}]}, Kind.PACKAGE),
        ({"user_package_id": "p"}, Kind.PACKAGE),
        (
            {"appointment_group_id": "g", "guest": {}, "appointments": [{}]},
            Kind.BOOKED,
        ),
        (
            {"appointment_group_id": "g", "appointments": [{"appointment_progress": 1}]},
            Kind.STARTED,
        ),
        (
            {"appointment_group_id": "g", "appointments": [{"appointment_progress": 2}]},
            Kind.COMPLETED,
        ),
        ({"appointment_group_id": "g", "appointment_id": "a"}, Kind.GROUP),
        ({"id": "x", "personal_info": {}, "preferences": {}}, Kind.GUEST),
        ({"id": "x", "personal_info": {}, "job_info": {}}, Kind.RAW),
        ({"anything": 1}, Kind.RAW),
        ({}, Kind.RAW),
    ],
)
def test_without_a_type_the_shape_tells(data: dict[str, Any], kind: Kind) -> None:
    assert kind_of(None, data, {}) is kind


def test_a_type_nobody_knows_falls_back_to_the_shape() -> None:
    assert kind_of("Membership.Paused", {"user_membership_id": "m", "freeze": {}}, {}) is Kind.FROZE
    # A guest's fields alone do not make news of a class a change of the guest.
    assert kind_of("Waitlist.Added", {"personal_info": {}, "preferences": {}}, {}) is Kind.RAW


def test_settings_name_types_first() -> None:
    """Seen to fail when the settings' patterns come behind the built-in ones."""
    data = {"user_membership_id": "m-1"}
    (record,) = read(
        told("Guest.Membership.Hold", data), event_types={r"\.hold$": "membership froze"}
    )
    assert isinstance(record, Record)
    assert (record.stream, record.id, list(record.payload)) == ("memberships", "m-1", ["Froze"])


# -- what is read -------------------------------------------------------------------------------


def test_news_of_a_group_is_a_part_of_its_record() -> None:
    data = {"appointment_group_id": GROUP.upper(), "appointment_group_status": 2}
    (record,) = read(told("AppointmentGroup.Status", data))
    assert isinstance(record, Record)
    assert (record.stream, record.id, record.partial) == ("appointment_groups", GROUP, True)
    assert record.version == datetime(2026, 4, 30, 14, 52, 6, 769417, UTC)
    assert record.payload["Status"]["data"] == data
    assert record.payload["Status"]["event_id"] == "e1"


def test_the_inner_part_alone_is_read_too_and_has_the_time_it_came() -> None:
    body = {"appointment_group_id": GROUP, "appointment_group_status": 4}
    (record,) = read(Delivery(json.dumps(body).encode(), received=RECEIVED))
    assert isinstance(record, Record)
    assert record.payload["Status"]["at"] == RECEIVED.isoformat()
    assert record.version is None


def test_opting_in_or_out_reads_the_guest_again() -> None:
    for data in ({"id": GUEST}, {"guest_id": GUEST}, {"guest": {"id": GUEST}}):
        (found,) = read(told("Guest.OptedOut", data))
        assert found == Ref("guests", GUEST)
        assert isinstance(found, Ref)
        assert found.max_age == 0


def test_a_guest_change_without_preferences_reads_the_guest_again() -> None:
    assert read(told("Guest.Updated", {"id": GUEST})) == [Ref("guests", GUEST)]


@pytest.mark.parametrize(
    "data",
    [
        {"merged_guest_id": "old-1", "guest": {"id": GUEST}},
        {"source_guest_id": "old-1", "target_guest_id": GUEST},
    ],
)
def test_a_merge_tells_of_the_guest_that_is_gone_and_is_raw_data(data: dict[str, Any]) -> None:
    gone, raw = read(told("Guest.Merged", data))
    assert isinstance(gone, Record)
    assert isinstance(raw, Record)
    assert (gone.stream, gone.id, gone.payload["Merged"]) == ("guests", "old-1", GUEST)
    assert raw.stream == "deliveries"


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        ("AppointmentGroup.Status", {"appointment_group_status": 2}),
        (
            "AppointmentGroup.Status",
            {"appointment_group_id": "00000000-0000-0000-0000-000000000000"},
        ),
        ("Guest.Membership.Freeze", {"freeze": {}}),
        ("Guest.Package.Redemption", {"user_package_id": None}),
        ("Guest.OptedOut", {}),
        ("Guest.Merged", {"guest": {"id": GUEST}}),
        ("GiftCard.Created", {"code": "x"}),
        ("Feedback.Created", {"rating_value": 4}),
        ("Something.New", {"a": 1}),
        (None, {"a": 1}),
    ],
)
def test_what_lacks_the_id_it_needs_is_kept_whole(
    event_type: str | None, data: dict[str, Any]
) -> None:
    """Seen to fail when a group of zeros is taken for one."""
    (record,) = read(told(event_type, data))
    assert isinstance(record, Record)
    assert record.stream == "deliveries"
    assert record.payload["data"] == data


def test_a_delivery_kept_whole_is_known_by_what_it_says() -> None:
    one, again, later = (
        read(told("Some.Thing", {"guest_id": GUEST}, **more))[0]
        for more in (
            {},
            {"id": "d2", "event_id": "e2"},
            {"event_timestamp": "2026-05-01T00:00:00Z"},
        )
    )
    assert isinstance(one, Record)
    assert isinstance(again, Record)
    assert isinstance(later, Record)
    assert one.id == again.id != later.id


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"x"', b"\xff"])
def test_what_is_no_object_is_refused_quietly(body: bytes) -> None:
    with pytest.raises(RecordError):
        read(Delivery(body, received=RECEIVED))


def test_staff_pay_and_cards_are_dropped_before_anything_is_stored() -> None:
    """Seen to fail when the inner part alone keeps what the envelope loses."""
    data = {
        "id": "x",
        "job_info": {"salary": 1},
        "login_info": {"username": "hush"},
        "personal_info": {"first_name": "Ann", "pan": "hush"},
        "invoice": {"transactions": [{"card_number": "hush", "amount_paid": 3}]},
    }
    discard = DeliveryDiscard(DISCARDED)
    for body in (told("Employee.Created", data).body, json.dumps(data).encode()):
        left = discard(Delivery(body)).body
        assert b"hush" not in left
        assert b"salary" not in left
        assert b"amount_paid" in left
        assert b"Ann" in left


def test_map_prints_what_a_delivery_becomes() -> None:
    loaded = frontdesk.load("zenoti", account=Account("org", "Org", (SITE,)))
    data = {"guest_id": GUEST, "center_id": "centre", "registration_id": 7}
    (record,) = loaded.read_webhook(told("Class.Booking.Created", data))
    assert isinstance(record, Record)
    (line,) = loaded.map(record)
    assert (line["kind"], line["metric"], line["guest"]) == ("event", "Raw data", GUEST)
    assert line["properties"]["Event Type"] == "Class.Booking.Created"
    assert line["properties"]["Data"] == data
