"""The tables say what the data dictionary says; the manifest keeps core's contract."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import frontdesk_zenoti as zenoti
from frontdesk import registry
from frontdesk.errors import SettingsError
from frontdesk.manifest import Kind, without_secrets
from frontdesk.model import Channel
from frontdesk.settings import structure
from frontdesk_zenoti.properties import Paths
from frontdesk_zenoti.statuses import GROUP, MEMBERSHIP, membership_code, membership_name

SHARED = Path(__file__).parents[3].parent / "shared"
DICTIONARY = SHARED / "reference" / "data-dictionary.toml"

needs_dictionary = pytest.mark.skipif(
    not DICTIONARY.exists(), reason="the data dictionary is not part of the repository"
)


@pytest.fixture(scope="module")
def dictionary() -> dict[str, Any]:
    connectors = tomllib.loads(DICTIONARY.read_text("utf-8"))["connector"]
    return next(connector for connector in connectors if connector["key"] == "zenoti")


def test_the_connector_keeps_the_contract() -> None:
    registry.check("zenoti", zenoti)


def test_there_are_18_metrics_266_slots_and_11_profile_fields() -> None:
    """Seen to fail when Service Balance is left out of the table."""
    slots = [p for m in zenoti.manifest.metrics for p in m.properties if not p.addition]
    assert len(zenoti.manifest.metrics) == 18
    assert len(slots) == 266
    assert len(zenoti.manifest.profile) == 11
    assert all(p.meaning for metric in zenoti.manifest.metrics for p in metric.properties)
    assert all(field.meaning for field in zenoti.manifest.profile)


@needs_dictionary
def test_metrics_and_properties_are_those_of_the_dictionary(dictionary: dict[str, Any]) -> None:
    """Seen to fail when Cancelled Appointments is spelt with one l."""
    ours = {
        metric.name: [(p.name, p.type, set(p.values)) for p in metric.properties if not p.addition]
        for metric in zenoti.manifest.metrics
    }
    theirs = {
        metric["name"]: [
            # Yes and No are strings, of which there are only two.
            (p["name"], "string" if p["type"] == "yes/no" else p["type"], set(p.get("enum", ())))
            for p in metric["properties"]
        ]
        for metric in dictionary["metrics"]
    }
    assert list(ours) == list(theirs)
    for metric, properties in theirs.items():
        assert ours[metric] == properties, metric


@needs_dictionary
def test_profile_fields_are_those_of_the_dictionary(dictionary: dict[str, Any]) -> None:
    ours = {field.name: field for field in zenoti.manifest.profile}
    for kind in Kind:
        for theirs in dictionary["profile"][kind.value]:
            field = ours.pop(theirs["name"])
            assert (field.kind, field.type) == (kind, theirs["type"])
            if kind is Kind.STANDARD:
                assert theirs["klaviyo_target"] == f"profile.{field.attribute}"
    assert ours == {}


@needs_dictionary
def test_history_and_consent_are_those_of_the_dictionary(dictionary: dict[str, Any]) -> None:
    (history,) = dictionary["history"]
    read = [stream for stream in zenoti.manifest.streams if stream.history != "none"]
    assert {stream.history.days for stream in read} == {365 * history["years"]}  # type: ignore[union-attr]  # none is "all"
    rules = zenoti.manifest.consent
    assert rules.records == {Channel(c) for c in dictionary["consent"]["records"]}
    assert rules.properties_only == {Channel(c) for c in dictionary["consent"]["properties_only"]}


def test_every_path_leads_to_a_declared_property() -> None:
    from frontdesk_zenoti import feedback, giftcards, invoices, memberships, packages, tables

    declared = {m.name: {p.name for p in m.properties} for m in zenoti.manifest.metrics}
    used: dict[str, Paths] = {
        **memberships._PATHS,
        tables.CREATED: packages._CREATED,
        tables.REDEEMED: packages._REDEEMED,
        tables.INVOICED: invoices._PATHS,
        tables.GIFTCARD: giftcards._PATHS,
        tables.FEEDBACK: feedback._PATHS,
    }
    for metric, paths in used.items():
        assert paths.keys() <= declared[metric], metric


def test_what_history_cannot_prove_is_marked() -> None:
    live = {metric.name for metric in zenoti.manifest.metrics if metric.live_only}
    assert live == {"Unfroze Membership", "Submitted Feedback", "Redeemed Package", "Raw data"}


def test_what_is_read_again_every_day_is_read_from_what_is_spare() -> None:
    polled = [stream for stream in zenoti.manifest.streams if stream.polling is not None]
    assert {s.name for s in polled} == {"guests", "sales", "appointment_groups", "memberships"}
    assert all(stream.spare for stream in polled)


@pytest.mark.parametrize(
    ("value", "recurrence", "name"),
    [
        (1, False, "Active"),
        (3, False, "Frozen"),
        (4, False, "Cancelled"),
        (-1, False, "Cancelled"),
        (-1, True, "Default"),
        ("Cancelled", False, "Cancelled"),
        ("Canceled", False, "Cancelled"),
        ("NotStarted", False, "NotStarted"),
        ("Resting", False, "Resting"),
        (99, False, None),
        (None, False, None),
        (True, False, None),
    ],
)
def test_statuses_of_memberships_have_words(value: Any, recurrence: bool, name: str | None) -> None:
    """Seen to fail when -1 is read as one thing everywhere."""
    assert membership_name(value, recurrence=recurrence) == name


def test_words_and_numbers_of_statuses_match() -> None:
    assert {membership_code(word) for word in MEMBERSHIP.values()} == set(MEMBERSHIP)
    assert GROUP[-2] == "NoShow"
    assert GROUP[2] == "Checkin"


def test_settings_do_not_print_their_secrets() -> None:
    settings = zenoti.Settings(api_key="kept", next_api_key="quiet", webhook_secret="here")
    assert not {"kept", "quiet", "here"} & set(repr(settings).replace("'", " ").split())
    blank = without_secrets(settings)
    assert (blank.api_key, blank.next_api_key, blank.webhook_secret) == ("", "", "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_types": {"membership.pause": "pause"}},
        {"event_types": {"(": "raw"}},
        {"consent_mode": "any"},
        {"recent_days": "seven"},
        {},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    """Seen to fail when patterns are not checked as settings are read."""
    values = {"api_key": "k", **wrong} if wrong else {}
    with pytest.raises(SettingsError):
        structure(zenoti.Settings, values, where="spa")


def test_the_icon_is_a_picture() -> None:
    assert zenoti.manifest.icon.startswith("<svg ")
    assert zenoti.manifest.icon.endswith("</svg>")
