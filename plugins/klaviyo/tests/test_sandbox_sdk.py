"""Klaviyo's own client for Python drives the emulated Klaviyo over HTTP.

What is checked here was not written by whoever wrote the emulator: the client builds the
bodies, reads the answers into its own models and follows its own idea of the addresses.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from frontdesk.serving import served
from frontdesk_klaviyo.sandbox import Options, Platform, faults

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import klaviyo_api
    from openapi_client.exceptions import ApiException

ADA = "ada@hotel.test"


@pytest.fixture
def platform() -> Platform:
    options = Options(
        event_delay=0, consent_delay=0, job_delay=0, rate_limits=False, sms_regions="US"
    )
    return Platform(options)


@pytest.fixture
def sdk(platform: Platform) -> Iterator[Any]:
    with served(platform.app) as url:
        key = platform.account.key.value
        yield klaviyo_api.KlaviyoAPI(key, max_retries=1, test_host=url.rstrip("/"))


def profile(email: str = ADA, **attributes: Any) -> dict[str, Any]:
    return {"type": "profile", "attributes": {"email": email, **attributes}}


def entry(unique_id: str, **more: Any) -> dict[str, Any]:
    metric = {"data": {"type": "metric", "attributes": {"name": "Confirmed Reservation"}}}
    return {
        "properties": {"Reservation Number": unique_id},
        "metric": metric,
        "unique_id": unique_id,
        "time": "2026-03-01T09:30:00+00:00",
        **more,
    }


def test_it_reads_the_account(sdk: Any, platform: Platform) -> None:
    (account,) = sdk.Accounts.get_accounts().data

    assert account.id == platform.account.id
    assert account.attributes.test_account is True


def test_it_sends_events(sdk: Any, platform: Platform) -> None:
    attributes = {**entry("1", value=412.5, value_currency="EUR"), "profile": {"data": profile()}}
    for _ in range(2):
        sdk.Events.create_event({"data": {"type": "event", "attributes": attributes}})
    group = {
        "type": "event-bulk-create",
        "attributes": {
            "profile": {"data": profile("bob@hotel.test")},
            "backfill": True,
            "events": {
                "data": [
                    {"type": "event", "attributes": entry(str(number), backfill=True)}
                    for number in range(3)
                ]
            },
        },
    }
    sdk.Events.bulk_create_events(
        {
            "data": {
                "type": "event-bulk-create-job",
                "attributes": {"events-bulk-create": {"data": [group]}},
            }
        }
    )

    assert platform.counts == {"events": 4, "duplicates": 1}
    assert [event.backfill for event in platform.account.events] == [False, True, True, True]
    (metric,) = sdk.Metrics.get_metrics().data
    page = sdk.Events.get_events(
        filter=f'equals(metric_id,"{metric.id}")', page_size=3, sort="-datetime"
    )
    assert len(page.data) == 3
    rest = sdk.Events.get_events(
        filter=f'equals(metric_id,"{metric.id}")',
        page_size=3,
        sort="-datetime",
        # It takes only links of real servers apart, which are https.
        page_cursor=page.links.next.replace("http:", "https:"),
    )
    assert len(rest.data) == 1
    shown = [row.attributes.event_properties for row in (*page.data, *rest.data)]
    assert sum("$value" in one for one in shown) == 4
    assert {one["Reservation Number"] for one in shown} == {"0", "1", "2"}


def test_it_keeps_profiles(sdk: Any, platform: Platform) -> None:
    made = sdk.Profiles.create_or_update_profile(
        {"data": profile(first_name="Ada", location={"city": "Brno"}, properties={"VIP": True})}
    )
    assert made.data.attributes.email == ADA
    sdk.Profiles.create_or_update_profile({"data": profile(first_name=None)})
    read = sdk.Profiles.get_profile(made.data.id, additional_fields_profile=["subscriptions"])
    assert read.data.attributes.first_name is None
    assert read.data.attributes.location.city == "Brno"
    assert read.data.attributes.properties == {"VIP": True}
    assert read.data.attributes.subscriptions.email.marketing.consent == "NEVER_SUBSCRIBED"
    with pytest.raises(ApiException) as refused:
        sdk.Profiles.create_profile({"data": profile()})
    assert refused.value.status == 409
    assert made.data.id in refused.value.body
    patch = {"data": {"type": "profile", "id": made.data.id, "attributes": {"title": "Dr"}}}
    assert sdk.Profiles.update_profile(made.data.id, patch).data.attributes.title == "Dr"
    found = sdk.Profiles.get_profiles(filter=f'equals(email,"{ADA}")')
    assert [row.id for row in found.data] == [made.data.id]
    assert len(platform.account.profiles) == 1


def test_it_imports_and_asks_after_the_job(sdk: Any, platform: Platform) -> None:
    people = [profile(f"guest{number}@hotel.test") for number in range(3)]
    taken = profile("other@hotel.test", phone_number="+12015550123")
    sdk.Profiles.create_or_update_profile({"data": taken})
    people.append(profile("guest9@hotel.test", phone_number="+12015550123"))
    attributes = {"profiles": {"data": people}}
    job = sdk.Profiles.bulk_import_profiles(
        {"data": {"type": "profile-bulk-import-job", "attributes": attributes}}
    )

    done = sdk.Profiles.get_bulk_import_profiles_job(job.data.id).data.attributes
    assert (done.status, done.completed_count, done.failed_count) == ("complete", 3, 1)
    errors = sdk.Profiles.get_errors_for_bulk_import_profiles_job(job.data.id)
    assert errors.data[0].attributes.code == "duplicate_profile"
    assert len(sdk.Profiles.get_bulk_import_profiles_jobs().data) == 1
    assert len(platform.account.profiles) == 4


def test_it_subscribes_and_unsubscribes(sdk: Any, platform: Platform) -> None:
    made = sdk.Lists.create_list(
        {
            "data": {
                "type": "list",
                "attributes": {"name": "News", "opt_in_process": "single_opt_in"},
            }
        }
    )
    relationships = {"list": {"data": {"type": "list", "id": made.data.id}}}
    past = datetime.now(UTC) - timedelta(days=30)
    told = {"consent": "SUBSCRIBED", "consented_at": past.isoformat()}
    one = {
        "type": "profile",
        "attributes": {"email": ADA, "subscriptions": {"email": {"marketing": told}}},
    }
    sdk.Profiles.bulk_subscribe_profiles(
        {
            "data": {
                "type": "profile-subscription-bulk-create-job",
                "attributes": {"profiles": {"data": [one]}, "historical_import": True},
                "relationships": relationships,
            }
        }
    )
    ada = sdk.Profiles.get_profiles(
        filter=f'equals(email,"{ADA}")', additional_fields_profile=["subscriptions"]
    ).data[0]
    marketing = ada.attributes.subscriptions.email.marketing
    assert marketing.consent == "SUBSCRIBED"
    assert marketing.consent_timestamp == past.replace(microsecond=0)
    counted = sdk.Lists.get_list(made.data.id, additional_fields_list=["profile_count"])
    assert counted.data.attributes.profile_count == 1

    gone = {"email": {"marketing": {"consent": "UNSUBSCRIBED"}}}
    body = {"type": "profile", "attributes": {"email": ADA, "subscriptions": gone}}
    sdk.Profiles.bulk_unsubscribe_profiles(
        {
            "data": {
                "type": "profile-subscription-bulk-delete-job",
                "attributes": {"profiles": {"data": [body]}},
            }
        }
    )
    again = sdk.Profiles.get_profile(ada.id, additional_fields_profile=["subscriptions"])
    marketing = again.data.attributes.subscriptions.email.marketing
    assert marketing.consent == "UNSUBSCRIBED"
    assert [one.reason for one in marketing.suppression] == ["UNSUBSCRIBE"]


def test_it_suppresses_and_releases(sdk: Any, platform: Platform) -> None:
    people = {"data": [{"type": "profile", "attributes": {"email": ADA}}]}
    for kind, start, read, can in (
        ("create", "bulk_suppress_profiles", "get_bulk_suppress_profiles_job", False),
        ("delete", "bulk_unsuppress_profiles", "get_bulk_unsuppress_profiles_job", True),
    ):
        job = getattr(sdk.Profiles, start)(
            {
                "data": {
                    "type": f"profile-suppression-bulk-{kind}-job",
                    "attributes": {"profiles": people},
                }
            }
        )
        assert getattr(sdk.Profiles, read)(job.data.id).data.attributes.completed_count == 1
        found = platform.account.profiles.get(ADA)
        assert found is not None
        assert found.consent().can_receive_email is can


def test_it_changes_lists(sdk: Any, platform: Platform) -> None:
    ada = sdk.Profiles.create_profile({"data": profile()}).data.id
    news = platform.account.lists.add("News", datetime.now(UTC))
    body = {"data": [{"type": "profile", "id": ada}]}

    sdk.Lists.add_profiles_to_list(news.id, body)
    assert len(news.members) == 1
    sdk.Lists.remove_profiles_from_list(news.id, body)
    assert len(news.members) == 0
    assert [row.id for row in sdk.Lists.get_lists(filter=f'equals(id,"{news.id}")').data] == [
        news.id
    ]


def test_it_deletes(platform: Platform) -> None:
    with served(platform.app) as url:
        key = platform.account.erasure_key.value
        sdk = klaviyo_api.KlaviyoAPI(key, max_retries=1, test_host=url.rstrip("/"))
        row = platform.account.profiles.create(datetime.now(UTC))
        platform.account.profiles.change(row, {"email": ADA}, datetime.now(UTC))
        attributes = {"profile": {"data": profile()}}
        sdk.Data_Privacy.request_profile_deletion(
            {"data": {"type": "data-privacy-deletion-job", "attributes": attributes}}
        )

    assert len(platform.account.profiles) == 0


def test_it_tries_again_when_it_is_told_to(platform: Platform) -> None:
    platform.faults.add(faults.Status(status=503), faults.Throttle(seconds=1))
    with served(platform.app) as url:
        key = platform.account.key.value
        sdk = klaviyo_api.KlaviyoAPI(key, max_delay=1, test_host=url.rstrip("/"))
        (account,) = sdk.Accounts.get_accounts().data

    assert account.id == platform.account.id
    assert [asked.status for asked in platform.journal] == [503, 429, 200]


def test_it_shows_what_was_refused(sdk: Any) -> None:
    attributes = {**entry("1"), "profile": {"data": profile("nobody")}}
    with pytest.raises(ApiException) as refused:
        sdk.Events.create_event({"data": {"type": "event", "attributes": attributes}})

    assert refused.value.status == 400
    assert "/data/attributes/profile/data/attributes/email" in refused.value.body
