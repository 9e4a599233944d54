"""Consent on its way to a destination: never invented, never revived (law 4)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from inn import Inn, guest
from pigeon import Loft
from post import Post, post

from frontdesk.errors import ConfigurationError

pytestmark = pytest.mark.anyio

ADA = ("email", "ada@example.com")


def telling(*said: tuple[str, str, str | None], **more: Any) -> Inn:
    """An inn where ada said something of channels, and nothing else is known."""
    inn = Inn()
    inn.rows["guests"] = [guest("ada", news=False, said=[list(one) for one in said], **more)]
    return inn


def says(oak: Post, *said: Any, hour: int, **more: Any) -> None:
    """Let ada say more, so many hours later."""
    oak.clock.at += timedelta(hours=1)
    oak.inn.rows["guests"][0].update(
        said=[list(one) for one in said], changed=f"2026-11-01T{12 + hour}:00:00Z", **more
    )


async def test_an_opt_in_of_the_past_goes_as_history_with_its_own_time(store: Path) -> None:
    async with post(store, telling(("email", "subscribed", "2026-05-01T08:00:00Z"))) as oak:
        await oak.both()

    said = oak.loft.consent[ADA]
    assert (said["history"], said["at"], said["observed"]) == (
        True,
        "2026-05-01T08:00:00+00:00",
        False,
    )


async def test_an_opt_in_just_given_is_no_history(store: Path) -> None:
    async with post(store, telling()) as oak:
        await oak.both()
        says(oak, ("email", "subscribed", "2026-11-01T12:59:00Z"), hour=1)
        await oak.both()

    assert (oak.loft.consent[ADA]["history"], oak.loft.consent[ADA]["state"]) == (
        False,
        "subscribed",
    )


async def test_without_a_time_a_person_must_choose(store: Path) -> None:
    """Seen to fail when the count is not asked for before anything is sent."""
    async with post(
        store, telling(("email", "subscribed", None)), consent_without_time=None
    ) as oak:
        with pytest.raises(ConfigurationError, match=r'of 1 opt-ins .* "skip" .* "first_seen"'):
            await oak.both()

    assert not oak.loft.batches


@pytest.mark.parametrize("choice", ["skip", "first_seen"])
async def test_the_choice_is_kept(store: Path, choice: str) -> None:
    inn = telling(("email", "subscribed", None))
    async with post(store, inn, consent_without_time=choice) as oak:
        report = await oak.both()

    assert "ada@example.com" in oak.loft.profiles
    if choice == "skip":
        assert not oak.loft.consent
        assert any("nobody knows when" in reason for _, reason in report.left)
    else:
        assert (oak.loft.consent[ADA]["observed"], oak.loft.consent[ADA]["history"]) == (True, True)


async def test_nobody_is_subscribed_unless_a_list_is_named_for_connection_and_channel(
    store: Path,
) -> None:
    inn = telling(
        ("email", "subscribed", "2026-05-01T08:00:00Z"),
        ("sms", "subscribed", "2026-05-01T08:00:00Z"),
        phone="+420777123456",
    )
    async with post(
        store, inn, subscribers={"acorn": {"sms": "texts"}, "elm": {"email": "x"}}
    ) as oak:
        report = await oak.both()

    assert set(oak.loft.consent) == {("sms", "+420777123456")}
    assert oak.loft.consent["sms", "+420777123456"]["email"] == "ada@example.com"
    assert [reason for _, reason in report.left] == [
        "skipped: email: no list is named for it (subscribers)"
    ]


async def test_opt_outs_need_no_list_and_go_first(store: Path) -> None:
    """Check 38. Seen to fail when opt-ins are looked at first."""
    inn = telling(("email", "unsubscribed", "2026-05-01T08:00:00Z"))
    inn.rows["guests"].append(guest("bob", said=[["email", "subscribed", "2026-05-02T00:00:00Z"]]))
    async with post(store, inn, subscribers={"email": "news"}) as oak:
        await oak.both()

    assert oak.loft.loads() == ["opt-outs", "profiles", "opt-ins"]
    assert (oak.loft.consent[ADA]["state"], oak.loft.consent[ADA]["list"]) == ("unsubscribed", None)


async def test_nobody_is_made_known_only_to_be_unsubscribed(store: Path) -> None:
    """Check 41: an address that a guest once had, and a guest who is kept back."""
    inn = telling(("email", "unsubscribed", "2026-05-01T08:00:00Z"), robot=True)
    async with post(store, inn) as oak:
        await oak.both()

    assert not oak.loft.batches


async def test_a_flag_that_was_never_true_says_nothing(store: Path) -> None:
    """Check 41."""
    async with post(store, telling()) as oak:
        await oak.both()

    assert oak.loft.loads() == ["profiles"]


async def test_what_the_destination_shows_as_opted_out_is_never_subscribed(store: Path) -> None:
    """Law 4. Seen to fail when subscriptions are not read before subscribing."""
    loft = Loft()
    async with post(store, telling(("email", "subscribed", "2026-05-01T08:00:00Z")), loft) as oak:
        await oak.sync()
        # Learnt after the opt-outs were read, so only the look before subscribing shows it.
        loft.before = lambda request: _tell(loft, request.url.path)
        report = await oak.deliver()
        again = await oak.deliver()

    assert ADA not in loft.consent
    assert report.left["opt-ins", "skipped: email: the destination shows a newer opt-out"] == 1
    assert not again.left
    assert oak.ask("SELECT state, evidence FROM consents ORDER BY seq") == [
        ("subscribed", "said so"),
        ("unsubscribed", "the loft's book"),
    ]


def _tell(loft: Loft, path: str) -> None:
    if path == "/subscriptions":
        loft.optouts[:] = [("email", "ada@example.com", "2026-06-01T08:00:00+00:00")]


async def test_an_opt_in_newer_than_what_the_destination_shows_counts(store: Path) -> None:
    """Check 42: but not within half an hour. Seen to fail without the pause."""
    loft = Loft()
    loft.optouts.append(("email", "ada@example.com", "2026-04-01T08:00:00+00:00"))
    async with post(store, telling(("email", "subscribed", "2026-05-01T08:00:00Z")), loft) as oak:
        await oak.both()
        # It was told to the destination itself a moment ago: it is left alone for a while.
        assert ADA not in loft.consent
        oak.clock.at += timedelta(minutes=31)
        await oak.deliver()

    assert loft.consent[ADA]["state"] == "subscribed"


async def test_opt_outs_learnt_from_a_destination_enter_the_ledger_and_stay(store: Path) -> None:
    """Law 4. Seen to fail when what the destination says is not believed."""
    loft = Loft()
    loft.optouts += [("email", f"x{n}@example.com", None) for n in range(3)]
    loft.optouts.append(("email", "ada@example.com", None))
    async with post(store, telling(("email", "subscribed", "2026-05-01T08:00:00Z")), loft) as oak:
        report = await oak.both()
        assert (report.opt_outs, set(loft.consent)) == (4, set())

        # A replay, a new delivery, an older opt-in with its time: nothing revives it.
        says(oak, ("email", "subscribed", "2026-09-01T08:00:00Z"), hour=1)
        await oak.sync()
        await oak.desk.redeliver("pigeon")
        await oak.deliver()
        assert ADA not in loft.consent

        says(oak, ("email", "subscribed", "2026-11-01T14:00:00Z"), hour=2)
        await oak.both()

    assert loft.consent[ADA]["state"] == "subscribed"
    assert sum(load == "opt-outs" for load in loft.loads()) == 0


async def test_an_opt_out_reaches_the_destination_that_was_told_of_the_opt_in(store: Path) -> None:
    """Check 38: what comes late, or again, does not turn it back."""
    async with post(store, telling(("email", "subscribed", "2026-05-01T08:00:00Z"))) as oak:
        await oak.both()
        says(oak, ("email", "unsubscribed", None), hour=1)
        await oak.both()
        # The old opt-in again, with nothing newer.
        says(oak, ("email", "subscribed", "2026-05-01T08:00:00Z"), hour=2)
        await oak.both()

    assert oak.loft.consent[ADA]["state"] == "unsubscribed"


async def test_an_opt_out_follows_an_address_its_guest_no_longer_has(store: Path) -> None:
    """The destination still writes to the old one."""
    async with post(store, telling(("email", "subscribed", "2026-05-01T08:00:00Z"))) as oak:
        await oak.both()
        loft = oak.loft
        says(oak, hour=1, email="ada@new.example")
        await oak.both()
        loft.optouts.append(("email", "nobody@example.com", None))
        says(oak, ("email", "unsubscribed", None), hour=2, email="ada@example.com")
        await oak.both()

    assert loft.consent[ADA]["state"] == "unsubscribed"


async def test_the_brand_decides_whose_word_counts(store: Path) -> None:
    """One of two connections opted out: nobody is subscribed by the other."""
    elm = telling(("email", "unsubscribed", "2026-06-01T08:00:00Z"))
    elm.id = elm.site = "elm-1"
    from inn import connected
    from post import talking

    inn = telling(("email", "subscribed", "2026-05-01T08:00:00Z"))
    async with post(store, inn, connections=["acorn"]) as oak:
        connected(oak.desk, elm, talking(), name="elm")
        await oak.sync("elm")
        await oak.both()

    assert oak.loft.consent[ADA]["state"] == "unsubscribed"
    assert "opt-ins" not in oak.loft.loads()


async def test_its_own_echo_is_no_newer_opt_out(store: Path) -> None:
    """The destination dates what it was told when it was told. Seen to fail when that is taken
    for a word of the guest's.
    """
    loft = Loft()
    async with post(store, telling(("email", "unsubscribed", "2026-05-01T08:00:00Z")), loft) as oak:
        await oak.both()
        loft.optouts.append(("email", "ada@example.com", "2026-11-01T12:00:03+00:00"))
        oak.clock.at += timedelta(minutes=31)
        report = await oak.deliver()
        assert report.opt_outs == 0
        # Given after the opt-out, though before that was delivered.
        says(oak, ("email", "subscribed", "2026-10-01T08:00:00Z"), hour=2)
        await oak.both()

    assert loft.consent[ADA]["state"] == "subscribed"


async def test_an_opt_out_of_each_address_a_guest_had_is_told_and_noted(store: Path) -> None:
    """Seen to fail when both are called the same."""
    async with post(store, telling(("email", "subscribed", "2026-05-01T08:00:00Z"))) as oak:
        await oak.both()
        again = ("email", "subscribed", "2026-11-01T12:30:00Z")
        says(oak, again, hour=1, email="ada@new.example")
        await oak.both()
        assert len(oak.loft.consent) == 2
        old = ["email", "unsubscribed", None, "ada@example.com"]
        says(oak, ("email", "unsubscribed", None), old, hour=2, email="ada@new.example")
        await oak.both()
        told = oak.ask("SELECT address, state FROM told ORDER BY address")

    assert {said["state"] for said in oak.loft.consent.values()} == {"unsubscribed"}
    assert told == [("ada@example.com", "unsubscribed"), ("ada@new.example", "unsubscribed")]


async def told_out_and_in_again(store: Path, **more: Any) -> Any:
    """Return a post in which ada opted out, that was told, and she opts in a moment later."""
    inn = telling(("email", "unsubscribed", "2026-11-01T11:00:00Z"))
    inn.rows["guests"].append(guest("gil", email="ada@example.com", news=False, **more))
    made = post(store, inn)
    oak = await made.__aenter__()
    await oak.both()
    oak.clock.at += timedelta(minutes=5)
    again = [["email", "subscribed", "2026-11-01T12:04:00Z"]]
    inn.rows["guests"][0].update(said=again, changed="2026-11-01T12:04:30Z")
    return made, oak


async def test_an_opt_out_right_after_an_opt_in_is_no_echo(store: Path) -> None:
    """Law 4. Seen to fail when all within ten minutes is taken for an echo."""
    made, oak = await told_out_and_in_again(store)
    await oak.both()
    oak.loft.optouts.append(("email", "ada@example.com", "2026-11-01T12:06:00+00:00"))
    oak.clock.at += timedelta(minutes=40)
    await oak.deliver()
    await made.__aexit__(None, None, None)

    assert oak.loft.consent[ADA]["state"] == "unsubscribed"


async def test_a_postponed_opt_in_is_not_lost_with_the_guest_it_waited_for(store: Path) -> None:
    """The newest guest of a person need not be the one who changed. Seen to fail when only
    that one is postponed.
    """
    made, oak = await told_out_and_in_again(store, changed="2026-11-01T12:04:30Z")
    report = await oak.both()
    assert any("a moment ago" in reason for _, reason in report.left)
    oak.clock.at += timedelta(minutes=40)
    await oak.deliver()
    await made.__aexit__(None, None, None)

    assert oak.loft.consent[ADA]["state"] == "subscribed"


async def test_who_is_excluded_while_an_opt_in_is_postponed_stops_nothing(store: Path) -> None:
    """Seen to fail: the delivery never ended."""
    made, oak = await told_out_and_in_again(store)
    await oak.both()
    for row in oak.inn.rows["guests"]:
        row.update(robot=True, changed="2026-11-01T12:30:00Z")
    oak.clock.at += timedelta(minutes=40)
    with anyio.fail_after(10):
        await oak.both()
    await made.__aexit__(None, None, None)

    assert oak.loft.consent[ADA]["state"] == "unsubscribed"
