"""Clients: profiles, merges, and consent that is never invented."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.model import Channel, Consent, ConsentState, Gone, Merged, Profile, Record

from .made import client, connector, record, urn, wishes

STREAM = "clients"
ON, OFF = ConsentState.SUBSCRIBED, ConsentState.UNSUBSCRIBED
EMAIL, SMS = "ines@example.com", "+14155550123"


def seen(**fields: Any) -> Record:
    return record(STREAM, client(**fields))


def profile(**fields: Any) -> Profile:
    found = connector().map_profile(seen(**fields))
    assert isinstance(found, Profile)
    return found


def said(now: Record, before: Record | None = None) -> list[tuple[Channel, str, ConsentState]]:
    found = connector().sync_consent(now, before)
    assert all(isinstance(consent, Consent) for consent in found)
    # Boulevard keeps no time of consent, so none is claimed, ever.
    assert [consent.at for consent in found] == [None] * len(found)
    return [(consent.channel, consent.address, consent.state) for consent in found]


def test_a_profile_is_all_that_is_known() -> None:
    found = profile(marketingSettings=wishes(email=True, push=True))
    assert (found.email, found.phone_number) == (EMAIL, SMS)
    assert (found.first_name, found.last_name) == ("Ines", None)
    assert found.properties == {
        "Appointment Count": 2,
        "Boulevard ID": urn("Client"),
        "Date of Birth": "1990-02-28",
        "Primary Location Name": "Old Mill",
        "Primary Location ID": urn("Location"),
        "Boulevard Tags": ["VIP"],
        "Email Marketing": True,
        "SMS Marketing": False,
        "Push Marketing": True,
        "Email Reminder": True,
        "SMS Reminder": False,
        "Push Reminder": False,
    }


@pytest.mark.parametrize("settings", [None, [], [{"type": "SOMETHING_NEW", "email": True}]])
def test_settings_that_are_not_told_are_neither_yes_nor_no(settings: Any) -> None:
    found = profile(marketingSettings=settings, reminderSettings=settings)
    assert not any("Marketing" in name or "Reminder" in name for name in found.properties)
    assert said(seen(marketingSettings=settings)) == []


@pytest.mark.parametrize(
    ("phone", "home", "expected"),
    [
        ("+44 20 7946 0958", None, "+442079460958"),
        ("(415) 555-0123", None, "+14155550123"),
        ("020 7946 0958", {"id": urn("Location", 2)}, "+442079460958"),
        ("call the desk", None, None),
        ("12", None, None),
        (None, None, None),
        (3, None, None),
    ],
)
def test_phones_are_e164_or_left_out(phone: Any, home: Any, expected: str | None) -> None:
    assert profile(mobilePhone=phone, primaryLocation=home).phone_number == expected


def test_a_merged_client_becomes_part_of_another() -> None:
    row = seen(active=False, mergedIntoClientId=urn("Client", 2))
    assert connector().map_profile(row) == Merged(urn("Client"), urn("Client", 2))
    bare = seen(active=False, mergedIntoClientId=urn("Client", 2).rpartition(":")[2])
    assert connector().map_profile(bare) == Merged(urn("Client"), urn("Client", 2))
    itself = seen(mergedIntoClientId=urn("Client"))
    assert isinstance(connector().map_profile(itself), Profile)


def test_a_client_who_is_gone_leaves() -> None:
    row = record(STREAM, client(), deleted=True)
    assert connector().map_profile(row) == Gone(urn("Client"))
    assert said(row, seen(marketingSettings=wishes(email=True))) == []


def test_what_is_on_is_consent_and_what_is_off_at_first_is_nothing() -> None:
    """Seen to fail when a first "off" was taken for an opt-out."""
    assert said(seen()) == []
    assert said(seen(marketingSettings=wishes(email=True, sms=True))) == [
        (Channel.EMAIL, EMAIL, ON),
        (Channel.SMS, SMS, ON),
    ]


def test_what_was_on_and_is_off_is_an_opt_out_of_both_addresses() -> None:
    before = seen(marketingSettings=wishes(email=True, sms=True))
    assert said(seen(marketingSettings=wishes(sms=True)), before) == [
        (Channel.EMAIL, EMAIL, OFF),
        (Channel.SMS, SMS, ON),
    ]
    moved = seen(email="new@example.com")
    assert said(moved, before)[:2] == [
        (Channel.EMAIL, "new@example.com", OFF),
        (Channel.EMAIL, EMAIL, OFF),
    ]


def test_push_and_reminders_stay_properties() -> None:
    assert said(seen(marketingSettings=wishes(push=True))) == []


@pytest.mark.parametrize(
    "fields",
    [{"active": False}, {"active": None}, {"mergedIntoClientId": urn("Client", 2)}],
)
def test_whoever_is_set_aside_says_nothing(fields: dict[str, Any]) -> None:
    before = seen(marketingSettings=wishes(email=True, sms=True))
    assert said(seen(marketingSettings=wishes(email=True, sms=True), **fields)) == []
    assert said(seen(**fields), before) == []


@pytest.mark.parametrize(("email", "phone"), [(None, None), ("nobody", "555")])
def test_without_an_address_there_is_nothing_to_consent_to(
    email: str | None, phone: str | None
) -> None:
    row = seen(email=email, mobilePhone=phone, marketingSettings=wishes(email=True, sms=True))
    assert said(row) == []


def test_an_older_version_that_comes_late_takes_nothing_back() -> None:
    newer = seen(marketingSettings=wishes(email=True), updatedAt="2026-05-09T00:00:00Z")
    assert said(seen(), newer) == []


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_an_opt_out_follows_an_opt_in_and_nothing_else(course: list[tuple[bool, bool]]) -> None:
    before: Record | None = None
    was = (False, False)
    for now in course:
        row = seen(marketingSettings=wishes(email=now[0], sms=now[1]))
        states = {channel: state for channel, _, state in said(row, before)}
        for channel, on, earlier in zip((Channel.EMAIL, Channel.SMS), now, was, strict=True):
            expected = ON if on else OFF if earlier else None
            assert states.get(channel) is expected
        before, was = row, now


def test_a_part_of_a_client_is_no_profile_and_no_word() -> None:
    row = attrs.evolve(seen(marketingSettings=wishes(email=True)), partial=True)
    assert connector().map_profile(row) is None
    assert said(row) == []
