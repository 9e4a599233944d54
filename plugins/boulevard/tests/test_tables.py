"""The tables say what the data dictionary says; the manifest keeps core's contract."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest

import frontdesk_boulevard as boulevard
from frontdesk import registry
from frontdesk.manifest import Kind, Webhook, without_secrets
from frontdesk.model import Channel, Profile
from frontdesk_boulevard import documents

GIVEN: dict[str, Any] = {
    "api_key": "kept",
    "api_secret": "cXVpZXQ=",
    "business_id": "2f1c7a1e-5b1d-4c55-9d0a-3f0f5a2b9c01",
    "webhook_secret": "aGVyZQ==",
}
DICTIONARY = Path(__file__).parents[3].parent / "shared" / "reference" / "data-dictionary.toml"

needs_dictionary = pytest.mark.skipif(
    not DICTIONARY.exists(), reason="the data dictionary is not part of the repository"
)


@pytest.fixture(scope="module")
def dictionary() -> dict[str, Any]:
    connectors = tomllib.loads(DICTIONARY.read_text("utf-8"))["connector"]
    return next(connector for connector in connectors if connector["key"] == "boulevard")


def test_the_connector_keeps_the_contract() -> None:
    registry.check("boulevard", boulevard)


def test_twelve_metrics_with_110_slots_and_16_profile_fields() -> None:
    published = [
        [p for p in metric.properties if not p.addition] for metric in boulevard.manifest.metrics
    ]
    assert [len(properties) for properties in published] == [*[9] * 11, 11]
    assert sum(map(len, published)) == 110
    assert len(boulevard.manifest.profile) == 16
    assert all(p.meaning for metric in boulevard.manifest.metrics for p in metric.properties)
    assert all(field.meaning for field in boulevard.manifest.profile)
    assert all(metric.meaning for metric in boulevard.manifest.metrics)


def test_total_and_its_currency_are_the_events_own() -> None:
    of = {p.name: p.of for m in boulevard.manifest.metrics for p in m.properties if p.of}
    assert of == {"Total": "value", "Currency": "currency"}


@needs_dictionary
def test_metrics_and_properties_are_those_of_the_dictionary(dictionary: dict[str, Any]) -> None:
    ours = {
        metric.name: {p.name: (p.type, p.values) for p in metric.properties if not p.addition}
        for metric in boulevard.manifest.metrics
    }
    for metric in dictionary["metrics"]:
        for theirs in metric["properties"]:
            kind, values = ours[metric["name"]].pop(theirs["name"])
            assert kind == theirs["type"]
            assert set(values) == set(theirs.get("enum", values))
        assert ours.pop(metric["name"]) == {}
    assert ours == {}


@needs_dictionary
def test_profile_fields_are_those_of_the_dictionary(dictionary: dict[str, Any]) -> None:
    ours = {field.name: field for field in boulevard.manifest.profile}
    for kind in Kind:
        for theirs in dictionary["profile"][kind.value]:
            field = ours.pop(theirs["name"])
            assert (field.kind, field.type) == (kind, theirs["type"])
            if kind is Kind.STANDARD:
                assert theirs["klaviyo_target"] == f"profile.{field.attribute}"
    assert ours == {}


@needs_dictionary
def test_history_and_consent_are_those_of_the_dictionary(dictionary: dict[str, Any]) -> None:
    for theirs in dictionary["history"]:
        stream = boulevard.manifest.stream(theirs["stream"])
        assert stream is not None
        assert stream.history == theirs["mode"] == "all"
    rules = boulevard.manifest.consent
    assert rules.records == {Channel(c) for c in dictionary["consent"]["records"]}
    assert rules.properties_only == {Channel(c) for c in dictionary["consent"]["properties_only"]}
    assert boulevard.manifest.realtime is dictionary["realtime"] is True


def test_what_history_cannot_prove_is_live_only() -> None:
    live = {metric.name for metric in boulevard.manifest.metrics if metric.live_only}
    assert live == {
        "Arrived for Appointments",
        "Confirmed Appointments",
        "Rescheduled Appointments",
        "Reactivated Membership",
        "Paused Membership",
        "Unpaused Membership",
    }


def test_standard_fields_are_attributes_of_a_profile() -> None:
    attributes = {field.name for field in attrs.fields(Profile)}
    for field in boulevard.manifest.profile:
        if field.kind is Kind.STANDARD:
            assert field.attribute in attributes


def test_streams_are_the_listings_and_keep_to_their_batches() -> None:
    assert {s.name for s in boulevard.manifest.streams} == set(documents.STREAMS)
    assert {s.batch for s in boulevard.manifest.streams} == {documents.BATCH}
    assert [s.name for s in boulevard.manifest.streams if s.scan] == ["memberships"]
    # Appointments look up when their orders were closed.
    names = [s.name for s in boulevard.manifest.streams]
    assert names.index("orders") < names.index("appointments")
    assert boulevard.manifest.webhook is Webhook.FACTS


def test_notes_and_tags_are_sensitive() -> None:
    sensitive = {
        p.name for m in boulevard.manifest.metrics for p in m.properties if p.sensitive
    } | {field.name for field in boulevard.manifest.profile if field.sensitive}
    assert sensitive == {"Note", "Appointment Tags", "Boulevard Tags"}


@pytest.mark.parametrize("field", ["paymentGroups", "hasCardOnFile", "currentAccountBalance"])
def test_payments_are_neither_asked_for_nor_kept(field: str) -> None:
    assert not any(field in document for document in documents.every().values())
    assert any(field in stream.discard for stream in boulevard.manifest.streams)


def test_settings_do_not_print_their_secrets() -> None:
    settings = boulevard.Settings(**GIVEN)
    assert not {"kept", "cXVpZXQ=", "aGVyZQ=="} & set(repr(settings).replace("'", " ").split())
    blank = without_secrets(settings)
    assert (blank.api_key, blank.api_secret, blank.webhook_secret) == ("", "", "")
    assert blank.currency == "USD"


def test_the_icon_is_a_picture() -> None:
    assert boulevard.manifest.icon.startswith("<svg ")
    assert boulevard.manifest.icon.endswith("</svg>")
