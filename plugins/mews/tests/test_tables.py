"""The tables say what the data dictionary says; the manifest keeps core's contract."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest

import frontdesk_mews as mews
from frontdesk import registry
from frontdesk.manifest import Kind, without_secrets
from frontdesk.model import Account, Channel, Context, Profile
from frontdesk_mews.operations import STREAMS

TOKENS: dict[str, Any] = {"client_token": "kept", "access_token": "quiet", "webhook_token": "here"}
SHARED = Path(__file__).parents[3].parent / "shared"
DICTIONARY = SHARED / "reference" / "data-dictionary.toml"
SAMPLES = SHARED / "samples" / "mews"

needs_dictionary = pytest.mark.skipif(
    not DICTIONARY.exists(), reason="the data dictionary is not part of the repository"
)
needs_samples = pytest.mark.skipif(
    not SAMPLES.exists(), reason="the sample answers are not part of the repository"
)


@pytest.fixture(scope="module")
def dictionary() -> dict[str, Any]:
    connectors = tomllib.loads(DICTIONARY.read_text("utf-8"))["connector"]
    return next(connector for connector in connectors if connector["key"] == "mews")


def test_the_connector_keeps_the_contract() -> None:
    registry.check("mews", mews)


def test_six_metrics_of_23_properties_and_23_profile_fields() -> None:
    assert [len(metric.properties) for metric in mews.manifest.metrics] == [23] * 6
    assert len(mews.manifest.profile) == 23
    assert all(p.meaning for metric in mews.manifest.metrics for p in metric.properties)
    assert all(field.meaning for field in mews.manifest.profile)


def test_value_and_currency_are_the_events_own() -> None:
    of = {p.name: p.of for p in mews.manifest.metrics[0].properties if p.of}
    assert of == {"Value": "value", "Value Currency": "currency"}


@needs_dictionary
def test_metrics_and_properties_are_those_of_the_dictionary(dictionary: dict[str, Any]) -> None:
    ours = {
        metric.name: {p.name: (p.type, p.values) for p in metric.properties}
        for metric in mews.manifest.metrics
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
    ours = {field.name: field for field in mews.manifest.profile}
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
        stream = mews.manifest.stream(theirs["stream"])
        assert stream is not None
        assert stream.history.days == 365 * theirs["years"]  # type: ignore[union-attr]
    records = {Channel(channel) for channel in dictionary["consent"]["records"]}
    assert mews.manifest.consent.records == records


def test_standard_fields_are_attributes_of_a_profile() -> None:
    attributes = {field.name for field in attrs.fields(Profile)}
    for field in mews.manifest.profile:
        if field.kind is Kind.STANDARD:
            assert field.attribute.partition(".")[0] in attributes


def test_streams_say_under_which_key_answers_list_them() -> None:
    for stream in mews.manifest.streams:
        assert stream.rows == STREAMS[stream.name].rows
        assert stream.batch <= 1000


def test_what_staff_wrote_and_health_may_tell_is_sensitive() -> None:
    sensitive = {field.name for field in mews.manifest.profile if field.sensitive}
    assert sensitive == {"Mews Notes", "Mews Dietary Requirements", "Mews Classifications"}


def test_documents_and_cards_are_discarded_and_what_is_mapped_is_not() -> None:
    customers, reservations = mews.manifest.streams[:2]
    assert {"Passport", "IdentityCard", "Visa", "DriversLicense"} < set(customers.discard)
    assert {"TaxIdentificationNumber", "ItalianFiscalCode"} < set(customers.discard)
    assert {"CreditCardId", "QrCodeData"} == set(reservations.discard)
    assert not {"BirthDate", "Email", "Joined"} & set(customers.discard)


def test_settings_do_not_print_their_secrets() -> None:
    settings = mews.Settings(**TOKENS)
    assert not {"kept", "quiet", "here"} & set(repr(settings).replace("'", " ").split())
    blank = without_secrets(settings)
    assert (blank.client_token, blank.access_token, blank.webhook_token) == ("", "", "")
    assert blank.client_name.startswith("frontdesk ")


def test_the_icon_is_a_picture() -> None:
    assert mews.manifest.icon.startswith("<svg ")
    assert mews.manifest.icon.endswith("</svg>")


def _sample(name: str, key: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((SAMPLES / name).read_text("utf-8"))[key]
    assert rows
    return rows


CONTEXT = Context(without_secrets(mews.Settings(**TOKENS)), Account("x", "X"))


@needs_samples
def test_the_sample_reservations_map() -> None:
    properties = {p.name for p in mews.manifest.metrics[0].properties}
    for row in _sample("reservations.getAll.2023-06-06.json", "Reservations"):
        found = list(mews.parse_event(mews.build_record("reservations", row), None, CONTEXT))
        assert [event.metric for event in found] == ["Confirmed Reservation"]
        for event in found:
            assert set(event.properties) < properties
            assert len(event.properties) == 15


@needs_samples
def test_the_sample_customers_map() -> None:
    custom = {field.name for field in mews.manifest.profile if field.kind is Kind.CUSTOM}
    for row in _sample("customers.getAll.json", "Customers"):
        found = mews.map_profile(mews.build_record("customers", row), CONTEXT)
        assert isinstance(found, Profile)
        assert set(found.properties) == custom
        assert found.location["city"]
        assert len(list(mews.sync_consent(mews.build_record("customers", row), None, CONTEXT))) == 1
