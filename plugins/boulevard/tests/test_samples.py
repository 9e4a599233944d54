"""What each of the platform's samples becomes: metric, time and id, as ``frontdesk map`` prints.

Ids are made of facts only, so they are written down here: one that changes would double what
is stored everywhere. A delivery and the node that history shows have the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from frontdesk.cli.app import app
from frontdesk_boulevard.documents import STREAMS

SAMPLES = Path(__file__).parents[3].parent / "shared" / "samples" / "boulevard"
BUSINESS = "urn:blvd:Business:2f1c7a1e-5b1d-4c55-9d0a-3f0f5a2b9c01"
TOLD = "2025-06-01T21:36:53.768886Z"

Row = tuple[str, str, str]

BOOKED_1 = (
    "Booked Appointments",
    "2025-05-20T17:01:02.345678Z",
    "6842514c4d4fbe4d154fa6eb6082f5d2",
)
COMPLETED_1 = ("Completed Appointments", TOLD, "deaca5828b40958fccddc0e8edd0348e")
ARRIVED_1 = ("Arrived for Appointments", TOLD, "3dcc686e952e2ef09efa11cd51bc6b76")
BOOKED_2 = ("Booked Appointments", "2025-05-21T10:00:00Z", "3b45ba15f3afa23676b66657bbb0bb47")
CANCELLED_2 = ("Cancelled Appointments", "2025-06-09T23:59:59Z", "5438623ee3aea31c8c994a30a5626ab9")
BOOKED_3 = ("Booked Appointments", "2025-05-25T08:30:00Z", "a8a57c9712251afe64a9f19465bac5b5")
CONFIRMED_3 = ("Confirmed Appointments", TOLD, "f986d31296dc81ebaa85bb9be11f9279")
MOVED_3 = ("Rescheduled Appointments", TOLD, "d7a8c6455b8fe053f92ea2f12cbb24db")
ACTIVE_1 = ("Activated Membership", "2025-05-20T07:00:00Z", "eb88cb2ea397b271d32632e08cdbe383")
ACTIVE_2 = ("Activated Membership", "2025-01-05T08:00:00Z", "5977bbdd322c15e4164c5622f504aeec")
ACTIVE_3 = ("Activated Membership", "2025-02-01T05:00:00Z", "e86cd5ad9c5aab7f10ef4c88c8d94fac")
ACTIVE_4 = ("Activated Membership", "2024-11-01T07:00:00Z", "fd84fb5f5fa233553350f02866e903a4")
ACTIVE_5 = ("Activated Membership", "2025-01-15T08:00:00Z", "bf8c33fdf0f9d88247adc7d4e29e5aaa")
ENDED_4 = ("Cancelled Membership", "2025-03-20T07:00:00Z", "52f1b8a676e85493e196c2496440891e")
BACK_1 = ("Reactivated Membership", TOLD, "ee1eb26f2735e23dd2473d94a3e72f45")
PAUSED_3 = ("Paused Membership", TOLD, "a56870ce0c8def345db62f676f96f046")
ORDERED = ("Placed Order", TOLD, "9ea5166657d5422b9022aa393d0399ba")

#: Sample answer: its stream and what it proves. Those with one node are in none of the lists.
RESPONSES: dict[str, tuple[str, list[Row]]] = {
    "clients": ("clients", []),
    "clients_by_ids": ("clients", []),
    "client": ("clients", []),
    "appointments": (
        "appointments",
        [BOOKED_1, COMPLETED_1, BOOKED_2, CANCELLED_2, BOOKED_3],
    ),
    "appointment": ("appointments", [BOOKED_1, COMPLETED_1]),
    "memberships": (
        "memberships",
        [ACTIVE_1, ACTIVE_2, ACTIVE_3, ACTIVE_4, ENDED_4, ACTIVE_5],
    ),
    "membership": ("memberships", [ACTIVE_1]),
    "orders": ("orders", [ORDERED]),
    "order": ("orders", [ORDERED]),
}
#: Sample answers that hold no record: what opens an account, and what manages webhooks.
OTHERS = {
    "business",
    "locations",
    "webhooks",
    "create_webhook",
    "update_webhook",
    "delete_webhook",
    "ping_webhook",
}
#: Sample delivery: what it tells, and the other kinds of lines that come with it.
DELIVERIES: dict[str, tuple[list[Row], set[str]]] = {
    "APPOINTMENT_ARRIVED": ([ARRIVED_1], set()),
    "APPOINTMENT_CANCELLED": ([CANCELLED_2], set()),
    "APPOINTMENT_COMPLETED": ([COMPLETED_1], set()),
    "APPOINTMENT_CONFIRMED": ([CONFIRMED_3], set()),
    "APPOINTMENT_CREATED": ([BOOKED_3], {"reservation"}),
    "APPOINTMENT_RESCHEDULED": ([MOVED_3], set()),
    "APPOINTMENT_UPDATED": ([BOOKED_3], {"reservation"}),
    "CLIENT_APPOINTMENT_REMINDER_PREFERENCES_UPDATED": ([], {"profile", "consent"}),
    "CLIENT_CREATED": ([], {"profile", "consent"}),
    "CLIENT_MARKETING_PREFERENCES_UPDATED": ([], {"profile", "consent"}),
    "CLIENT_UPDATED": ([], {"profile", "consent"}),
    "MEMBERSHIP_CANCELLED": ([ENDED_4], set()),
    "MEMBERSHIP_CREATED": ([ACTIVE_1], set()),
    "MEMBERSHIP_PAUSED": ([PAUSED_3], set()),
    "MEMBERSHIP_REACTIVATED": ([BACK_1], set()),
    "ORDER_COMPLETED": ([ORDERED], set()),
    "PING": ([], set()),
}

pytestmark = pytest.mark.skipif(
    not SAMPLES.exists(), reason="the sample answers are not part of the repository"
)


def answer(name: str) -> Any:
    """Take a sample answer out of what it lies in, beside what was asked."""
    return json.loads((SAMPLES / "responses" / f"{name}.json").read_text("utf-8"))["response"]


@pytest.fixture(name="related", scope="module")
def _related(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Write every node that a delivery may ask for."""
    arguments: list[str] = []
    for stream in STREAMS:
        file = tmp_path_factory.mktemp("related") / f"{stream}.json"
        file.write_text(json.dumps(answer(stream)), "utf-8")
        arguments += ["--related", str(file)]
    return arguments


def mapped(arguments: Iterable[str]) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, ["map", "boulevard", "--account", BUSINESS, *arguments])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def told(lines: list[dict[str, Any]]) -> list[Row]:
    return [(li["metric"], li["time"], li["id"]) for li in lines if li["kind"] == "event"]


def test_there_is_a_row_for_every_sample() -> None:
    assert {p.stem for p in (SAMPLES / "responses").glob("*.json")} == RESPONSES.keys() | OTHERS
    assert {p.stem for p in (SAMPLES / "webhooks").glob("*.json")} == DELIVERIES.keys()


@pytest.mark.parametrize("name", RESPONSES)
def test_a_sample_answer_maps(name: str, related: list[str], tmp_path: Path) -> None:
    """Seen to fail when midnight was taken in UTC instead of the location's zone."""
    stream, expected = RESPONSES[name]
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(answer(name)), "utf-8")
    lines = mapped(["--stream", stream, *related, str(file)])
    assert told(lines) == expected
    assert "quarantined" not in {line["kind"] for line in lines}


@pytest.mark.parametrize("name", DELIVERIES)
def test_a_sample_delivery_maps(name: str, related: list[str], tmp_path: Path) -> None:
    """Seen to fail when a rescheduling had the delivery's time for its occurrence."""
    expected, others = DELIVERIES[name]
    sample = json.loads((SAMPLES / "webhooks" / f"{name}.json").read_text("utf-8"))
    file = tmp_path / "body.json"
    file.write_text(json.dumps(sample["body"]), "utf-8")
    lines = mapped(["--webhook", str(file), *related])
    assert told(lines) == expected
    assert {line["kind"] for line in lines} - {"event"} == others


def test_consents_and_the_merge_of_the_sample_clients(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(answer("clients")), "utf-8")
    lines = mapped(["--stream", "clients", str(file)])
    said = [(li["channel"], li["state"], li["at"]) for li in lines if li["kind"] == "consent"]
    assert said == [("email", "subscribed", None), ("sms", "subscribed", None)]
    assert [line["kind"] for line in lines].count("merged") == 1
