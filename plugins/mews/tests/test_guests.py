"""Customers become profiles; consent is what they said, never more."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import frontdesk_mews as mews
from frontdesk.errors import RecordError
from frontdesk.manifest import Kind, without_secrets
from frontdesk.model import (
    Account,
    Consent,
    ConsentState,
    Context,
    Gone,
    Merged,
    Profile,
    Record,
    Site,
)

TOKENS: dict[str, Any] = {"client_token": "kept", "access_token": "quiet"}
MARKETING = "SendMarketingEmails"
CONTEXT = Context(
    without_secrets(mews.Settings(**TOKENS)),
    Account(
        "chain",
        "Lakes",
        (Site("one", "One", country="CZ"), Site("two", "Two", country="GB")),
    ),
)


def guest(**changes: Any) -> dict[str, Any]:
    return {
        "Id": "guest-1",
        "Title": "Misses",
        "Sex": "Female",
        "FirstName": "Jana",
        "LastName": "Dvorak",
        "PreferredLanguageCode": None,
        "LanguageCode": "cs-CZ",
        "BirthDate": "1979-05-06",
        "Occupation": "Glazier",
        "Email": " jana@dvorak.example ",
        "HasOtaEmail": False,
        "Phone": "601 123 456",
        "Notes": "Likes the corner table",
        "DietaryRequirements": None,
        "CreatedUtc": "2025-01-01T00:00:00Z",
        "UpdatedUtc": "2026-01-01T00:00:00Z",
        "AddressId": "address-1",
        "Classifications": ["Returning", "Blacklist", "Blocklist"],
        "Options": [],
        "CompanyId": "company-1",
        "MergeTargetId": None,
        "IsActive": True,
        "PreferredSpaceFeatures": ["Balcony"],
    } | changes


ADDRESS = {
    "Line1": "Dlouha 7",
    "Line2": "",
    "City": "Brno",
    "PostalCode": "602 00",
    "CountryCode": "CZ",
}
JOINED = {
    "Address": ADDRESS,
    "Company": {"Name": "Glass & Sons"},
    "Country": {"EnglishName": "Czechia"},
}


def record(row: dict[str, Any], **changes: Any) -> Record:
    made = mews.build_record("customers", row)
    return Record(made.stream, made.id, made.payload, version=made.version, **changes)


def profile(**changes: Any) -> Profile:
    found = mews.map_profile(record(guest(**changes)), CONTEXT)
    assert isinstance(found, Profile)
    return found


def consents(
    row: dict[str, Any], previous: dict[str, Any] | None = None
) -> list[tuple[ConsentState, str]]:
    before = None if previous is None else record(previous)
    found = list(mews.sync_consent(record(row), before, CONTEXT))
    assert all(isinstance(c, Consent) and c.at is None and c.evidence for c in found)
    return [(consent.state, consent.address) for consent in found]


def test_a_whole_guest() -> None:
    found = profile(Joined=JOINED)
    assert found == Profile(
        guest="guest-1",
        email="jana@dvorak.example",
        phone_number="+420601123456",
        first_name="Jana",
        last_name="Dvorak",
        title="Glazier",
        organization="Glass & Sons",
        locale="cs-CZ",
        location={
            "address1": "Dlouha 7",
            "address2": None,
            "city": "Brno",
            "country": "Czechia",
            "zip": "602 00",
        },
        properties={
            "Mews Customer ID": "guest-1",
            "Mews Title": "Misses",
            "Mews Sex": "Female",
            "Mews Birthday": "1979-05-06",
            "Mews Notes": "Likes the corner table",
            "Mews Dietary Requirements": None,
            "Mews Company ID": "company-1",
            "Mews Is Active": True,
            "Mews Classifications": ["Returning", "Blocklist"],
            "Mews Preferred Space Features": ["Balcony"],
        },
    )
    declared = {field.name for field in mews.manifest.profile if field.kind is Kind.CUSTOM}
    assert set(found.properties) == declared


def test_the_language_the_guest_chose_comes_first() -> None:
    assert profile(PreferredLanguageCode="de-AT").locale == "de-AT"


def test_a_bare_row_takes_the_embedded_address_with_its_code() -> None:
    assert profile(Address=ADDRESS).location["country"] == "CZ"
    assert profile(Joined={"Address": None}, Address=ADDRESS).location["city"] == "Brno"


def test_no_address_is_known_or_there_is_none() -> None:
    assert profile().location == {}
    assert set(profile(Joined={"Address": None}).location.values()) == {None}


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("601 123 456", "+420601123456"),
        ("00420 601 123 456", "+420601123456"),
        ("+39 06 6982 1234", "+390669821234"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("", None),
        ("   ", None),
        ("call the office", None),
        ("12", None),
        ("+999 123 456 789", None),
        ("0" * 400, None),
        (420601123456, None),
        (None, None),
    ],
)
def test_phones_are_free_text(phone: Any, expected: str | None) -> None:
    assert profile(Phone=phone).phone_number == expected


def test_without_a_country_only_international_numbers_can_be_read() -> None:
    nowhere = Context(CONTEXT.settings, Account("x", "X"))
    for phone, expected in (("601 123 456", None), ("+420601123456", "+420601123456")):
        found = mews.map_profile(record(guest(Phone=phone)), nowhere)
        assert isinstance(found, Profile)
        assert found.phone_number == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("  jana@dvorak.example\n", "jana@dvorak.example"),
        ("Jana.D+hotel@Dvorak.Example", "Jana.D+hotel@Dvorak.Example"),
        ("jana.dvorak.example", None),
        ("jana@home@dvorak.example", None),
        ("jana@localhost", None),
        ("jana@localhost.", None),
        ("@dvorak.example", None),
        ("jana dvorak@dvorak.example", None),
        ("jana@", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_what_is_no_address_does_not_sink_the_profile(address: Any, expected: str | None) -> None:
    assert profile(Email=address).email == expected
    options = [(ConsentState.SUBSCRIBED, expected)] if expected else []
    assert consents(guest(Email=address, Options=[MARKETING])) == options


@given(st.text(), st.text())
def test_any_text_in_phone_and_address_leaves_a_profile(phone: str, address: str) -> None:
    found = profile(Phone=phone, Email=address)
    assert found.phone_number is None or found.phone_number.startswith("+")
    assert found.email is None or found.email.count("@") == 1


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"HasOtaEmail": True}, "ota"),
        ({"HasOtaEmail": True, "Email": None}, "ota"),
        ({"Email": "abc@guest.booking.com"}, "ota"),
        ({"Email": "abc@GUEST.Booking.com "}, "ota"),
        ({"Email": "abc@eu.guest.booking.com"}, "ota"),
        ({"Email": "abc@notguest.booking.com"}, None),
        ({"Email": "guest.booking.com@dvorak.example"}, None),
        ({"HasOtaEmail": None, "Email": "abc@guest.trip.com"}, "ota"),
        ({"Classifications": ["PaymasterAccount"]}, "paymaster"),
        ({"Classifications": ["PaymasterAccount"], "HasOtaEmail": True}, "ota"),
    ],
)
def test_who_is_kept_back(changes: dict[str, Any], rule: str | None) -> None:
    assert profile(**changes).excluded == rule
    assert rule is None or rule in {exclusion.name for exclusion in mews.manifest.exclusions}
    if rule:
        assert consents(guest(**changes, Options=[MARKETING])) == []


def test_the_domains_on_loan_can_be_chosen() -> None:
    settings = mews.Settings(**TOKENS, ota_domains=("alias.example",))
    chosen = Context(without_secrets(settings), CONTEXT.account)
    for address, rule in (("a@mail.alias.example", "ota"), ("a@guest.booking.com", None)):
        found = mews.map_profile(record(guest(Email=address)), chosen)
        assert isinstance(found, Profile)
        assert found.excluded == rule


def test_a_merged_guest_lives_on_in_another() -> None:
    row = guest(MergeTargetId="guest-2", IsActive=False)
    assert mews.map_profile(record(row), CONTEXT) == Merged("guest-1", "guest-2")
    assert isinstance(profile(MergeTargetId="guest-1"), Profile)


@pytest.mark.parametrize(
    "mark", [{"IsActive": False}, {"IsActive": None, "ActivityState": "Deleted"}]
)
def test_a_blank_inactive_guest_was_erased(mark: dict[str, Any]) -> None:
    blank: dict[str, Any] = {"Email": None, "Phone": "", "FirstName": None, "Options": []}
    found = mews.map_profile(record(guest(**blank, **mark)), CONTEXT)
    assert found == Gone("guest-1", erase=True)


def test_an_inactive_guest_with_a_name_is_still_one() -> None:
    found = profile(IsActive=False, Email=None, Phone=None)
    assert found.properties["Mews Is Active"] is False


def test_a_guest_core_no_longer_met_is_gone() -> None:
    assert mews.map_profile(record(guest(), deleted=True), CONTEXT) == Gone("guest-1")
    assert list(mews.sync_consent(record(guest(), deleted=True), None, CONTEXT)) == []


def test_other_streams_have_no_profile_and_no_consent() -> None:
    row = {"Id": "c", "Name": "Northwind", "Options": [MARKETING]}
    company = mews.build_record("companies", row)
    assert mews.map_profile(company, CONTEXT) is None
    assert list(mews.sync_consent(company, None, CONTEXT)) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"LastName": 5}, "LastName is not a string"),
        ({"Classifications": "Returning"}, "Classifications is not a list of strings"),
        ({"PreferredSpaceFeatures": [1]}, "PreferredSpaceFeatures is not a list of strings"),
        ({"Address": "Dlouha 7"}, "Address is not an object"),
    ],
)
def test_an_unusable_row_is_refused_by_the_name_of_its_field(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RecordError, match=reason):
        profile(**changes)


SUBSCRIBED = (ConsentState.SUBSCRIBED, "jana@dvorak.example")
UNSUBSCRIBED = (ConsentState.UNSUBSCRIBED, "jana@dvorak.example")


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ([MARKETING], None, [SUBSCRIBED]),
        ([MARKETING], [MARKETING], [SUBSCRIBED]),
        ([MARKETING, "Invoiceable"], [], [SUBSCRIBED]),
        ([], None, []),
        ([], [], []),
        ([], ["Invoiceable"], []),
        ([], [MARKETING], [UNSUBSCRIBED]),
        (None, [MARKETING], [UNSUBSCRIBED]),
        (["SendPartnerMarketingEmails"], None, []),
        (["SendMarketingPostalMail"], [MARKETING], [UNSUBSCRIBED]),
    ],
)
def test_the_one_option_that_is_consent(
    now: list[str] | None, before: list[str] | None, expected: list[Any]
) -> None:
    previous = None if before is None else guest(Options=before)
    assert consents(guest(Options=now), previous) == expected


def test_an_opt_out_holds_for_the_address_before_as_well() -> None:
    before = guest(Options=[MARKETING], Email="old@dvorak.example")
    assert consents(guest(), before) == [
        UNSUBSCRIBED,
        (ConsentState.UNSUBSCRIBED, "old@dvorak.example"),
    ]
    assert consents(guest(Email=None), before) == [
        (ConsentState.UNSUBSCRIBED, "old@dvorak.example")
    ]


def test_a_row_without_options_says_nothing() -> None:
    row = guest()
    del row["Options"]
    assert consents(row, guest(Options=[MARKETING])) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"MergeTargetId": "guest-2", "IsActive": False},
        {"IsActive": False, "Email": None, "Phone": None, "FirstName": None},
    ],
)
def test_neither_a_merge_nor_an_erasure_is_a_statement(changes: dict[str, Any]) -> None:
    before = guest(Options=[MARKETING])
    assert consents(guest(**changes), before) == []
    assert consents(guest(**changes, Options=[MARKETING]), before) == []


def test_a_deleted_guest_is_not_subscribed_but_may_opt_out() -> None:
    assert consents(guest(IsActive=False, Options=[MARKETING])) == []
    assert consents(guest(IsActive=False), guest(Options=[MARKETING])) == [UNSUBSCRIBED]


def test_an_older_version_that_arrives_late_is_no_opt_out() -> None:
    later = guest(Options=[MARKETING], UpdatedUtc="2026-02-01T00:00:00Z")
    assert consents(guest(), later) == []


@given(st.lists(st.sampled_from([(), (MARKETING,), ("Invoiceable",)]), min_size=1))
def test_no_statement_without_the_option_on_one_of_its_two_sides(
    path: list[tuple[str, ...]],
) -> None:
    rows = [guest(Options=list(options)) for options in path]
    for before, row in zip([None, *rows], rows, strict=False):
        kept = copy.deepcopy(row)
        states = [state for state, _ in consents(row, before)]
        has, had = (
            MARKETING in row["Options"],
            before is not None and MARKETING in before["Options"],
        )
        expected = [ConsentState.SUBSCRIBED] if has else [ConsentState.UNSUBSCRIBED] * had
        assert states == expected
        assert row == kept


def test_a_field_the_row_lacks_is_no_property() -> None:
    row = {"Id": "guest-1", "LastName": "Novak", "UpdatedUtc": "2026-01-01T00:00:00Z"}
    found = mews.map_profile(record(row), CONTEXT)
    assert isinstance(found, Profile)
    assert found.properties == {"Mews Customer ID": "guest-1"}
