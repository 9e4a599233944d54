"""Guests: profiles, phones, consent, and what becomes of those who are merged or deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

import frontdesk_zenoti as zenoti
from frontdesk.ingest.mapping import laid_over
from frontdesk.model import (
    Account,
    Consent,
    ConsentState,
    Context,
    Gone,
    Merged,
    Profile,
    Record,
    Ref,
    Related,
    Site,
)
from frontdesk_zenoti.merging import merge

GUEST = "60000000-0000-0000-0000-000000000001"
CENTER = "c0000000-0000-0000-0000-000000000001"
SITE = Site(CENTER, "Lakeside", time_zone="America/Chicago", currency="USD", country="US")
ACCOUNT = Account("org", "Org", (SITE,))
COUNTRIES = Related(
    {
        Ref("countries", "95"): Record("countries", "95", {"id": 95, "phone_code": 91}),
        Ref("countries", "7"): None,
    }
)


def context(**settings: Any) -> Context:
    return Context(zenoti.Settings(**{"api_key": "k", **settings}), ACCOUNT)


def guest(*, person: Any = None, wishes: Any = None, **changes: Any) -> Record:
    row = {
        "id": GUEST.upper(),
        "center_id": CENTER,
        "personal_info": {
            "first_name": "Ana",
            "last_name": "Example",
            "email": " Ana@Example.com ",
            "mobile_phone": {"country_code": 225, "phone_code": 1, "number": "(206) 555-0153"},
            "date_of_birth": "1990-04-05T00:00:00",
            "dob_incomplete_year": None,
            **(person or {}),
        },
        "preferences": {
            "receive_marketing_email": True,
            "receive_marketing_sms": False,
            "receive_transactional_email": True,
            "receive_transactional_sms": True,
            **(wishes or {}),
        },
        "tags": ["VIP", ""],
        **changes,
    }
    return zenoti.build_record("guests", row)


def profile(record: Record, where: Context | None = None) -> Profile:
    found = zenoti.map_profile(record, COUNTRIES, where or context())
    assert isinstance(found, Profile)
    return found


def consents(record: Record, previous: Record | None = None, **settings: Any) -> list[Consent]:
    return list(zenoti.sync_consent(record, previous, context(**settings)))


def test_a_profile_has_all_its_fields() -> None:
    assert profile(guest()) == Profile(
        guest=GUEST,
        email="ana@example.com",
        phone_number="+12065550153",
        first_name="Ana",
        last_name="Example",
        properties={
            "Zenoti ID": GUEST,
            "Receive Marketing Email": True,
            "Receive Marketing SMS": False,
            "Receive Transactional Email": True,
            "Receive Transactional SMS": True,
            "Zenoti Guest Tags": ["VIP"],
            "Birthday": "1990-04-05",
        },
    )


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        ({"country_code": 225, "phone_code": 1, "number": "206 555 0153"}, "+12065550153"),
        ({"country_code": 225, "phone_code": "+1", "number": "206 555 0153"}, "+12065550153"),
        # 95 is Zenoti's number of India, which dials 91.
        ({"country_code": 95, "number": "98765 43210"}, "+919876543210"),
        ({"country_code": 7, "number": "206 555 0153"}, "+12065550153"),
        ({"country_code": 0, "number": None, "display_number": "+1 2065550153"}, "+12065550153"),
        ({"phone_code": 44, "number": "+1 206 555 0153"}, "+12065550153"),
        ("+91 98765 43210", "+919876543210"),
        ({"country_code": 225, "number": ""}, None),
        ({"country_code": 225, "phone_code": 1, "number": "call me"}, None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_phones_are_read_in_all_their_forms(phone: Any, number: str | None) -> None:
    """Seen to fail when country_code is taken for a dialling code."""
    assert profile(guest(person={"mobile_phone": phone})).phone_number == number


@pytest.mark.parametrize(
    ("born", "unknown", "day"),
    [
        ("1990-04-05T00:00:00", None, "1990-04-05"),
        ("1990-04-05", "", "1990-04-05"),
        ("0001-01-01T00:00:00", None, None),
        ("1900-01-01T00:00:00", None, None),
        ("1990-04-05T00:00:00", "4/5", None),
        ("in spring", None, None),
        (None, None, None),
    ],
)
def test_birthdays_are_days_of_known_years(born: Any, unknown: Any, day: str | None) -> None:
    record = guest(person={"date_of_birth": born, "dob_incomplete_year": unknown})
    assert profile(record).properties["Birthday"] == day


def test_news_without_tags_clears_none() -> None:
    """Seen to fail when missing tags are an empty list."""
    news = guest()
    row = {k: v for k, v in news.payload.items() if k != "tags"}
    assert "Zenoti Guest Tags" not in profile(zenoti.build_record("guests", row)).properties
    whole = laid_over(guest(), attrs.evolve(news, payload=row, partial=True))
    assert profile(whole).properties["Zenoti Guest Tags"] == ["VIP"]


def test_virtual_guests_are_kept_back() -> None:
    assert profile(guest(is_virtual_guest=True)).excluded == "virtual"
    assert consents(guest(is_virtual_guest=True)) == []


def test_addresses_that_stand_for_none_are_none() -> None:
    where = context(placeholder_domains=["example.com"])
    assert profile(guest(), where).email is None
    assert profile(guest(person={"email": ""})).email is None


def test_who_is_only_an_id_is_no_profile() -> None:
    record = Record("guests", GUEST, {"id": GUEST}, partial=True)
    assert zenoti.map_profile(record, COUNTRIES, context()) is None


def test_a_deleted_guest_is_gone_and_erased_only_by_a_person() -> None:
    record = attrs.evolve(guest(), deleted=True)
    assert zenoti.map_profile(record, COUNTRIES, context()) == Gone(GUEST, erase=False)
    assert consents(record, guest()) == []


def test_a_merged_guest_becomes_the_other() -> None:
    record = laid_over(guest(), merge(GUEST, "winner"))
    assert zenoti.map_profile(record, COUNTRIES, context()) == Merged(GUEST, "winner")
    assert consents(record, guest(wishes={"receive_marketing_email": False})) == []


# -- consent ------------------------------------------------------------------------------------


def test_a_preference_is_consent_without_a_date() -> None:
    (consent,) = consents(guest())
    assert (consent.address, consent.state) == ("ana@example.com", ConsentState.SUBSCRIBED)
    assert consent.at is None
    assert "receive_marketing_email" in consent.evidence


def test_a_preference_first_seen_off_says_nothing() -> None:
    """Seen to fail when what was never given is taken back."""
    off = guest(wishes={"receive_marketing_email": False})
    assert consents(off) == []
    assert consents(off, off) == []


def test_switching_it_off_opts_out_of_the_old_address_too() -> None:
    off = guest(wishes={"receive_marketing_email": False}, person={"email": "new@example.com"})
    found = consents(off, guest())
    assert {consent.state for consent in found} == {ConsentState.UNSUBSCRIBED}
    assert [consent.address for consent in found] == ["new@example.com", "ana@example.com"]


def test_only_a_change_is_explicit() -> None:
    """Seen to fail when explicit_only takes a centre's default for the guest's word."""
    off = guest(wishes={"receive_marketing_email": False})
    assert consents(guest(), consent_mode="explicit_only") == []
    assert consents(guest(), guest(), consent_mode="explicit_only") == []
    (given,) = consents(guest(), off, consent_mode="explicit_only")
    assert given.state is ConsentState.SUBSCRIBED
    (taken,) = consents(off, guest(), consent_mode="explicit_only")
    assert taken.state is ConsentState.UNSUBSCRIBED


def test_a_late_version_takes_nothing_back() -> None:
    now, before = datetime(2026, 5, 2, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    off = guest(wishes={"receive_marketing_email": False})
    newer = attrs.evolve(guest(), version=now)
    assert consents(attrs.evolve(off, version=before), newer) == []


@pytest.mark.parametrize("said", [None, 1, "yes"])
def test_what_is_no_yes_or_no_is_neither(said: Any) -> None:
    record = guest(wishes={"receive_marketing_email": said})
    assert consents(record, guest()) == []
    assert profile(record).properties["Receive Marketing Email"] is None


def test_without_an_address_nobody_is_subscribed() -> None:
    assert consents(guest(person={"email": ""})) == []
