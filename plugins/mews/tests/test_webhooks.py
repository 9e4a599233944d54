"""Webhooks: ids, and a token in the URL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import frontdesk_mews as mews
from frontdesk.errors import RecordError
from frontdesk.ingest.discarding import DeliveryDiscard
from frontdesk.model import Delivery, Ref
from frontdesk.notices import Notice, Standing

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
    "Data": {
        "Enterprise": {"Id": "house", "Name": "Lake House"},
        "Integration": {"Id": "us-1", "Name": "us"},
        "Requestor": {"Name": "hush"},
        "AccessToken": "hush",
    },
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


@pytest.mark.parametrize(
    ("action", "standing"),
    [
        ("IntegrationCreated", Standing.OPEN),
        ("IntegrationEnabled", Standing.OPEN),
        ("IntegrationReinstated", Standing.OPEN),
        ("IntegrationDisabled", Standing.CLOSED),
        ("IntegrationCanceled", Standing.CLOSED),
        ("IntegrationDeleted", Standing.CLOSED),
        ("IntegrationApiKeyCreated", Standing.CHANGED),
    ],
)
def test_news_of_the_integration_is_for_the_operator(action: str, standing: Standing) -> None:
    body = {"Action": action, "Data": {**ONBOARDING["Data"], "ApiKey": "hush"}}
    (notice,) = mews.read_webhook(delivery(body))
    assert isinstance(notice, Notice)
    assert notice.standing is standing
    assert "(integration us-1)" in notice.reason
    assert "hush" not in notice.reason


def test_an_action_that_mews_may_add_says_nothing() -> None:
    assert list(mews.read_webhook(delivery({"Action": "IntegrationRenamed"}))) == []


def test_tokens_are_dropped_before_anything_is_stored_and_the_rest_can_still_be_read() -> None:
    """Seen to fail when the manifest named no ``Data.ApiKey``."""
    discard = DeliveryDiscard(mews.manifest.webhook_discard)
    body = {**ONBOARDING, "Data": {**ONBOARDING["Data"], "ApiKey": "hush"}}
    left = discard(delivery(body, Token="hush"))
    assert b"hush" not in left.body
    assert left.query == {}
    assert mews.read_webhook(left) == mews.read_webhook(delivery(body))
    assert list(mews.route_webhook(left)) == ["house"]


def samples() -> list[Any]:
    """Vendors' own examples, where they are at hand."""
    folder = Path(__file__).parents[4] / "shared" / "samples" / "mews"
    kinds = [json.loads(file.read_text("utf-8")) for file in folder.glob("webhook.*.json")]
    return [one for kind in kinds for one in (kind.values() if "Events" not in kind else [kind])]


def test_the_vendors_own_examples_are_read() -> None:
    found = [item for body in samples() for item in mews.read_webhook(delivery(body))]
    assert len(found) == (len(samples()) + 2 if samples() else 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"Action": 3}',
        b'{"Action": "IntegrationEnabled", "Data": []}',
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
