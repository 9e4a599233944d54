"""Profiles, e-mail consent, merges; and reservations in the neutral shape."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mindbody_making import (
    APPOINTMENT,
    BOOKED,
    BOOKING,
    CLIENT,
    CONTEXT,
    NOW,
    Unknown,
    consents,
    known,
    one,
    profile,
    row,
    told,
    whole,
)

import frontdesk_mindbody as mindbody
from frontdesk.errors import RecordError
from frontdesk.ingest.discarding import Discard
from frontdesk.model import Channel, ConsentState, Gone, Merged, Origin, Record, Reservation

LATER = NOW + timedelta(hours=1)
API_CLIENT: dict[str, Any] = {
    "Id": "7X",
    "UniqueId": 7,
    "FirstName": "Ada",
    "LastName": "Lovelace",
    "Email": "ada@example.com",
    "MobilePhone": None,
    "HomePhone": "512 000 100",
    "Country": "PL",
    "AccountBalance": Decimal("-20.50"),
    "Active": True,
    "Status": "Active",
    "FirstAppointmentDate": "2025-08-29T09:00:00",
    "FirstClassDate": "0001-01-01T00:00:00",
    "HomeLocation": {"Id": 1, "Name": "Harbor"},
    "LiabilityRelease": False,
    "Liability": {"IsReleased": True},
    "ReferredBy": "",
    "SendPromotionalEmails": True,
    "SendPromotionalTexts": True,
    "LastModifiedDateTime": "2026-08-16T10:00:00.12",
    "CreationDate": "2025-08-28T06:45:58.483",
    "RedAlert": "allergic",
    "EmergencyContactInfoName": "Charles",
    "ClientCreditCard": {"LastFour": "1445"},
}


def api(**more: Any) -> Record:
    return row("clients", {**API_CLIENT, **more})


def webhook(**more: Any) -> Record:
    return one("client.updated", {**CLIENT, **more}, LATER)


def test_a_client_of_the_api_has_all_fields_but_visits() -> None:
    found = profile(api())
    assert (found.guest, found.email) == ("7", "ada@example.com")
    assert found.phone_number == "+48512000100"
    assert found.properties == {
        "Mindbody Account Balance": Decimal("-20.50"),
        "Mindbody Active": True,
        "Mindbody ClientID": "7X",
        "Mindbody First Appointment Date": "2025-08-29T16:00Z",
        "Mindbody First Class Date": None,
        "Mindbody Home Location (Number)": 1,
        "Mindbody Home Location Name": "Harbor",
        "Mindbody Liability Released": True,
        "Mindbody Referral": None,
        "Mindbody Status": "Active",
    }


def test_a_webhook_completes_the_row_of_the_api_and_hides_nothing_of_it() -> None:
    """Seen to fail when rows of webhooks were whole."""
    found = profile(whole(api(), webhook())).properties
    assert found["Mindbody Account Balance"] == Decimal("-20.50")
    assert found["Mindbody Active"] is True
    assert found["Mindbody Home Location Name"] == "Harbor"
    assert found["Mindbody Number of Visits"] == 3
    again = profile(whole(api(), webhook(), api(AccountBalance=Decimal(3)))).properties
    assert again["Mindbody Number of Visits"] == 3
    assert again["Mindbody Account Balance"] == Decimal(3)


def test_the_home_location_is_called_by_the_name_it_has() -> None:
    moved = whole(api(), webhook(homeLocation=2))
    pier = row("locations", {"Id": 2, "Name": "Pier"})
    found = profile(moved, known(locations=[pier])).properties
    assert found["Mindbody Home Location (Number)"] == 2
    assert found["Mindbody Home Location Name"] == "Pier"
    assert "Mindbody Home Location Name" not in profile(moved).properties
    none = profile(whole(api(), webhook(homeLocation=None))).properties
    assert none["Mindbody Home Location Name"] is None


def test_a_client_that_was_deactivated_is_not_active_and_not_gone() -> None:
    left = one("client.deactivated", {**CLIENT, "status": "Terminated"}, LATER)
    found = profile(whole(api(), left)).properties
    assert (found["Mindbody Active"], found["Mindbody Status"]) == (False, "Terminated")
    assert profile(whole(left, api())).properties["Mindbody Active"] is True


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"MobilePhone": "(805) 555-0199", "Country": "US"}, "+18055550199"),
        ({"MobilePhone": "+44 7700 900123"}, "+447700900123"),
        ({"MobilePhone": "12", "HomePhone": "512 000 100"}, "+48512000100"),
        # Without a country of its own, the number is one of the site's.
        ({"HomePhone": "(805) 555-0199", "Country": None}, "+18055550199"),
        ({"HomePhone": "call reception"}, None),
        ({"HomePhone": 5, "Country": 5}, None),
    ],
)
def test_the_first_number_that_can_be_one_counts(
    numbers: dict[str, Any], expected: str | None
) -> None:
    assert profile(api(**numbers)).phone_number == expected


@pytest.mark.parametrize("email", [None, "", "none", "a@b", "a b@example.com", 5])
def test_what_is_no_address_is_left_out(email: Any) -> None:
    record = api(Email=email)
    assert profile(record).email is None
    assert consents(record) == []


def test_prospects_and_companies_are_clients_too() -> None:
    assert profile(api(IsProspect=True, IsCompany=True)).email == "ada@example.com"


def test_a_row_of_an_odd_type_is_set_aside_by_its_field() -> None:
    with pytest.raises(RecordError, match=r"^Active is not a boolean$"):
        profile(api(Active="yes"))


def test_cards_alerts_and_contacts_are_dropped() -> None:
    clients = mindbody.manifest.stream("clients")
    assert clients is not None
    left = Discard(clients.discard)(api().payload)
    assert not {"RedAlert", "EmergencyContactInfoName", "ClientCreditCard"} & left.keys()
    index = mindbody.build_record("client_ids", API_CLIENT, "-99")
    assert index.payload.keys() == {"Id", "UniqueId", "LastModifiedDateTime"}


# -- who is who -----------------------------------------------------------------------------------


def test_a_client_takes_over_what_was_told_of_the_sites_id() -> None:
    index = next(r for r in told("client.created", CLIENT) if r.stream == "client_ids")
    assert mindbody.map_profile(index, Unknown(), CONTEXT) == Merged("id:7X", "7")
    past = attrs.evolve(index, origin=Origin.HISTORY)
    assert mindbody.map_profile(past, Unknown(), CONTEXT) is None


def test_a_merged_client_is_part_of_the_other_whatever_is_told_later() -> None:
    data = {"keptClientId": "8X", "keptClientUniqueId": 8, "removedClientUniqueId": 7}
    removed, index = told("clientProfileMerger.created", data, LATER)
    assert mindbody.map_profile(removed, Unknown(), CONTEXT) == Merged("7", "8")
    after = whole(api(), removed, webhook())
    assert mindbody.map_profile(after, Unknown(), CONTEXT) == Merged("7", "8")
    assert consents(after) == []
    assert (index.id, index.payload["UniqueId"]) == ("8X", "8")


def test_a_client_the_platform_no_longer_has_is_gone() -> None:
    record = attrs.evolve(api(), deleted=True)
    assert mindbody.map_profile(record, Unknown(), CONTEXT) == Gone("7")
    assert consents(record) == []


# -- consent --------------------------------------------------------------------------------------


def stated(record: Record, previous: Record | None = None) -> list[tuple[str, ConsentState]]:
    found = consents(record, previous)
    assert all(c.channel is Channel.EMAIL and c.at is None and c.guest == "7" for c in found)
    return [(c.address, c.state) for c in found]


YES, NO = ConsentState.SUBSCRIBED, ConsentState.UNSUBSCRIBED


def test_a_flag_that_is_set_is_consent() -> None:
    assert stated(api()) == [("ada@example.com", YES)]
    assert stated(webhook(sendPromotionalEmails=True)) == [("Ada@example.com", YES)]


def test_a_flag_that_was_never_seen_set_is_no_opt_out() -> None:
    """Seen to fail when the flag alone decided."""
    unset = api(SendPromotionalEmails=False)
    assert stated(unset) == []
    assert stated(unset, api(SendPromotionalEmails=False)) == []
    assert stated(unset, api(SendPromotionalEmails=None)) == []
    assert stated(api(SendPromotionalEmails=None), api()) == []


def test_a_flag_that_was_taken_back_is_an_opt_out_of_both_addresses() -> None:
    unset = api(SendPromotionalEmails=False, LastModifiedDateTime="2026-08-17T10:00:00Z")
    assert stated(unset, api()) == [("ada@example.com", NO)]
    moved = attrs.evolve(unset, payload={**unset.payload, "Email": "new@example.com"})
    assert stated(moved, api()) == [("new@example.com", NO), ("ada@example.com", NO)]


def test_a_late_version_takes_nothing_back() -> None:
    late = api(SendPromotionalEmails=False, LastModifiedDateTime="2026-08-15T10:00:00Z")
    assert stated(late, api()) == []


@given(
    st.fixed_dictionaries(
        {
            "SendPromotionalTexts": st.booleans() | st.none(),
            "SendScheduleTexts": st.booleans(),
            "SendAccountTexts": st.booleans(),
            "SendScheduleEmails": st.booleans(),
            "SendAccountEmails": st.booleans(),
        }
    )
)
def test_text_messages_and_e_mails_on_bookings_change_nothing(flags: dict[str, Any]) -> None:
    """Seen to fail when ``SendAccountEmails`` counted as consent."""
    for promotional in (True, False):
        plain, flagged = (api(SendPromotionalEmails=promotional, **more) for more in ({}, flags))
        assert consents(flagged) == consents(plain)
        assert profile(flagged) == profile(plain)


# -- reservations ---------------------------------------------------------------------------------


def reservation(*records: Record) -> Reservation | None:
    return mindbody.map_reservation(whole(*records), Unknown(), CONTEXT)


def test_an_appointment_is_a_reservation_through_all_its_states() -> None:
    made = one("appointmentBooking.created", APPOINTMENT)
    found = reservation(made)
    assert found is not None
    assert (found.number, found.guest, found.status, found.site) == (
        "121", "id:7X", "confirmed", "-99",
    )  # fmt: skip
    assert found.from_ is not None
    assert found.from_.isoformat() == "2026-08-18T17:12:00+00:00"
    assert found.created == NOW
    came = reservation(made, one("appointmentBooking.updated", {**APPOINTMENT, "hasArrived": True}))
    assert came is not None
    assert (came.status, came.checked_in) == ("arrived", True)
    gone = reservation(made, one("appointmentBooking.cancelled", {"appointmentId": 121}, LATER))
    assert gone is not None
    assert gone.status == "cancelled"
    assert reservation(one("appointmentBooking.cancelled", {"appointmentId": 121})) is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Requested", "requested"),
        ("Booked", "confirmed"),
        ("Arrived", "arrived"),
        ("Completed", "departed"),
        ("NoShow", "no_show"),
        ("LateCancelled", "cancelled"),
        ("Whatever", "confirmed"),
    ],
)
def test_the_words_of_the_api_have_neutral_ones(status: str, expected: str) -> None:
    values = {
        "Id": 1, "ClientId": "7X", "Status": status, "StartDateTime": "2026-08-18T10:12:00",
    }  # fmt: skip
    found = reservation(row("appointments", values))
    assert found is not None
    assert found.status == expected


def test_a_booking_of_a_class_is_a_reservation() -> None:
    made = one("classRosterBooking.created", BOOKED)

    def after(word: str) -> Record:
        return one("classRosterBookingStatus.updated", {**BOOKING, "signedInStatus": word}, LATER)

    for word, status, came in (
        ("SignedIn", "arrived", True),
        ("LateCancelled", "cancelled", False),
        ("Absent", "confirmed", False),
    ):
        found = reservation(made, after(word))
        assert found is not None
        assert (found.status, found.checked_in, found.guest) == (status, came, "7")
    missed = reservation(made, row("visits", {"Id": 11724, "Missed": True}))
    assert missed is not None
    assert missed.status == "no_show"
