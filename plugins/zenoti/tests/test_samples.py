"""Every sample delivery of Zenoti's pages becomes the metric, time and guest of this table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from typer.testing import CliRunner

from frontdesk import jsons
from frontdesk.cli.app import app

SAMPLES = Path(__file__).parents[3].parent / "shared" / "samples" / "zenoti" / "webhooks"

pytestmark = pytest.mark.skipif(
    not SAMPLES.exists(), reason="the sample deliveries are not part of the repository"
)

RAW = "Raw data"
#: The buyer and centre that --related gives to thin deliveries.
GUEST = "11111111-aaaa-4aaa-8aaa-111111111111"
#: Samples without the envelope have no time of their own: then the time of arrival stands in.
ARRIVAL = "when it arrived"


@attrs.frozen
class Told:
    """What a sample becomes.

    Args:
        metric: Its metric; None where it is no event.
        time: When it happened; ARRIVAL where the sample shows the inner part only.
        id: What the event id is made of: stream, record, action, and what tells one time from
            the next; or the id itself, where that is made of all that the delivery says.
        invoice: The invoice that tells whose a thin delivery is.
        kinds: What else is printed for it: a profile, a guest gone, a reason to pass it over.
    """

    metric: str | None
    time: str = ARRIVAL
    id: str | tuple[str, str, str, str] = ""
    guest: str = GUEST
    invoice: str = ""
    kinds: tuple[str, ...] = ()


TABLE = {
    "appointment-group-created.json": Told(
        "Booked Appointments",
        "2024-07-25T14:52:06.769417Z",
        ("appointment_groups", "883ce749-12a8-497b-bc50-2c3206c50e91", "booked", ""),
        "d08327d8-f928-4c37-8be3-87b93c90ac56",
        invoice="e8cedcb5-58b7-42bf-8024-7184c877aa03",
        kinds=("reservation",),
    ),
    "appointment-group-status.json": Told(
        "Checked In to Appointments",
        "2022-03-22T09:54:53.348478Z",
        ("appointment_groups", "53ef8c73-ded2-48cf-b6b2-0492a0463f9b", "checked in", ""),
        invoice="7f7f7bc0-813a-4a24-b518-b8bc67b63de6",
        kinds=("reservation",),
    ),
    "appointment-started.json": Told(
        "Started Appointment",
        id=(
            "appointment_groups",
            "1832089f-d2bc-402e-a56f-249e70492e2a",
            "started",
            "01d2dbac-51ad-4a5c-a252-40eaf47dd3a0",
        ),
        invoice="413c2fbe-e3a9-4638-a9c6-1369c8eccaf5",
        kinds=("reservation",),
    ),
    "feedback-v1.json": Told(
        "Submitted Feedback",
        id=(
            "feedback",
            "9ad21c96-cfcf-433b-9690-0d5c7d645be1 f89eed2c-c8c1-4556-aab5-ea1f3479ff3d",
            "submitted",
            "",
        ),
        guest="f89eed2c-c8c1-4556-aab5-ea1f3479ff3d",
    ),
    "invoice-closed-event.partial.json": Told(
        "Closed Invoice",
        "2022-03-11T14:22:43.384704Z",
        ("sales", "7e4e1a62-5982-4b3c-b9ac-da0f122e7ae5", "closed", ""),
        "464d1eea-e19a-4880-ae4c-c2973b395981",
    ),
    "guest-created.json": Told(None, kinds=("profile",)),
    "guest-updated.json": Told(None, kinds=("profile",)),
    "guest-deleted.json": Told(None, kinds=("gone",)),
    "guest-membership-created.partial.json": Told(
        "Activated Membership",
        "2023-12-21T09:34:39.802550Z",
        ("memberships", "c602e0d1-f9d2-4f37-809e-ceb882e59af4", "activated", ""),
        "5dbd3f94-9961-41eb-a7b0-480a8c49db4f",
    ),
    "guest-membership-freeze.json": Told(
        "Froze Membership",
        id=("memberships", "01192853-a6b5-4ff4-b299-e36b9efe61ac", "froze", "2021-12-13"),
        invoice="122df2ee-e82b-4c57-8262-ea57a39b6185",
    ),
    "guest-membership-cancelled.json": Told(
        "Canceled Membership",
        id=("memberships", "01192853-a6b5-4ff4-b299-e36b9efe61ac", "cancelled", "2021-12-14"),
        invoice="122df2ee-e82b-4c57-8262-ea57a39b6185",
    ),
    "guest-membership-reinstate.json": Told(
        RAW, id="5d420e7e75cbf7a0aef3b8f2976a3633", guest="557f207c-c3c0-46ae-9bea-3815d90f16c8"
    ),
    "guestpass-redemption.json": Told(
        RAW, id="735f85c63c6ffded0885ee0929731874", guest="184772fc-58bf-4257-b932-8d91be2b5736"
    ),
    "guest-package-creation.partial.json": Told(
        "Created Package",
        id=(
            "sales",
            "4ed8572b-daaf-496a-8e36-aa27e8399917",
            "created",
            "fe645486-7165-41de-8948-7f476c856824",
        ),
        invoice="4ed8572b-daaf-496a-8e36-aa27e8399917",
    ),
    "guest-package-redemption-reversal.json": Told(
        RAW, id="afc39155128b8a979247866b90246180", invoice="4ed8572b-daaf-496a-8e36-aa27e8399917"
    ),
    "guest-package-status-update.json": Told(
        RAW, id="d7ca567fc8ff345c7e6b9646ee6ca654", invoice="1ee272c2-bb54-4350-87d3-f32ac034aacc"
    ),
    "guest-package-validity-update.json": Told(
        RAW, id="d7ca567fc8ff345c7e6b9646ee6ca654", invoice="1ee272c2-bb54-4350-87d3-f32ac034aacc"
    ),
    "booking-created.json": Told(
        RAW,
        "2022-03-22T12:32:30.292629Z",
        "caf36e0a3a5bc3c8a44ad7facb02a944",
        "ef44e802-505c-4129-9744-0978c094c8f2",
    ),
    "booking-cancelled.json": Told(
        RAW,
        "2022-03-22T12:36:45.390915Z",
        "99d39beb8cbce64f62ab1af469e35493",
        "adae1b6e-0015-4a0b-8ab9-f248f229f856",
    ),
    "booking-no-show.json": Told(
        RAW,
        "2022-03-22T12:39:20.698437Z",
        "fb0aff0dbfbcb41a71f48aa8744e06aa",
        "ef44e802-505c-4129-9744-0978c094c8f2",
    ),
    "booking-deleted.json": Told(
        RAW,
        "2022-03-22T12:34:15.379749Z",
        "190d1944edbc092b003f346c1426d2f0",
        "ef44e802-505c-4129-9744-0978c094c8f2",
    ),
    "booking-approved.json": Told(
        RAW, id="6a4dc67f8e0eebc6d8745eb58bf0d98d", guest="204ad224-8f5d-4996-90f1-7add19e30213"
    ),
    "booking-rejected.json": Told(
        RAW, id="6a4dc67f8e0eebc6d8745eb58bf0d98d", guest="204ad224-8f5d-4996-90f1-7add19e30213"
    ),
    # Staff and schedules are nobody's: the record stays, and is counted under this rule.
    "schedule-created.json": Told(None, kinds=("skipped: no_person",)),
    "schedule-updated.json": Told(None, kinds=("skipped: no_person",)),
    "schedule-cancelled.json": Told(None, kinds=("skipped: no_person",)),
    "schedule-deleted.json": Told(None, kinds=("skipped: no_person",)),
    "employee-created.json": Told(None, kinds=("skipped: no_person",)),
    "employee-updated.json": Told(None, kinds=("skipped: no_person",)),
    "employee-deleted.json": Told(None, kinds=("skipped: no_person",)),
}


def test_the_table_has_every_sample() -> None:
    assert {path.name for path in SAMPLES.glob("*.json")} == TABLE.keys()


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_sample_becomes_what_the_table_says(name: str, tmp_path: Path) -> None:
    told = TABLE[name]
    lines = mapped(SAMPLES / name, told, tmp_path)
    events = [line for line in lines if line["kind"] == "event"]

    assert [event["metric"] for event in events] == ([told.metric] if told.metric else [])
    for event in events:
        assert event["guest"] == told.guest
        assert event["id"] == event_id(told)
        if told.time != ARRIVAL:
            assert event["time"] == told.time
    others = [shown(line) for line in lines if line["kind"] not in {"event", "ref"}]
    assert others == list(told.kinds)


@pytest.mark.parametrize("name", [name for name, told in TABLE.items() if told.invoice])
def test_thin_samples_wait_for_their_invoice(name: str, tmp_path: Path) -> None:
    """Without the invoice, it is asked for, and the delivery is nobody's, or has no value."""
    lines = mapped(SAMPLES / name, attrs.evolve(TABLE[name], invoice=""), tmp_path)
    refs = [(line["stream"], line["id"]) for line in lines if line["kind"] == "ref"]
    assert ("invoices", TABLE[name].invoice) in refs
    for event in (line for line in lines if line["kind"] == "event"):
        assert event.get("value") is None


def event_id(told: Told) -> str:
    if isinstance(told.id, str):
        return told.id
    stream, record, action, occurrence = told.id
    facts = ("zenoti", "org", "", stream, record, action, occurrence)
    return jsons.digest(jsons.encode(facts)).hex()


def mapped(file: Path, told: Told, folder: Path) -> list[dict[str, Any]]:
    """Run ``frontdesk map zenoti --webhook``, with the invoice where one is needed."""
    arguments = ["map", "zenoti", "--webhook", str(file), "--account", "org"]
    if told.invoice:
        related = folder / "related.json"
        invoice = {
            "id": told.invoice,
            "center_id": "org",
            "guest": {"id": GUEST},
            "total_price": {"sum_total": 80},
        }
        related.write_text(json.dumps({"invoices": [{"invoice": invoice}]}), "utf-8")
        arguments += ["--related", str(related)]
    ran = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return [json.loads(line) for line in ran.stdout.splitlines()]


def shown(line: dict[str, Any]) -> str:
    return f"skipped: {line['rule']}" if line["kind"] == "skipped" else str(line["kind"])
