"""An event's id is made of facts of the platform, and of all of them (law 2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inn import NOW, asked, busy, sync

from frontdesk import Account, Event, Record
from frontdesk.ids import event_id

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
names = st.sampled_from(["", "a", "b", "ab", "a b", '"', '","', "\x00", "|", "a:b", "\\"]) | texts


@st.composite
def facts(draw: st.DrawFn) -> tuple[str, ...]:
    return tuple(draw(names) for _ in range(7))


def identify(facts: tuple[str, ...]) -> bytes:
    connector, account, site, stream, record, action, occurrence = facts
    return event_id(
        connector,
        Account(account, "any title"),
        Record(stream, record, {}, site=site or None),
        Event("Metric", "guest", NOW, action=action or "Metric", occurrence=occurrence),
    )


@given(facts(), facts())
def test_two_ids_are_equal_only_if_all_facts_are(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    """Seen to fail when the facts are joined by a separator, or one of them is left out."""
    same = one[:5] == other[:5] and (one[5] or "Metric", one[6]) == (
        other[5] or "Metric",
        other[6],
    )

    assert same == (identify(one) == identify(other))


@given(facts(), st.integers(0, 6), names)
def test_an_id_depends_on_each_fact(one: tuple[str, ...], which: int, value: str) -> None:
    """Seen to fail when ``event_id`` leaves out any of its seven facts."""
    other = (*one[:which], value, *one[which + 1 :])
    default = "Metric" if which == 5 else ""

    assert ((one[which] or default) == (value or default)) == (identify(one) == identify(other))


@pytest.mark.parametrize("cut", [2, 3, 4])
def test_no_separator_can_be_smuggled_in(cut: int) -> None:
    facts = ["acorn", "a1", "", "stays", "s1", "Booked", ""]
    whole = '","'.join(facts[:cut])

    assert identify(tuple(facts)) != identify((whole, *facts[cut:], *[""] * (cut - 1)))


@given(st.datetimes(), st.text(), st.text())
def test_what_may_change_is_no_part_of_an_id(when: Any, guest: str, title: str) -> None:
    record = Record("stays", "s1", {"any": title})
    event = Event("Booked Stay", "ada", NOW)
    expected = event_id("acorn", Account("a", "A"), record, event)

    changed = attrs.evolve(record, payload={}, version=NOW, seen=NOW, guests=(guest,))
    retold = Event("Booked Stay", guest, when, value=None, properties={"Room": title})

    assert expected == event_id("acorn", Account("a", title), changed, retold)


def test_a_metric_may_be_renamed_where_the_action_keeps_its_name() -> None:
    record, account = Record("stays", "s1", {}), Account("a", "A")

    old = event_id("acorn", account, record, Event("Booked Stay", "g", NOW))
    new = event_id("acorn", account, record, Event("Stay Booked", "g", NOW, action="Booked Stay"))

    assert old == new


def test_an_id_is_sixteen_bytes_that_stay_what_they_are() -> None:
    """Ids are in every store and at every destination: they must never change."""
    record = Record("stays", "s1", {}, site="x")
    event = Event("Booked Stay", "g", NOW, occurrence="2026")

    found = event_id("acorn", Account("oak-1", "The Oak"), record, event)

    assert found.hex() == "a3149f91d311e6e2d43918d6e7b50e91"


@pytest.mark.anyio
async def test_a_connections_name_is_no_part_of_an_id(tmp_path: Path) -> None:
    """Seen to fail when the connection's name goes into ``event_id``."""
    for name in ("oak", "elm"):
        await sync(tmp_path / f"{name}.db", busy(), name=name)
    question = "SELECT hex(event_id) FROM log WHERE kind = 1 ORDER BY 1"

    assert asked(tmp_path / "oak.db", question) == asked(tmp_path / "elm.db", question)
