"""Consent is never invented and never revived (law 4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inn import NOW, FixedClock, Inn, asked, connected, guest, sync

from frontdesk import Channel, Consent, ConsentState, Desk, Record
from frontdesk.consent import Statement, effective

IN, OUT = ConsentState.SUBSCRIBED, ConsentState.UNSUBSCRIBED
DAYS = [datetime(2026, 5, day, tzinfo=UTC) for day in range(1, 6)]

# Few moments, so that ties are common.
moments = st.sampled_from(DAYS)
statements = st.builds(Statement, st.sampled_from([IN, OUT]), at=st.none() | moments, seen=moments)
ledgers = st.lists(statements, max_size=7)


@given(ledgers)
def test_what_counts_was_said(said: list[Statement]) -> None:
    """Seen to fail when an empty ledger counts as anything."""
    states = {statement.state for statement in said}
    found = effective(said)

    assert (found in states) if states else found is None


@given(ledgers, st.randoms())
def test_the_order_of_arrival_does_not_matter(said: list[Statement], random: Any) -> None:
    """Seen to fail when the last statement given is looked at instead of the latest."""
    shuffled = list(said)
    random.shuffle(shuffled)

    assert effective(said) == effective(shuffled)


@given(ledgers)
def test_saying_it_twice_changes_nothing(said: list[Statement]) -> None:
    assert effective(said) == effective([*said, *said])


@given(ledgers)
def test_after_an_opt_out_only_a_newer_dated_opt_in_counts(said: list[Statement]) -> None:
    """Seen to fail when ``>`` is ``>=``, and when statements without a time are compared by
    when they were seen.
    """
    outs = [s for s in said if s.state is OUT]
    dated = [s.at for s in said if s.state is IN and s.at is not None]
    if not outs:
        return
    newer = any(all(at > (out.at or out.seen) for out in outs) for at in dated)

    assert effective(said) is (IN if newer else OUT)


@given(ledgers, moments)
def test_an_opt_in_without_a_time_never_revives(said: list[Statement], seen: datetime) -> None:
    """Seen to fail when such an opt-in counts from when it was seen."""
    before = effective(said)
    after = effective([*said, Statement(IN, None, seen)])

    assert after is (before or IN)


@given(ledgers, moments)
def test_an_opt_out_never_makes_a_subscriber(said: list[Statement], at: datetime) -> None:
    for statement in (Statement(OUT, at, at), Statement(OUT, None, at)):
        if effective(said) is not IN:
            assert effective([*said, statement]) is OUT


@given(ledgers, moments)
def test_a_tie_is_an_opt_out(said: list[Statement], at: datetime) -> None:
    tied = [*said, Statement(IN, at, at), Statement(OUT, at, at)]
    later = [s for s in said if s.state is IN and s.at is not None and s.at > at]
    if not later:
        assert effective(tied) is OUT


# -- the ledger ----------------------------------------------------------------------------


def saying(*statements: tuple[ConsentState, datetime | None]) -> Any:
    """Acorn, whose every guest says this of one address."""
    from inn import altered

    def sync_consent(record: Record) -> Any:
        if record.stream == "guests":
            for state, at in statements:
                yield Consent(record.id, "Ada@Example.com ", Channel.EMAIL, state, at, "form")

    return altered(sync_consent=sync_consent)


@pytest.mark.anyio
async def test_the_same_statement_is_written_once(store: Path) -> None:
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    await sync(store, inn, saying((IN, None)))
    inn.rows["guests"][0] |= {"name": "New", "changed": "2026-10-02T00:00:00Z"}
    await sync(store, inn, saying((IN, None)))

    expected = [("ada@example.com", "subscribed", "form")]
    assert expected == asked(store, "SELECT address, state, evidence FROM consents")


@pytest.mark.anyio
async def test_a_sync_from_the_start_resubscribes_nobody(store: Path) -> None:
    """Seen to fail when statements without a time count by when they were seen."""
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    await sync(store, inn)
    inn.rows["guests"][0] |= {"news": False, "changed": "2026-10-02T00:00:00Z"}
    await sync(store, inn)
    # A copy of the platform's from before the opt-out, read again later on.
    inn.rows["guests"] = [guest("ada", changed="2026-10-03T00:00:00Z")]
    await sync(store, inn, clock=FixedClock(NOW + timedelta(days=9)))

    async with Desk(store) as desk:
        (row,) = await desk.profiles()
    assert row.consent == {"email": "unsubscribed"}


@pytest.mark.anyio
async def test_a_flag_that_was_never_set_is_no_opt_out(store: Path) -> None:
    inn = Inn()
    inn.rows["guests"] = [guest("ada", news=False)]
    await sync(store, inn)

    async with Desk(store) as desk:
        (row,) = await desk.profiles()
    assert row.consent == {}


@pytest.mark.anyio
async def test_consent_counts_for_an_address_across_a_brands_connections_and_no_further(
    store: Path,
) -> None:
    """Seen to fail when the ledger is asked for an address without its brand."""
    inns = {name: Inn(f"{name}-1") for name in ("oak", "elm", "fir")}
    for inn in inns.values():
        inn.rows["guests"] = [guest("ada", email="ada@example.com", news=False)]
    async with Desk(store, clock=FixedClock()) as desk:
        for name, inn in inns.items():
            brand = "other" if name == "fir" else "trees"
            connector = saying((OUT, DAYS[0])) if name == "oak" else saying()
            connected(desk, inn, connector, name=name, brand=brand)
        await desk.sync_all()
        consent = {row.connection: row.consent for row in await desk.profiles()}

    out = {"email": "unsubscribed"}
    assert {"oak": out, "elm": out, "fir": {}} == consent
