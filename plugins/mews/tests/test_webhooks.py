"""Webhooks: ids, and a token in the URL."""

from __future__ import annotations

import json
from typing import Any

import pytest

import frontdesk_mews as mews
from frontdesk.errors import RecordError
from frontdesk.model import Delivery, Ref

TOKENS: dict[str, Any] = {"client_token": "kept", "access_token": "quiet"}


def delivery(body: Any, **query: str) -> Delivery:
    return Delivery(json.dumps(body).encode(), query=query)


def announced(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {
        "EnterpriseId": "house",
        "IntegrationId": "us",
        "Events": [{"Discriminator": kind, "Value": {"Id": key}} for kind, key in pairs],
    }


#: What tells of the integration itself, token included.
ONBOARDING = {
    "Action": "IntegrationCreated",
    "Data": {"Enterprise": {"Id": "house", "Name": "Lake House"}, "AccessToken": "hush"},
}


def test_names_each_changed_record_once() -> None:
    body = announced(
        ("ServiceOrderUpdated", "stay"),
        ("CustomerAdded", "guest"),
        ("CustomerUpdated", "guest"),
        ("ResourceUpdated", "room"),
        ("SomethingNew", "x"),
    )
    found = list(mews.read_webhook(delivery(body)))
    assert found == [Ref("reservations", "stay"), Ref("customers", "guest")]
    # What is stored is older than the news.
    assert {ref.max_age for ref in found} == {0}


def test_news_of_the_integration_names_nothing() -> None:
    assert list(mews.read_webhook(delivery(ONBOARDING))) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"Events": 3}',
        b'{"Events": [3]}',
        b'{"Events": [{"Discriminator": "CustomerAdded", "Value": {}}]}',
        b'{"Events": [{"Discriminator": "CustomerAdded", "Value": "x"}]}',
        b"\xff\xfe",
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(RecordError):
        list(mews.read_webhook(Delivery(body)))


@pytest.mark.parametrize(
    ("configured", "query", "welcome"),
    [
        ("s3cret", {"Token": "s3cret"}, True),
        ("s3cret", {"Token": "S3cret"}, False),
        ("s3cret", {"Token": ""}, False),
        ("s3cret", {}, False),
        ("sécret", {"Token": "sécret"}, True),
        ("", {"Token": ""}, False),
        ("", {}, False),
    ],
)
def test_only_who_knows_the_token_is_welcome(
    configured: str, query: dict[str, str], welcome: bool
) -> None:
    settings = mews.Settings(**TOKENS, webhook_token=configured)
    assert mews.verify_webhook(delivery(announced(), **query), settings) is welcome


def test_names_the_property_it_is_meant_for() -> None:
    assert list(mews.route_webhook(delivery(announced()))) == ["house"]
    assert list(mews.route_webhook(delivery(ONBOARDING))) == ["house"]
    assert list(mews.route_webhook(delivery({"Action": "IntegrationEnabled"}))) == []
