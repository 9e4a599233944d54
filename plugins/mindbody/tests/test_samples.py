"""What ``frontdesk map`` makes of each example the vendors publish, where they are at hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from frontdesk.cli import main

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "mindbody"
#: By the number the site gave the client, if that is all there is.
KNOWN, UNKNOWN = "100000009", "id:100000120"

pytestmark = pytest.mark.skipif(
    not SAMPLES.exists(), reason="the vendors' examples are not part of the repository"
)

APPOINTMENT = {
    "Location ID": 1,
    "Staff ID": 5,
    "Staff Name": "Jane Doe",
    "Start Time": "2026-08-18T17:12Z",
    "End Time": "2026-08-18T18:12Z",
    "Duration": 60,
    "Resources": [{"id": 1, "name": "Room A"}],
    "Staff Provider ID": "688135485",
    "Name": "Jane Doe",
}
PASS = {"Staff ID": 12, "Item ID": 12345, "Item Name": "10-Class Pass"}
ITEMS = [
    ("Item ID", 78, 79),
    ("Type", "Service", "Product"),
    ("Name", "10 Punch Card", "Yoga mat"),
    ("Price", 100.0, 50.0),
    ("Discount", 5.0, 0.0),
    ("Quantity", 1, 2),
]
#: File: the guest, and by metric the time it happened and what it shows.
EVENTS: dict[str, tuple[str, list[tuple[str, str, dict[str, Any]]]]] = {
    "appointmentBooking.cancelled": ("", []),
    "appointmentBooking.created": (
        UNKNOWN,
        [("Scheduled Appointment", "2026-08-17T16:00:00Z", APPOINTMENT)],
    ),
    "appointmentBooking.updated.confirmed": (
        UNKNOWN,
        [("Confirmed Appointment", "2026-08-17T18:00:00Z", APPOINTMENT)],
    ),
    "appointmentBooking.updated.arrived": (
        UNKNOWN,
        [
            ("Confirmed Appointment", "2026-08-18T17:05:00Z", APPOINTMENT),
            ("Arrived for Appointment", "2026-08-18T17:05:00Z", APPOINTMENT),
        ],
    ),
    "classRosterBooking.created": (
        KNOWN,
        [
            (
                "Booked Class",
                "2026-08-17T16:00:00Z",
                {"Location ID": 1, "Staff Name": "Jane Doe", **PASS},
            )
        ],
    ),
    "classRosterBookingStatus.updated.signedin": (
        KNOWN,
        [("Signed In to Class", "2026-08-18T13:55:00Z", PASS)],
    ),
    "classRosterBookingStatus.updated.latecancelled": (
        KNOWN,
        [("Cancelled Class", "2026-08-18T13:00:00Z", {**PASS, "Cancel Type": "Late Cancelled"})],
    ),
    "classRosterBooking.cancelled": (
        KNOWN,
        [("Cancelled Class", "2026-08-17T16:00:00Z", {"Cancel Type": "Cancelled"})],
    ),
    "classWaitlistRequest.created": (
        KNOWN,
        [
            (
                "Joined Waitlist",
                "2026-08-17T16:00:00Z",
                {
                    "Start Time": "2026-08-18T14:00Z",
                    "End Time": "2026-08-18T15:00Z",
                    "Class ID": 201,
                    "Waitlist Max Size": 5,
                },
            )
        ],
    ),
    "classWaitlistRequest.cancelled": ("", []),
    "clientMembershipAssignment.created": (
        KNOWN,
        [
            (
                "Activated Membership",
                "2026-08-17T16:00:00Z",
                {"Membership ID": "12", "Membership Name": "Gold Level Member"},
            )
        ],
    ),
    "clientMembershipAssignment.cancelled": ("", []),
    "clientContract.created": (
        KNOWN,
        [
            (
                "Created Contract",
                "2026-08-17T16:00:00Z",
                {
                    "Sales Staff ID": 12,
                    "Sales Staff Name": "Jane Doe",
                    "Origination Location": 1,
                    "Contract ID": "3",
                    "Contract Start": "2018-03-20T00:00Z",
                    "Contract End": "2019-03-20T00:00Z",
                    "Auto Renewal": True,
                },
            )
        ],
    ),
    "clientContract.updated": ("", []),
    "clientContract.cancelled": ("", []),
    "client.created": ("", []),
    "client.updated": ("", []),
    "client.deactivated": ("", []),
    "clientSale.created": (
        KNOWN,
        [
            (
                "Placed Order",
                "2026-08-17T16:00:00Z",
                {
                    "Sold By": "Jane Doe",
                    "Location": 1,
                    "Items": [
                        {
                            "itemId": 78,
                            "Type": "Service",
                            "Name": "10 Punch Card",
                            "amountPaid": 100.0,
                            "amountDiscounted": 5.0,
                            "quantity": 1,
                            "recipientClientId": "100000009",
                            "paymentReferenceId": 44,
                            "giftCardBarcodeId": None,
                        },
                        {
                            "itemId": 79,
                            "Type": "Product",
                            "Name": "Yoga mat",
                            "amountPaid": 50.0,
                            "amountDiscounted": 0.0,
                            "quantity": 2,
                            "recipientClientId": "100000010",
                            "paymentReferenceId": 45,
                            "giftCardBarcodeId": None,
                        },
                    ],
                    "Quantity": 3,
                    "giftCardBarcodeId": None,
                },
            ),
            *(
                ("Ordered Product", "2026-08-17T16:00:00Z", {name: v[n] for name, *v in ITEMS})
                for n in (0, 1)
            ),
        ],
    ),
}
CUSTOM = {
    "Mindbody ClientID": "100000009",
    # Its name is not known: the locations at hand are of another site.
    "Mindbody Home Location (Number)": 1,
    "Mindbody Liability Released": True,
    "Mindbody Number of Visits": 2,
    "Mindbody Referral": None,
    "Mindbody Status": "Non-Member",
    "Mindbody First Appointment Date": "2018-08-29T06:45Z",
}
#: File: e-mail address, properties, and whether e-mails are wanted.
PROFILES: dict[str, tuple[str, dict[str, Any], bool]] = {
    "client.created": ("john.smith@gmail.com", CUSTOM, True),
    "client.updated": (
        "john.new@gmail.com",
        {**CUSTOM, "Mindbody Number of Visits": 3, "Mindbody Status": "Active"},
        False,
    ),
    "client.deactivated": (
        "john.smith@gmail.com",
        {**CUSTOM, "Mindbody Active": False, "Mindbody Status": "Terminated"},
        True,
    ),
}


@pytest.fixture
def mapped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[dict[str, Any]]]:
    def run(*arguments: str) -> list[dict[str, Any]]:
        related = [
            f"--related={SAMPLES / 'api' / name}"
            for name in ("client_clients.json", "site_locations.json", "staff_staff.json")
        ]
        argv = ["frontdesk", "map", "mindbody", "--account=-99", *related, *arguments]
        monkeypatch.setattr("sys.argv", argv)
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def of_kind(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["kind"] == kind]


def test_there_is_an_expectation_for_every_file() -> None:
    assert {path.stem for path in (SAMPLES / "webhooks").iterdir()} == EVENTS.keys()


@pytest.mark.parametrize("name", EVENTS)
def test_a_webhook_tells_these_events(name: str, mapped: Any) -> None:
    guest, expected = EVENTS[name]
    lines = mapped("--webhook", str(SAMPLES / "webhooks" / f"{name}.json"))
    told = of_kind(lines, "event")
    assert [(e["metric"], e["time"], e["properties"]) for e in told] == expected
    assert {e["guest"] for e in told} == ({guest} if expected else set())
    assert not of_kind(lines, "quarantined")
    assert not of_kind(lines, "skipped")


def test_an_order_is_worth_what_its_items_are(mapped: Any) -> None:
    lines = mapped("--webhook", str(SAMPLES / "webhooks" / "clientSale.created.json"))
    order, *items = (line["value"] for line in of_kind(lines, "event"))
    assert (order, sum(items)) == (150.0, 150.0)


@pytest.mark.parametrize("name", PROFILES)
def test_a_client_webhook_tells_this_profile(name: str, mapped: Any) -> None:
    email, properties, wanted = PROFILES[name]
    lines = mapped("--webhook", str(SAMPLES / "webhooks" / f"{name}.json"))
    (profile,) = of_kind(lines, "profile")
    assert (profile["guest"], profile["email"]) == (KNOWN, email)
    assert (profile["first_name"], profile["last_name"]) == ("John", "Smith")
    assert profile["phone_number"] == "+18055551234"
    assert profile["properties"] == properties
    consents = [(c["address"], c["channel"], c["state"]) for c in of_kind(lines, "consent")]
    assert consents == ([(email, "email", "subscribed")] if wanted else [])
    assert "1445" not in json.dumps(lines)


def test_clients_of_the_api_are_profiles(mapped: Any) -> None:
    lines = mapped("--stream", "clients", str(SAMPLES / "api" / "client_clients.json"))
    first, barcode, inactive = of_kind(lines, "profile")
    assert first["properties"] == {
        "Mindbody Account Balance": 15.5,
        "Mindbody Active": True,
        "Mindbody ClientID": "100000009",
        "Mindbody Home Location (Number)": 1,
        "Mindbody Home Location Name": "ACME Yoga (Downtown)",
        "Mindbody Liability Released": True,
        "Mindbody Referral": "Another client",
        "Mindbody Status": "Active",
        "Mindbody First Appointment Date": "2025-08-29T09:00Z",
        "Mindbody First Class Date": "2025-09-02T18:30Z",
    }
    assert (barcode["guest"], barcode["email"]) == ("100000010", None)
    assert barcode["phone_number"] == "+447700900123"
    assert barcode["properties"]["Mindbody ClientID"] == "barcode-7X"
    assert inactive["properties"]["Mindbody Active"] is False
    assert inactive["properties"]["Mindbody Account Balance"] == -20.0
    # Two of the three want text messages, and nobody hears of it.
    assert [(c["guest"], c["channel"]) for c in of_kind(lines, "consent")] == [(KNOWN, "email")]


@pytest.mark.parametrize(
    ("stream", "name", "metrics", "reservations"),
    [
        ("appointments", "appointment_staffappointments", [], ["departed"]),
        ("visits", "client_clientvisits_limit1", ["Signed In to Class"], ["arrived"]),
        ("sales", "sale_sales", ["Placed Order", "Ordered Product"], []),
        ("waitlist_entries", "class_waitlistentries", [], []),
        ("sites", "site_sites", [], []),
        ("locations", "site_locations", [], []),
        ("staff", "staff_staff", [], []),
        ("client_ids", "client_clients", [], []),
    ],
)
def test_rows_of_the_api_tell_what_they_prove(
    stream: str, name: str, metrics: list[str], reservations: list[str], mapped: Any
) -> None:
    lines = mapped("--stream", stream, str(SAMPLES / "api" / f"{name}.json"))
    assert [line["metric"] for line in of_kind(lines, "event")] == metrics
    assert [line["status"] for line in of_kind(lines, "reservation")] == reservations
    assert not of_kind(lines, "quarantined")
