"""What records prove: each action once, under one id, whoever showed it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mindbody_making import (
    ACCOUNT,
    APPOINTMENT,
    BOOKED,
    BOOKING,
    CONTEXT,
    NOW,
    SALE,
    SITE,
    START,
    events,
    known,
    metrics,
    one,
    row,
    whole,
)

import frontdesk_mindbody as mindbody
from frontdesk.errors import RecordError, SkipRecord
from frontdesk.ids import event_id
from frontdesk.model import Record, Ref, Related, Wanted
from frontdesk_mindbody.tables import (
    ARRIVED,
    CANCELLED,
    CONFIRMED,
    CONTRACT,
    MEMBERSHIP,
    ORDER,
    PRODUCT,
    SCHEDULED,
    SIGNED_IN,
    WAITLIST,
)
from frontdesk_mindbody.tables import (
    BOOKED as BOOKED_CLASS,
)

LATER = NOW + timedelta(hours=1)
API_APPOINTMENT: dict[str, Any] = {
    "Id": 121,
    "ClientId": "7X",
    "StaffId": 5,
    "Staff": {"Id": 5, "FirstName": "Jane", "LastName": "Doe"},
    "LocationId": 1,
    "StartDateTime": "2026-08-18T10:12:00",
    "EndDateTime": "2026-08-18T11:12:00",
    "Duration": 60,
    "Status": "Booked",
    "Resources": [{"Id": 1, "Name": "Room A"}],
    "ProviderId": "9",
}
API_VISIT: dict[str, Any] = {
    "Id": 11724,
    "ClassId": 201,
    "ClientId": "7X",
    "ClientUniqueId": 7,
    "StartDateTime": "2026-08-18T07:00:00",
    "EndDateTime": "2026-08-18T08:00:00",
    "LastModifiedDateTime": "2026-08-17T16:00:00Z",
    "LateCancelled": False,
    "SignedIn": False,
    "Missed": False,
    "StaffId": 12,
    "LocationId": 1,
    "ProductId": 12345,
    "ServiceName": "10-Class Pass",
}
API_SALE: dict[str, Any] = {
    "Id": 96,
    "ClientId": "7X",
    "LocationId": 1,
    "SaleDateTime": "2026-08-17T09:29:42Z",
    "SalesRepId": 10,
    "Payments": [{"Id": 1, "Amount": Decimal("150.25"), "Type": "Cash"}],
    "PurchasedItems": [
        {"Id": 78, "Description": "Pass", "IsService": True, "TotalAmount": Decimal("100.10"),
         "DiscountAmount": 0, "Quantity": 1, "Returned": False, "RecipientClientId": 7},
        {"Id": 79, "Description": "Mat", "IsService": False, "TotalAmount": Decimal("50.15"),
         "DiscountAmount": 0, "Quantity": 2, "Returned": False, "RecipientClientId": 7},
    ],
}  # fmt: skip


def ids(record: Record) -> dict[str, str]:
    """Return ids by metric and occurrence."""
    return {
        f"{event.metric} {event.occurrence}".strip(): event_id(
            "mindbody", ACCOUNT, record, event
        ).hex()
        for event in events(record)
    }


# -- appointments -----------------------------------------------------------------------------


def made(**more: Any) -> Record:
    return one("appointmentBooking.created", {**APPOINTMENT, **more})


def changed(at: datetime = LATER, **more: Any) -> Record:
    return one("appointmentBooking.updated", {**APPOINTMENT, **more}, at)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([made()], [SCHEDULED]),
        ([made(isConfirmed=True)], [SCHEDULED, CONFIRMED]),
        ([made(isConfirmed=True, hasArrived=True)], [SCHEDULED, CONFIRMED, ARRIVED]),
        ([made(), changed()], [SCHEDULED]),
        ([made(), changed(isConfirmed=True)], [SCHEDULED, CONFIRMED]),
        # Nobody saw it before: the flag is enough.
        ([changed(isConfirmed=True)], [CONFIRMED]),
        ([changed(hasArrived=True)], [ARRIVED]),
        ([changed()], []),
        # Cancelled: no metric.
        ([made(status="Cancelled")], []),
        ([changed(status="Cancelled", isConfirmed=True)], []),
        ([one("appointmentBooking.cancelled", {"appointmentId": 121})], []),
        # A confirmation taken back and given again is the same one.
        (
            [made(isConfirmed=True), changed(), changed(isConfirmed=True)],
            [SCHEDULED, CONFIRMED],
        ),
        # The API alone: what is on a day read for the first time may be older than we are.
        ([row("appointments", {**API_APPOINTMENT, "Baseline": "Booked"})], []),
        ([row("appointments", API_APPOINTMENT)], []),
        ([row("appointments", {**API_APPOINTMENT, "Found": True})], [SCHEDULED]),
        (
            [row("appointments", {**API_APPOINTMENT, "Found": True, "Status": "Cancelled"})],
            [],
        ),
        (
            [
                row("appointments", {**API_APPOINTMENT, "Baseline": "Booked"}),
                row("appointments", {**API_APPOINTMENT, "Found": True, "Status": "Confirmed"}),
            ],
            [CONFIRMED],
        ),
        (
            [
                row("appointments", {**API_APPOINTMENT, "Baseline": "Confirmed"}),
                changed(isConfirmed=True),
            ],
            [],
        ),
        (
            [
                row("appointments", {**API_APPOINTMENT, "Baseline": "Confirmed"}),
                changed(isConfirmed=True, hasArrived=True),
            ],
            [ARRIVED],
        ),
        ([row("appointments", {**API_APPOINTMENT, "Status": "Arrived"})], [ARRIVED]),
        ([row("appointments", {**API_APPOINTMENT, "Status": "Completed"})], []),
    ],
)
def test_an_appointment_tells(records: list[Record], expected: list[str]) -> None:
    assert metrics(whole(*records)) == expected


def test_an_appointment_has_one_id_whether_a_webhook_or_the_api_showed_it() -> None:
    """Seen to fail when rows of the API were of a stream that is not mapped."""
    webhooks = whole(made(), changed(isConfirmed=True, hasArrived=True))
    api = row("appointments", {**API_APPOINTMENT, "Found": True, "Status": "Arrived"})
    assert ids(api).keys() == {SCHEDULED, ARRIVED}
    assert ids(api).items() <= ids(webhooks).items()
    confirmed = row("appointments", {**API_APPOINTMENT, "Found": True, "Status": "Confirmed"})
    assert ids(confirmed).keys() == {SCHEDULED, CONFIRMED}
    assert ids(confirmed).items() <= ids(webhooks).items()


def test_an_appointment_shows_nine_properties_from_either_side() -> None:
    expected = {
        "Location ID": 1,
        "Staff ID": 5,
        "Staff Name": "Jane Doe",
        "Start Time": "2026-08-18T17:12Z",
        "End Time": "2026-08-18T18:12Z",
        "Duration": 60,
        "Resources": [{"id": 1, "name": "Room A"}],
        "Staff Provider ID": "9",
        "Name": "Jo Provider",
    }
    provider = row("providers", {"Id": "9", "FirstName": "Jo", "LastName": "Provider"})
    related = known(
        providers=[provider], client_ids=[row("client_ids", {"Id": "7X", "UniqueId": 7})]
    )
    api = row("appointments", {**API_APPOINTMENT, "Found": True})
    webhook = made(staffLastName="Doe", resources=[{"id": 1, "name": "Room A"}], providerId="9")
    for record in (api, webhook):
        (event,) = events(record, related)
        assert event.properties == expected
        assert event.guest == "7"
    assert events(webhook, related)[0].time == NOW


def test_what_is_null_or_zero_says_nothing() -> None:
    (event,) = events(made())
    assert event.properties["Staff Name"] == event.properties["Name"] == "Jane"
    assert event.properties["Staff Provider ID"] is None
    assert event.properties["Resources"] == []
    (event,) = events(made(durationMinutes=None))
    assert event.properties["Duration"] == 60


def test_a_time_without_a_zone_is_the_sites() -> None:
    """Seen to fail when a naive time was taken for UTC."""
    (event,) = events(made(startDateTime="2026-08-18T10:12:00", endDateTime=None))
    assert event.properties["Start Time"] == "2026-08-18T17:12Z"
    assert event.properties["End Time"] is None


def test_who_is_unknown_is_called_by_the_sites_id_until_somebody_knows() -> None:
    record = made()
    with pytest.raises(Wanted) as asked:
        mindbody.parse_event(record, known(), CONTEXT)
    (ref,) = asked.value.refs
    assert (ref.stream, ref.id, ref.site) == ("client_ids", "7X", SITE)
    assert events(record)[0].guest == "id:7X"


def test_a_row_that_names_nobody_is_set_aside() -> None:
    with pytest.raises(RecordError, match="ClientId is missing"):
        events(one("classRosterBooking.created", {**BOOKED, "clientId": None, "clientUniqueId": 0}))


# -- classes ----------------------------------------------------------------------------------


def booked(**more: Any) -> Record:
    return one("classRosterBooking.created", {**BOOKED, **more})


def status(word: str, at: datetime = LATER) -> Record:
    data = {**BOOKING, "classDateTime": "2026-08-18T14:00:00Z", "signedInStatus": word}
    return one("classRosterBookingStatus.updated", data, at)


def gone(at: datetime = LATER) -> Record:
    fields = ("classRosterBookingId", "classId", "clientId", "clientUniqueId")
    return one("classRosterBooking.cancelled", {name: BOOKING[name] for name in fields}, at)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([booked()], [BOOKED_CLASS]),
        ([booked(bookingOriginatedFromWaitlist=True)], [BOOKED_CLASS]),
        ([booked(signedInStatus="SignedIn")], [BOOKED_CLASS, SIGNED_IN]),
        ([booked(), status("SignedIn")], [BOOKED_CLASS, SIGNED_IN]),
        ([status("SignedIn")], [SIGNED_IN]),
        ([status("NotSignedIn")], []),
        ([status("Something")], []),
        ([booked(), status("SignedIn"), status("Absent")], [BOOKED_CLASS, SIGNED_IN]),
        ([booked(), status("LateCancelled")], [BOOKED_CLASS, CANCELLED]),
        ([status("EarlyCancelled")], [CANCELLED]),
        ([gone()], [CANCELLED]),
        ([booked(), gone()], [BOOKED_CLASS, CANCELLED]),
        ([booked(), status("EarlyCancelled"), gone()], [BOOKED_CLASS, CANCELLED]),
        ([row("visits", API_VISIT)], [BOOKED_CLASS]),
        ([row("visits", {**API_VISIT, "LastModifiedDateTime": "2026-07-31T10:00:00Z"})], []),
        ([row("visits", {**API_VISIT, "SignedIn": True})], [SIGNED_IN]),
        ([row("visits", {**API_VISIT, "LateCancelled": True})], [CANCELLED]),
        # Over before we began, however late somebody changed it.
        (
            [
                row(
                    "visits",
                    {
                        **API_VISIT,
                        "SignedIn": True,
                        "StartDateTime": "2026-07-20T07:00:00",
                        "EndDateTime": "2026-07-20T08:00:00",
                    },
                )
            ],
            [],
        ),
    ],
)
def test_a_booking_tells(records: list[Record], expected: list[str]) -> None:
    assert metrics(whole(*records)) == expected


def test_a_booking_has_one_id_whether_a_webhook_or_the_api_showed_it() -> None:
    webhooks = ids(whole(booked(), status("SignedIn"), status("LateCancelled")))
    made = ids(row("visits", API_VISIT))
    assert made.keys() == {BOOKED_CLASS}
    assert made.items() <= webhooks.items()
    signed = ids(row("visits", {**API_VISIT, "SignedIn": True, "LateCancelled": True}))
    assert signed.keys() == {SIGNED_IN, CANCELLED}
    assert signed.items() <= webhooks.items()


@pytest.mark.parametrize(
    ("records", "kind"),
    [
        ([booked(), status("LateCancelled")], "Late Cancelled"),
        ([booked(), status("EarlyCancelled"), gone()], "Early Cancelled"),
        ([booked(), gone()], "Cancelled"),
        ([row("visits", {**API_VISIT, "LateCancelled": True})], "Late Cancelled"),
    ],
)
def test_a_cancellation_shows_its_kind_and_what_was_booked(
    records: list[Record], kind: str
) -> None:
    (event,) = [e for e in events(whole(*records)) if e.metric == CANCELLED]
    assert event.properties == {
        "Staff ID": 12,
        "Item ID": 12345,
        "Item Name": "10-Class Pass",
        "Cancel Type": kind,
    }


def test_a_cancellation_of_ids_alone_invents_nothing() -> None:
    (event,) = events(gone())
    assert event.properties == {"Cancel Type": "Cancelled"}
    assert event.guest == "7"


def test_a_booking_without_a_pass_says_so() -> None:
    (event,) = events(booked(itemId=None, itemName=None))
    assert (event.properties["Item ID"], event.properties["Item Name"]) == (None, None)


def test_the_staffs_name_is_looked_up_where_only_an_id_is_told() -> None:
    person = row("staff", {"Id": 12, "FirstName": "Jane", "LastName": "Doe"})
    (event,) = events(row("visits", API_VISIT), known(staff=[person]))
    assert event.properties["Staff Name"] == "Jane Doe"
    assert events(row("visits", API_VISIT))[0].properties["Staff Name"] is None


def test_somebody_who_joins_a_waitlist_and_leaves_it_joined_once() -> None:
    data = {
        "waitlistEntryId": 157,
        "classId": 201,
        "waitlistMaxSize": None,
        "clientId": "7X",
        "clientUniqueId": 7,
        "classStartDateTime": "2026-08-18T14:00:00Z",
        "classEndDateTime": "2026-08-18T15:00:00Z",
    }
    joined = one("classWaitlistRequest.created", data)
    left = one("classWaitlistRequest.cancelled", {"waitlistEntryId": 157}, LATER)
    assert metrics(left) == []
    (event,) = events(whole(joined, left))
    assert (event.metric, event.guest, event.time) == (WAITLIST, "7", NOW)
    assert event.properties["Waitlist Max Size"] is None


# -- memberships and contracts ------------------------------------------------------------------

MEMBER = {"clientId": "7X", "membershipId": 12}


def test_a_membership_is_activated_each_time_it_is_assigned() -> None:
    """Seen to fail when the action had no occurrence."""
    name = {"clientUniqueId": 7, "membershipName": "Gold"}
    first = one("clientMembershipAssignment.created", {**MEMBER, **name})
    ended = one("clientMembershipAssignment.cancelled", MEMBER, LATER)
    again = one(
        "clientMembershipAssignment.created", {**MEMBER, **name}, LATER + timedelta(days=30)
    )
    assert first.id == ended.id == again.id == "7X:12"
    assert metrics(ended) == []
    (event,) = events(first)
    assert (event.metric, event.guest) == (MEMBERSHIP, "7")
    assert event.properties == {"Membership ID": "12", "Membership Name": "Gold"}
    assert len({*ids(first).values(), *ids(whole(first, ended)).values()}) == 1
    assert ids(whole(first, ended, again)).keys().isdisjoint(ids(first))


def test_a_contract_is_made_once_and_its_dates_stay_on_their_day() -> None:
    data = {
        "clientId": "7X",
        "clientUniqueId": 7,
        "clientContractId": 117,
        "contractId": 3,
        "contractSoldByStaffId": 12,
        "contractSoldByStaffFirstName": "Jane",
        "contractSoldByStaffLastName": "Doe",
        "contractOriginationLocation": 1,
        "contractStartDateTime": "2026-03-20T00:00:00Z",
        "contractEndDateTime": "2027-03-20T00:00:00",
        "isAutoRenewing": True,
    }
    record = one("clientContract.created", data)
    (event,) = events(record)
    assert event.metric == CONTRACT
    assert event.properties["Contract ID"] == "3"
    assert event.properties["Contract Start"] == "2026-03-20T00:00Z"
    assert event.properties["Contract End"] == "2027-03-20T00:00Z"
    changed = {name: data[name] for name in ("clientContractId", "clientId", "clientUniqueId")}
    update = one("clientContract.updated", {**changed, "isAutoRenewing": False}, LATER)
    assert metrics(update) == []
    assert ids(whole(record, update)) == ids(record)


# -- sales --------------------------------------------------------------------------------------


def sold(**more: Any) -> Record:
    return one("clientSale.created", {**SALE, **more})


def items(*several: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"itemId": n, "type": "Product", "quantity": 1, **one} for n, one in enumerate(several)]


def test_a_sale_is_an_order_and_its_items_and_the_sums_agree() -> None:
    order, *lines = events(sold())
    assert (order.metric, order.value, order.currency) == (ORDER, Decimal("150.25"), "USD")
    assert [line.metric for line in lines] == [PRODUCT, PRODUCT]
    assert sum(line.value for line in lines if line.value is not None) == order.value
    assert [line.value for line in lines] == [Decimal("100.1"), Decimal("50.15")]
    assert order.properties["Quantity"] == 3
    assert order.time == lines[0].time == NOW


def test_a_sale_has_the_same_ids_whether_a_webhook_or_the_api_showed_it() -> None:
    """Seen to fail when items were told apart by ``SaleDetailId``, which webhooks lack."""
    person = row("staff", {"Id": 10, "FirstName": "Jane", "LastName": "Doe"})
    api = row("sales", API_SALE)
    assert ids(api) == ids(sold())
    order, *lines = events(api, Related(known(staff=[person]) | _nobody()))
    assert order.properties["Sold By"] == "Jane Doe"
    assert [line.properties["Type"] for line in lines] == ["Service", "Product"]
    assert sum(line.value or 0 for line in lines) == order.value == Decimal("150.25")
    # The webhook's own words stand, whatever the API says afterwards.
    assert events(whole(sold(), api)) == events(whole(sold(), api))
    assert ids(whole(sold(), api)) == ids(sold())


def _nobody() -> dict[Ref, Record | None]:
    return {Ref("client_ids", "7X", site=SITE): None}


@pytest.mark.parametrize(("meaning", "hour"), [("site", 16), ("utc", 9)])
def test_a_setting_says_what_the_z_of_sale_times_means(meaning: str, hour: int) -> None:
    context = attrs.evolve(CONTEXT, settings=attrs.evolve(CONTEXT.settings, sale_times=meaning))
    answers = Related({**_nobody(), Ref("staff", "10", site=SITE): None})
    found = list(mindbody.parse_event(row("sales", API_SALE), answers, context))
    assert {event.time.hour for event in found} == {hour}


@pytest.mark.parametrize(
    "more",
    [
        {"totalAmountPaid": -20},
        {"totalAmountPaid": 0, "items": items({"quantity": -1})},
        {"totalAmountPaid": 0, "items": items({"quantity": 0}, {"quantity": -2})},
    ],
)
def test_what_only_gives_back_is_no_order(more: dict[str, Any]) -> None:
    with pytest.raises(SkipRecord) as skipped:
        events(sold(**more))
    assert skipped.value.rule == "return"


def test_an_exchange_sells_what_is_new_only() -> None:
    found = events(sold(totalAmountPaid=30, items=items({"quantity": -1}, {"quantity": 1})))
    assert [event.metric for event in found] == [ORDER, PRODUCT]
    assert found[1].occurrence == "1"


def test_what_costs_nothing_is_an_order_all_the_same() -> None:
    found = events(sold(totalAmountPaid=0, items=items({"amountPaid": 0})))
    assert [event.value for event in found] == [Decimal(0), Decimal(0)]


def test_without_a_total_the_payments_count_and_without_them_the_items() -> None:
    assert events(sold(totalAmountPaid=None))[0].value == Decimal("150.25")
    assert events(sold(totalAmountPaid=None, payments=[]))[0].value == Decimal("150.25")
    assert events(sold(totalAmountPaid=None, payments=None, items=None))[0].value is None


def test_what_all_items_share_stands_at_the_order_as_well() -> None:
    same = {"recipientClientId": "7X", "paymentReferenceId": 44, "giftCardBarcodeId": "G1"}
    (order, *_) = events(sold(items=items(same, same)))
    assert {name: order.properties[name] for name in same} == same
    (order, *_) = events(sold(items=items(same, {**same, "recipientClientId": "8X"})))
    assert "recipientClientId" not in order.properties
    assert order.properties["paymentReferenceId"] == 44
    assert order.properties["Items"][1]["recipientClientId"] == "8X"


@given(
    st.lists(
        st.tuples(st.decimals(-1000, 10_000, places=2), st.integers(-3, 5), st.sampled_from("AB")),
        max_size=6,
    )
)
def test_items_keep_their_ids_and_their_sums(lines: list[tuple[Decimal, int, str]]) -> None:
    several = items(*({"amountPaid": float(p), "quantity": q, "name": n} for p, q, n in lines))
    total = sum(Decimal(str(float(p))) for p, _, _ in lines)
    record = sold(totalAmountPaid=float(total), items=several)
    try:
        order, *products = events(record)
    except SkipRecord:
        assert total < 0 or all(q <= 0 for _, q, _ in lines)
        return
    bought = [n for n, (_, quantity, _) in enumerate(lines) if quantity > 0]
    assert [event.occurrence for event in products] == [str(n) for n in bought]
    if len(bought) == len(lines) and lines:
        assert sum(event.value or 0 for event in products) == order.value


def test_nothing_is_told_of_reference_data() -> None:
    for stream in ("sites", "locations", "staff", "providers", "client_ids", "clients"):
        values = {"Id": 1, "UniqueId": 2, "Name": "x"}
        assert events(row(stream, values)) == []


def test_following_begins_with_the_connection() -> None:
    assert CONTEXT.start == START


def test_what_only_the_api_shows_was_so_when_it_was_seen() -> None:
    """Seen to fail when the time of the last webhook was taken for it."""
    read_later = LATER + timedelta(days=3)
    api = row("appointments", {**API_APPOINTMENT, "Status": "Confirmed"}, LATER)
    record = attrs.evolve(whole(made(), api), seen=LATER)
    times = {event.metric: event.time for event in events(record)}
    assert times == {SCHEDULED: NOW, CONFIRMED: LATER}
    # Not after the appointment, however late somebody looked.
    times = {e.metric: e.time for e in events(attrs.evolve(record, seen=read_later))}
    assert times[CONFIRMED].isoformat() == "2026-08-18T17:12:00+00:00"
