"""What is discarded is gone wherever it stands, and nothing else is (law 7)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.ingest.discarding import DeliveryDiscard, Discard
from frontdesk.model import Delivery

words = st.sampled_from(["a", "b", "card", "number"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)
payloads = st.dictionaries(words, values, max_size=4)
paths = st.lists(st.lists(words, min_size=1, max_size=3).map(tuple), max_size=4)


def leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Return everything in a payload with the path of words that leads to it."""
    found = [(path, value)]
    if isinstance(value, dict):
        for key, item in value.items():
            found += leaves(item, (*path, key))
    elif isinstance(value, list):
        for item in value:
            found += leaves(item, path)
    return found


def kept(value: Any, dropped: set[tuple[str, ...]], path: tuple[str, ...] = ()) -> Any:
    """The plain way to drop paths, slowly."""
    if isinstance(value, list):
        return [kept(item, dropped, path) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: kept(item, dropped, (*path, key))
        for key, item in value.items()
        if (*path, key) not in dropped
    }


@given(payloads, paths)
def test_a_discarded_path_never_appears_and_the_rest_is_untouched(
    payload: dict[str, Any], dropped: list[tuple[str, ...]]
) -> None:
    """Seen to fail when lists are not looked into, and when ``card.number`` undoes ``card``."""
    before = copy.deepcopy(payload)

    result = Discard([".".join(path) for path in dropped])(payload)

    assert not [path for path, _ in leaves(result) if path in dropped]
    assert kept(payload, set(dropped)) == result
    assert before == payload


def test_nothing_to_discard_copies_nothing() -> None:
    payload = {"a": [1]}

    assert Discard(())(payload) is payload


def test_lists_of_lists_are_looked_into() -> None:
    payload = {"rooms": [[{"pin": 1, "name": "x"}], "odd", None]}

    assert Discard(["rooms.pin"])(payload) == {"rooms": [[{"name": "x"}], "odd", None]}


def delivered(body: bytes, **query: str) -> Delivery:
    return Delivery(body, {"x-kept": "yes"}, query, received=datetime(2026, 5, 1, tzinfo=UTC))


def test_a_delivery_loses_fields_and_parameters_and_nothing_else() -> None:
    """Seen to fail when the query was compared in one case only."""
    discard = DeliveryDiscard(("Data.AccessToken", "?token"))
    whole = delivered(b'{"Data":{"AccessToken":"hush","Id":1.50}}', Token="hush", site="3")

    left = discard(whole)

    assert left.body == b'{"Data":{"Id":1.50}}'
    assert left.query == {"site": "3"}
    assert (left.headers, left.received) == (whole.headers, whole.received)


def test_a_secret_behind_a_doubled_key_goes_as_well() -> None:
    """Seen to fail when a body in which nothing was found stayed as it came."""
    left = DeliveryDiscard(("Data.AccessToken",))(
        delivered(b'{"Data":{"AccessToken":"hush"},"Data":{}}')
    )

    assert left.body == b'{"Data":{}}'


@pytest.mark.parametrize("body", [b'{"Data":{"AccessToken":"hush"', b"\xffhush", b"[" * 9999])
def test_a_body_that_cannot_be_read_is_not_kept_where_it_could_hold_a_secret(body: bytes) -> None:
    assert DeliveryDiscard(("Data.AccessToken",))(delivered(body)).body == b""
    assert DeliveryDiscard(("?token",))(delivered(body)).body == body
