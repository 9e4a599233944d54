"""Profiles on their way: one person out of many guests, and never an absence over a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from inn import Inn, connected, guest
from pigeon import Loft
from post import Post, post, talking

from frontdesk import Account
from frontdesk.deliver.profiles import merged
from frontdesk.deliver.sources import Source
from frontdesk.jsons import encode
from frontdesk.model import UNSEEN, Json
from frontdesk.store.persons import Part

pytestmark = pytest.mark.anyio

ADA = "ada@example.com"


def staying(*guests: dict[str, Any], id: str = "oak-1") -> Inn:
    inn = Inn(id)
    inn.rows["guests"] = list(guests)
    return inn


async def change(oak: Post, changed: str, **more: Any) -> dict[str, Any]:
    """Let ada change, deliver, and return what was sent of her."""
    oak.inn.rows["guests"][0].update(changed=changed, **more)
    oak.loft.batches.clear()
    await oak.both()
    sent = [item for load, items in oak.loft.batches if load == "profiles" for item in items]
    return dict(sent[0]["attributes"]) if sent else {}


async def test_what_the_source_merely_lacks_is_never_sent_as_empty(store: Path) -> None:
    """Seen to fail when a None of the profile is kept."""
    empty = {"city": None, "zip": None}
    ada = guest("ada", name=None, news=False, address=empty, facts={"Diet": None})
    async with post(store, staying(ada)) as oak:
        await oak.both()

    ((_, (item,)),) = oak.loft.batches
    assert item["attributes"] == {}


async def test_what_was_sent_and_is_there_no_more_is_cleared_on_purpose(store: Path) -> None:
    facts = {"Diet": "none", "Pillow": "soft"}
    ada = guest("ada", news=False, last="L", address={"city": "Brno", "zip": "1"}, facts=facts)
    async with post(store, staying(ada)) as oak:
        await oak.both()
        sent = await change(
            oak, "2026-11-01T13:00:00Z", last=None, address={"city": "Brno"}, facts={"Diet": "none"}
        )
        assert sent == {
            "first_name": "Ada",
            "last_name": None,
            "location": {"city": "Brno", "zip": None},
            "properties": {"Diet": "none", "Pillow": None},
        }
        # Once cleared, it is not cleared again.
        again = await change(oak, "2026-11-01T14:00:00Z", last="M")

    assert again == {
        "first_name": "Ada",
        "last_name": "M",
        "location": {"city": "Brno"},
        "properties": {"Diet": "none"},
    }


async def test_a_profile_the_destination_has_is_not_sent_again(store: Path) -> None:
    """Seen to fail when what was sent last is not compared."""
    async with post(store, staying(guest("ada", news=False))) as oak:
        await oak.both()
        # Consent changes, and the profile does not.
        said = [["email", "subscribed", "2026-10-30T00:00:00Z"]]
        assert await change(oak, "2026-11-01T13:00:00Z", said=said) == {}
        assert oak.loft.loads()[-1] == "opt-ins"


async def test_what_is_withheld_leaves_in_no_output(store: Path) -> None:
    ada = guest("ada", facts={"Diet": "CANARY", "Pillow": "soft"}, phone="+420777123456")
    async with post(store, staying(ada), withhold=["Diet", "Phone"]) as oak:
        await oak.both()

    assert oak.loft.profiles[ADA] == {
        "first_name": "Ada", "phone_number": None, "properties": {"Pillow": "soft"},
    }  # fmt: skip


async def test_several_connections_make_one_person_of_whom_the_newest_wins(store: Path) -> None:
    """Field by field; an address is taken as a whole."""
    facts = {"Diet": "vegan", "Pillow": "soft"}
    oaks = staying(
        guest("ada", news=False, last="Oak", address={"city": "Brno", "zip": "1"}, facts=facts),
    )
    elms = staying(
        guest("a9", email="ADA@example.com", name=None, news=False, facts={"Diet": "none"},
              address={"city": "Kyiv"}, changed="2026-10-05T00:00:00Z"),
        id="elm-1",
    )  # fmt: skip
    async with post(store, oaks) as oak:
        connected(oak.desk, elms, talking(), name="elm")
        await oak.sync("elm")
        await oak.both()

    profiles = [items for load, items in oak.loft.batches if load == "profiles"]
    assert [len(items) for items in profiles] == [1]
    assert oak.loft.profiles[ADA] == {
        "phone_number": None,
        "first_name": "Ada",
        "last_name": "Oak",
        "location": {"city": "Kyiv"},
        "properties": {"Diet": "none", "Pillow": "soft"},
    }


async def test_a_guest_with_a_phone_alone_is_a_person_too(store: Path) -> None:
    cat = guest("cat", email=None, phone="+420777123456", news=False)
    inn = staying(cat)
    inn.rows["stays"] = [
        {
            "id": "s",
            "guest": "cat",
            "booked": "2026-09-01T10:00:00Z",
            "changed": "2026-10-01T10:00:00Z",
        }
    ]
    loft = Loft()
    async with post(store, inn, loft) as oak:
        await oak.both()

    assert set(loft.profiles) == {"+420777123456"}
    assert [who for who, _, _ in loft.events] == ["+420777123456"]


_VALUES = some.none() | some.text(max_size=3)
_PROFILES = some.fixed_dictionaries(
    {
        "guest": some.just("g"),
        "email": some.just(ADA),
        "first_name": _VALUES,
        "title": _VALUES,
        "location": some.dictionaries(some.sampled_from(["city", "zip"]), _VALUES),
        "properties": some.dictionaries(some.sampled_from("abc"), _VALUES),
    }
)


@given(some.lists(_PROFILES, min_size=1, max_size=4))
def test_the_newest_value_wins_and_no_absence_does(said: list[dict[str, Json]]) -> None:
    """Property: held against a plain model. Seen to fail when parts are laid in any order."""
    source = Source(1, "oak", "Acorn", Account("oak", "Oak"))
    parts = [Part(n, 1, encode(one), UNSEEN) for n, one in enumerate(said)]

    expected: dict[str, Json] = {}
    for one in said:
        for name in ("first_name", "title"):
            if one[name] is not None:
                expected[name] = one[name]
        address = {k: v for k, v in one["location"].items() if v is not None}
        if address:
            expected["location"] = address
        for name, value in one["properties"].items():
            if value is not None:
                expected.setdefault("properties", {})[name] = value

    assert merged({1: source}, parts) == expected
