"""The account is asked for once, a wrong one is turned away, and what lacks is named."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from frontdesk.errors import (
    AccountError,
    AuthenticationError,
    ConfigurationError,
    RefusedError,
    SettingsError,
)
from frontdesk.outgoing import Load, OutgoingProfile
from frontdesk_klaviyo.sandbox import SCOPES, Options, faults

pytestmark = pytest.mark.anyio


async def preview(bench: Any, metrics: Any = (), lists: Any = ()) -> tuple[str, ...]:
    said: tuple[str, ...] = await bench.destination.hooks.preview(
        bench.client, metrics, lists, bench.context
    )
    return said


async def test_check_47_the_account_is_asked_for_once(bench: Any) -> None:
    """Check 47: its quota is 15 a minute; a test account is called one."""
    account = await bench.destination.hooks.open_account(bench.client)

    assert account.id == bench.platform.account.id
    assert account.title.endswith(" (test account)")
    assert account.missing == ()
    assert set(account.granted) == {"accounts:read", "lists:read", "metrics:read", "profiles:read"}
    assert len(bench.asked("get_accounts")) == 1


async def test_check_47_another_account_is_turned_away(open_bench: Any) -> None:
    """Check 47: both are named."""
    async with open_bench(account="XYZ123") as bench:
        with pytest.raises(AccountError, match=f"{bench.platform.account.id}, not XYZ123"):
            await bench.destination.hooks.open_account(bench.client)


async def test_check_9_missing_scopes_are_found_and_named(open_bench: Any) -> None:
    """Check 9."""
    async with open_bench() as bench:
        account = bench.platform.account
        few = account.add_key("few", set(SCOPES) - {"lists:read", "profiles:write"})
        async with open_bench(api_key=few.value) as other:
            other.platform.accounts = bench.platform.accounts

            opened = await other.destination.hooks.open_account(other.client)
            assert opened.missing == ("lists:read",)

            item = OutgoingProfile(id="p", email="a@hotel.cz", live=True)
            with pytest.raises(AuthenticationError, match=r"needs the scope profiles:write\.") as e:
                await other.deliver(Load.PROFILES, item)
            assert e.value.status == 403

            context = attrs.evolve(other.context, account=opened)
            said = await other.destination.hooks.preview(other.client, [], ["AbC123"], context)
            assert "the key lacks the scope lists:read" in said
            assert "how one opts in to list AbC123 cannot be told without lists:read" in said


async def test_check_8_a_wrong_key_stops(open_bench: Any) -> None:
    """Check 8: at once, and by name."""
    async with open_bench(api_key="pk_wrong-key-of-nobody") as bench:
        with pytest.raises(AuthenticationError, match="does not accept the credentials") as caught:
            await bench.destination.hooks.open_account(bench.client)

        assert "pk_wrong" not in str(caught.value)
        assert bench.client.requests == 1


async def test_check_46_one_identifier_for_each_deletion(bench: Any, published: Any) -> None:
    """Check 46: with the key that may, which nothing else uses."""
    people = [
        OutgoingProfile(id="1", email="ada+x@hotel.cz"),
        OutgoingProfile(id="2", email="b@hotel.cz", phone_number="+420601234567"),
    ]
    await bench.deliver(Load.PROFILES, *people)

    done = [
        await bench.destination.hooks.forget(bench.client, address)
        for address in ("ada+x@hotel.cz", "+420601234567")
    ]
    bench.platform.drain()

    asked = bench.asked("request_profile_deletion")
    bodies = [json.loads(one.body) for one in asked]
    assert [published("DataPrivacyCreateDeletionJobQuery", body) for body in bodies] == [None] * 2
    profiles = [body["data"]["attributes"]["profile"]["data"]["attributes"] for body in bodies]
    assert profiles == [{"email": "ada+x@hotel.cz"}, {"phone_number": "+420601234567"}]
    assert {one.key for one in asked} == {"erasure"}
    assert {one.key for one in bench.platform.journal if one not in asked} == {"main"}
    assert len(bench.platform.account.profiles) == 0
    assert "e-mail address" in done[0]
    assert "phone number" in done[1]
    assert "ada" not in "".join(done)


async def test_nobody_is_erased_without_the_key_that_may(open_bench: Any) -> None:
    async with open_bench(erasure_key="") as bench:
        with pytest.raises(SettingsError, match=r"erasure_key is not set.*data-privacy:write"):
            await bench.destination.hooks.forget(bench.client, "a@hotel.cz")

        assert bench.client.requests == 0


@pytest.mark.parametrize("address", ["ada", "a@b", "+42x"])
async def test_whether_an_address_is_one_klaviyo_decides(bench: Any, address: str) -> None:
    """Whoever is to be erased stays due until it is certain."""
    with pytest.raises(RefusedError, match="answered 400") as caught:
        await bench.destination.hooks.forget(bench.client, address)

    assert address not in str(caught.value)


async def test_who_is_not_there_need_not_be_erased(bench: Any) -> None:
    bench.platform.faults.add(faults.Status(status=404))

    done = await bench.destination.hooks.forget(bench.client, "a@hotel.cz")

    assert done == "Klaviyo has no profile with this e-mail address"


async def test_preview_names_metrics_that_others_own(bench: Any) -> None:
    account = bench.platform.account
    for number in range(250):
        account.add_metric(f"Other {number}", "Shopify")
    account.add_metric("Booked Appointments", "Zenoti")
    account.add_metric("Confirmed Reservation")

    said = await preview(bench, ["Booked Appointments", "Confirmed Reservation", "New"])

    assert len(said) == 1
    assert said[0].startswith("the metric 'Booked Appointments' exists already, of the")
    assert "'Zenoti'" in said[0]


async def test_check_11_metrics_are_asked_for_without_a_page_size(bench: Any) -> None:
    """Check 11: pages are followed to their end."""
    for number in range(450):
        bench.platform.account.add_metric(f"Metric {number}", "Shopify")

    await preview(bench, ["Metric 449"])

    queries = [asked.query for asked in bench.asked("get_metrics")]
    assert len(queries) == 3
    assert queries[0] == ""
    assert "page%5Bsize%5D" not in "".join(queries)


async def test_preview_knows_templated_names(open_bench: Any) -> None:
    async with open_bench(metric_name="{integration}: {metric}") as bench:
        bench.platform.account.add_metric("Mews: Confirmed Reservation", "Mews")
        bench.platform.account.add_metric("Confirmed Reservation", "Mews")

        said = await preview(bench, ["Confirmed Reservation"])

        assert len(said) == 1
        assert "'Mews: Confirmed Reservation'" in said[0]


async def test_preview_tells_how_lists_opt_in(bench: Any) -> None:
    lists, now = bench.platform.account.lists, bench.clock.now()
    one = lists.add("News", now, "single_opt_in").id
    two = lists.add("Offers", now, "double_opt_in").id

    said = await preview(bench, lists=[one, two, "Gone42", "../metrics"])

    assert said[0] == f"list {one} is 'News', single opt-in"
    assert said[1].startswith(f"list {two} is 'Offers', double opt-in: opt-ins of the past")
    assert said[2] == "there is no list Gone42 in this account"
    assert said[3].startswith("'../metrics' is no id of a list")


async def test_check_9_a_retired_revision_is_named(open_bench: Any) -> None:
    """Check 9."""
    async with open_bench(revision="2024-01-15") as bench:
        bench.platform.faults.add(faults.Status(status=410))
        with pytest.raises(ConfigurationError, match="no longer serves revision 2024-01-15"):
            await bench.destination.hooks.open_account(bench.client)


@pytest.mark.parametrize("template", ["Metric", ""])
async def test_a_template_without_the_metric_is_refused(open_bench: Any, template: str) -> None:
    with pytest.raises(SettingsError, match="metric_name"):
        async with open_bench(metric_name=template):
            pass


@pytest.mark.parametrize("revision", ["latest", "2026-7-15", ""])
async def test_check_1_a_revision_is_a_date(open_bench: Any, revision: str) -> None:
    """Check 1."""
    with pytest.raises(SettingsError, match="revision"):
        async with open_bench(revision=revision):
            pass


async def test_settings_show_no_key(open_bench: Any) -> None:
    """Check 2."""
    async with open_bench(Options()) as bench:
        shown = repr(bench.destination) + repr(bench.destination.settings) + repr(bench.client)
        shown += repr(bench.destination.manifest.authenticate(bench.destination.settings))
        assert "pk_" not in shown
