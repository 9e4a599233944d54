"""The tables say what the data dictionary says; the manifest keeps core's contract."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import frontdesk_mindbody as mindbody
from frontdesk import registry
from frontdesk.manifest import Kind, without_secrets
from frontdesk.model import Channel
from frontdesk_mindbody import tables
from frontdesk_mindbody.deliveries import PASSED_OVER, READ

SHARED = Path(__file__).parents[3].parent / "shared"
DICTIONARY = SHARED / "reference" / "data-dictionary.toml"
SECRETS: dict[str, Any] = {
    "api_key": "kept",
    "site_ids": ("-99",),
    "username": "owner@example.com",
    "password": "quiet",
    "bearer_token": "within",
    "webhooks_key": "below",
    "webhook_signature_key": "unseen",
}

needs_dictionary = pytest.mark.skipif(
    not DICTIONARY.exists(), reason="the data dictionary is not part of the repository"
)


@pytest.fixture(scope="module")
def dictionary() -> dict[str, Any]:
    connectors = tomllib.loads(DICTIONARY.read_text("utf-8"))["connector"]
    return next(connector for connector in connectors if connector["key"] == "mindbody")


def test_the_connector_keeps_the_contract() -> None:
    registry.check("mindbody", mindbody)


def test_eleven_metrics_66_slots_and_16_profile_fields() -> None:
    slots = [len(metric.properties) for metric in tables.METRICS]
    assert slots == [9, 9, 9, 5, 3, 4, 4, 2, 8, 6, 7]
    assert (len(slots), sum(slots), len(tables.PROFILE)) == (11, 66, 16)
    assert all(p.meaning for metric in tables.METRICS for p in metric.properties)
    assert all(field.meaning for field in tables.PROFILE)


def test_no_metric_is_proven_by_history() -> None:
    assert all(metric.live_only for metric in tables.METRICS)


@needs_dictionary
def test_metrics_and_properties_are_those_of_the_dictionary(dictionary: dict[str, Any]) -> None:
    ours = {m.name: {p.name: p.type for p in m.properties} for m in tables.METRICS}
    for metric in dictionary["metrics"]:
        for theirs in metric["properties"]:
            assert ours[metric["name"]].pop(theirs["name"]) == theirs["type"]
        assert ours.pop(metric["name"]) == {}
    assert ours == {}


@needs_dictionary
def test_profile_fields_are_those_of_the_dictionary(dictionary: dict[str, Any]) -> None:
    ours = {field.name: field for field in tables.PROFILE}
    for kind in Kind:
        for theirs in dictionary["profile"][kind.value]:
            field = ours.pop(theirs["name"])
            assert (field.kind, field.type) == (kind, theirs["type"])
            assert set(field.values) == set(theirs.get("enum", ()))
            if kind is Kind.STANDARD:
                assert theirs["klaviyo_target"] == f"profile.{field.attribute}"
    assert ours == {}


@needs_dictionary
def test_history_and_consent_are_those_of_the_dictionary(dictionary: dict[str, Any]) -> None:
    read = {s.name: s.history for s in mindbody.manifest.streams if s.history != "none"}
    assert {name: window.days // 365 for name, window in read.items()} == {"clients": 2}  # type: ignore[union-attr]
    records = {Channel(channel) for channel in dictionary["consent"]["records"]}
    assert mindbody.manifest.consent.records == records


def test_text_messages_are_no_matter_of_ours() -> None:
    assert Channel.SMS not in mindbody.manifest.consent.records
    assert Channel.SMS not in mindbody.manifest.consent.properties_only
    assert not any("text" in field.name.lower() for field in tables.PROFILE)


def test_cards_alerts_and_emergency_contacts_are_discarded() -> None:
    clients = mindbody.manifest.stream("clients")
    assert clients is not None
    assert {"ClientCreditCard", "RedAlert", "YellowAlert", "EmergencyContactInfoPhone"} < set(
        clients.discard
    )
    assert not {"Email", "SendPromotionalEmails", "Notes"} & set(clients.discard)
    assert clients.sensitive == ("Notes",)
    assert {"eventData.creditCardLastFour", "eventData.icdCodes"} < set(
        mindbody.manifest.webhook_discard
    )


def test_all_36_kinds_of_webhooks_are_known() -> None:
    assert len(READ) + len(PASSED_OVER) == 36
    assert not READ.keys() & PASSED_OVER


def test_what_is_read_again_uses_spare_quota_only() -> None:
    spare = {stream.name for stream in mindbody.manifest.streams if stream.spare}
    assert spare == {"appointments", "visits", "sales"}
    assert mindbody.manifest.quota is not None
    assert mindbody.manifest.quota.counted_by == ("api-key", "siteid")


def test_settings_do_not_print_their_secrets() -> None:
    settings = mindbody.Settings(**SECRETS)
    hidden = {"kept", "quiet", "within", "below", "unseen"}
    assert not [word for word in hidden if word in repr(settings)]
    assert not [word for word in hidden if word in repr(without_secrets(settings))]


def test_the_icon_is_a_picture() -> None:
    assert mindbody.manifest.icon.startswith("<svg ")
    assert mindbody.manifest.icon.endswith("</svg>")
