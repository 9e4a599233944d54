"""Delivery: from the log to a destination, in order, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from inn import FixedClock, busy, connected, prepare
from pigeon import Loft, added

from frontdesk import Desk

pytestmark = pytest.mark.anyio


async def test_a_first_delivery_brings_profiles_consent_and_events(store: Path) -> None:
    inn, loft = busy(25), Loft()
    prepare(store)
    async with Desk(store, clock=FixedClock()) as desk:
        await desk.sync(connected(desk, inn))
        added(desk, loft, subscribers={"email": "news"}, consent_without_time="first_seen")

        report = await desk.deliver("pigeon")

    assert loft.loads() == ["profiles", "opt-ins", "history events"]
    assert set(loft.profiles) == {"ada@example.com", "bob@example.com"}
    assert loft.metrics() == {"Booked Stay": 16, "Joined Club": 2}
    assert loft.consent["email", "ada@example.com"]["list"] == "news"
    assert report.sent["acorn", "Booked Stay"] == 16
    assert report.left == {
        ("history events", "held: no e-mail address or phone number"): 9,
    }
