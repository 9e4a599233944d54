"""Test mode, whose account it is, and whose guests: nothing leaves by accident (law 9)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from inn import Inn, busy, connected, guest, stay
from pigeon import Loft, added
from post import post, talking

from frontdesk import Receipt, hookimpl
from frontdesk.errors import (
    AccountError,
    AuthenticationError,
    ConfigurationError,
    InvalidConnectorError,
    LeaseError,
    UnavailableError,
)

pytestmark = pytest.mark.anyio


def varied() -> Inn:
    """An inn in which something is refused, dropped, held, skipped, opted out and in."""
    inn = busy(12)
    inn.rows["guests"] += [
        guest("cat", email="cat@dropped.test"),
        guest("bad", said=[["sms", "subscribed", None]], phone="+420777123456"),
        guest("dan", news=False, said=[["email", "unsubscribed", "2026-05-01T00:00:00Z"]]),
        guest("fay", robot=True),
        guest("gil", email="ADA@example.com", facts={"Diet": "none"}),
    ]
    inn.rows["stays"] += [stay(f"{who}1", guest=who) for who in ("cat", "bad", "dan", "fay", "gil")]
    return inn


async def test_until_it_is_live_a_delivery_only_previews(store: Path) -> None:
    """Law 9. Seen to fail when ``live`` is not asked for."""
    async with post(store, varied(), live=False) as oak:
        report = await oak.both()

        assert report.dry_run
        assert not oak.loft.batches
        assert report.sent["acorn", "Booked Stay"] == 11
        assert oak.ask("SELECT count(*) FROM sent_events") == [(0,)]
        assert "1 lists are new" not in " ".join(report.notes)
        assert any("fields marked as sensitive: Diet" in note for note in report.notes)
        assert any("2 lists are new to the loft" in note for note in report.notes)


async def test_a_preview_names_the_choice_that_going_live_asks_for(store: Path) -> None:
    async with post(store, varied(), live=False, consent_without_time=None, withhold=[]) as oak:
        report = await oak.both()

    assert [note for note in report.notes if "consent_without_time" in note]
    assert not [note for note in report.notes if "sensitive" in note]


async def test_only_who_is_named_is_sent_anything(store: Path) -> None:
    """Law 9. Seen to fail when a page is not held to the guests named."""
    async with post(store, varied(), live=False) as oak:
        await oak.sync()
        report = await oak.deliver(only="ada@example.com")
        sent = {item["who"] for _, items in oak.loft.batches for item in items}

        assert sent == {"ada@example.com"}
        assert report.sent["acorn", "Booked Stay"] == 9
        with pytest.raises(ConfigurationError, match="is the one named with --only") as caught:
            await oak.deliver(only="nobody@example.com")
        assert "nobody" not in str(caught.value)


async def test_what_was_tried_out_is_not_sent_again_when_live(store: Path, tmp_path: Path) -> None:
    loft = Loft()
    async with post(store, varied(), loft, live=False) as oak:
        await oak.sync()
        await oak.deliver(only="ada@example.com")
        live = attrs.evolve(oak.desk.destinations["pigeon"].rules, live=True)
        oak.desk.destinations["pigeon"] = attrs.evolve(oak.desk.destinations["pigeon"], rules=live)
        await oak.deliver()
        assert loft.repeats == 0

    async with post(tmp_path / "other.db", varied()) as other:
        await other.both()
    assert loft.state() == other.loft.state()


@pytest.mark.parametrize("small", [False, True])
async def test_a_dry_run_counts_exactly_what_is_sent(
    store: Path, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check 48. Seen to fail when a person is counted with each of its guests."""
    if small:
        for part in ("events", "profiles", "consents"):
            monkeypatch.setattr(f"frontdesk.deliver.{part}.BATCH", 2)
    async with post(store, varied()) as oak:
        await oak.sync()
        counted = await oak.deliver(dry_run=True)
        again = await oak.deliver(dry_run=True)
        assert not oak.loft.batches
        sent = await oak.deliver()

    assert counted.sent == again.sent == sent.sent
    assert counted.left == again.left == sent.left
    arrived = Counter(load for load, items in oak.loft.batches for _ in items)
    assert arrived.total() == sent.sent.total()


async def test_the_first_delivery_binds_to_the_account_it_reached(store: Path) -> None:
    loft = Loft()
    async with post(store, busy(3), loft) as oak:
        await oak.both()
        loft.id = "loft-2"
        loft.batches.clear()
        with pytest.raises(
            AccountError, match=r"loft-1 \(.*\).* open account loft-2 .* rebind pigeon"
        ):
            await oak.deliver()
        assert not loft.batches
        assert [row.state for row in await oak.desk.destination_status()] == ["needs attention"]
        assert not (await oak.desk.check_destination("pigeon")).ok

        assert await oak.desk.rebind("pigeon") == "loft-1 (The loft loft-1)"
        await oak.deliver()
        # The other account was never sent anything, so it gets all of it.
        assert sum(len(items) for load, items in loft.batches if load.endswith("events")) == 4


async def test_another_account_may_be_tried_until_something_was_sent(store: Path) -> None:
    """Seen to fail when a preview binds."""
    loft = Loft()
    async with post(store, busy(3), loft, live=False) as oak:
        await oak.both()
        loft.id = "loft-2"
        await oak.deliver()
        assert [row.account for row in await oak.desk.destination_status()] == ["loft-2"]


async def test_two_destinations_do_not_share_an_account(store: Path) -> None:
    loft = Loft()
    async with post(store, busy(3), loft) as oak:
        await oak.both()
        added(oak.desk, loft, name="other")
        with pytest.raises(AccountError, match="already delivered to by destination 'pigeon'"):
            await oak.desk.deliver("other")


async def test_no_guest_of_one_reaches_the_account_of_the_other(store: Path) -> None:
    """Two connections, two accounts, two brands. Seen to fail when brands are not asked."""
    lofts = Loft("loft-1"), Loft("loft-2")
    elm = busy(4)
    elm.id = elm.site = "elm-1"
    elm.rows["guests"] = [guest("eva"), guest("eve"), guest("ada")]
    elm.rows["stays"] = [stay("e1", guest="eva"), stay("e2", guest="eve"), stay("e3", guest="ada")]
    elm.rows["clubs"] = []
    async with post(store, busy(4), lofts[0]) as oak:
        connected(oak.desk, elm, talking(), name="elm", brand="elms")
        added(oak.desk, lofts[1], name="elm-post", brand="elms")
        await oak.desk.sync_all()
        await oak.desk.deliver_all()

    assert set(lofts[0].profiles) == {"ada@example.com", "bob@example.com"}
    assert set(lofts[1].profiles) == {f"{who}@example.com" for who in ("ada", "eva", "eve")}
    assert {e["integration"] for e in lofts[1].events.values()} == {"Acorn"}
    ids = [{key[2] for key in loft.events} for loft in lofts]
    assert not ids[0] & ids[1]


async def test_a_destination_may_name_its_connections(store: Path) -> None:
    elm = busy(2)
    elm.id = elm.site = "elm-1"
    async with post(store, busy(4), connections=["elm"]) as oak:
        connected(oak.desk, elm, talking(), name="elm")
        await oak.desk.sync_all()
        report = await oak.deliver()

    assert {name for name, _ in report.sent} == {"elm"}


async def test_only_one_process_delivers_to_an_account(store: Path) -> None:
    async with post(store, busy(3)) as oak:
        await oak.sync()
        async with oak.desk._deliverer().opened(oak.desk.destinations["pigeon"]):
            with pytest.raises(LeaseError, match="destination 'pigeon' is being written by"):
                await oak.deliver()


async def test_a_wrong_key_needs_attention_and_is_never_shown(store: Path) -> None:
    async with post(store, busy(3)) as oak:
        await oak.both()
        added(oak.desk, oak.loft, name="again", key="another-CANARY")
        del oak.desk.destinations["pigeon"]
        oak.desk.destinations["pigeon"] = attrs.evolve(
            oak.desk.destinations.pop("again"), name="pigeon"
        )
        with pytest.raises(AuthenticationError) as caught:
            await oak.deliver()

        assert "CANARY" not in str(caught.value)
        (row,) = await oak.desk.destination_status()
        assert (row.state, "CANARY" in row.reason) == ("needs attention", False)


async def test_check_says_what_is_missing(store: Path) -> None:
    loft = Loft()
    loft.missing = ["events:write"]
    async with post(store, busy(3), loft) as oak:
        found = await oak.desk.check_destination("pigeon")

    assert found.problems == ("the credentials lack the permission: events:write",)


async def test_an_open_batch_of_others_is_not_sent_along_with_only(store: Path) -> None:
    """Law 9. Seen to fail when every open batch is sent again first."""
    loft = Loft()
    async with post(store, busy(3), loft) as oak:
        loft.before = lambda request: httpx.Response(503) if request.url.path == "/batch" else None
        with pytest.raises(UnavailableError):
            await oak.both()
        loft.before = lambda _: None
        await oak.deliver(only="bob@example.com")
        assert "ada@example.com" not in repr(loft.batches)

        await oak.deliver()
        assert set(loft.profiles) == {"ada@example.com", "bob@example.com"}


async def test_a_wrapper_that_would_replace_a_destinations_hook_is_refused(store: Path) -> None:
    """Seen to fail: nothing would have been sent, and all of it noted as sent."""

    class Wrapper:
        @hookimpl
        async def deliver(self, batch: Any) -> Any:
            return [Receipt(item.id) for item in batch.items]

    async with post(store, busy(1)) as oak:
        with pytest.raises(InvalidConnectorError, match=r"deliver\(batch.* would replace its own"):
            added(oak.desk, oak.loft, name="other", wrappers=[Wrapper()])
