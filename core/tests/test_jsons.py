"""JSON in and out: exact money, one spelling, nothing that explodes."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import TypedDict

import msgspec
import pytest

from frontdesk import jsons


def test_keeps_money_exact() -> None:
    amount = jsons.decode(b'{"Value": 1234567890.10}')["Value"]

    assert Decimal("1234567890.10") == amount
    assert jsons.encode({"Value": amount}) == b'{"Value":1234567890.10}'


def test_keeps_whole_numbers_whole() -> None:
    assert jsons.decode(b"7") == 7
    assert isinstance(jsons.decode(b"7"), int)
    assert jsons.decode(b"1" + b"0" * 29) == 10**29


def test_takes_a_byte_order_mark() -> None:
    assert jsons.decode(b'\xef\xbb\xbf{"Id": "1"}') == {"Id": "1"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>ada@example.com</html>", id="html"),
        pytest.param(b'{"Email": "ada@example.com"', id="truncated"),
        pytest.param(b'{"Email": "ada@example.com\xff"}', id="not UTF-8"),
        pytest.param(b'["ada@example.com", NaN]', id="NaN"),
        pytest.param(b"[Infinity]", id="infinity"),
        pytest.param(b"1e999999999", id="huge exponent"),
        pytest.param(b"1e-999999999", id="tiny exponent"),
        pytest.param(b"0e999999999", id="huge nothing"),
        pytest.param(b"1e99999999999999999999999", id="exponent beyond Decimal"),
        pytest.param(b"9" * 5000, id="too many digits"),
        pytest.param(b"[" * 100_000, id="too deep"),
    ],
)
def test_refuses_what_is_no_json_without_quoting_it(content: bytes) -> None:
    with pytest.raises(msgspec.DecodeError) as caught:
        jsons.decode(content)

    shown = "".join(traceback.format_exception(caught.value))
    assert "ada" not in shown.replace(str(content), "")
    assert caught.value.__context__ is None or "ada" not in repr(caught.value.__context__)
    assert not isinstance(caught.value.__context__, UnicodeDecodeError)


def test_takes_every_double() -> None:
    assert Decimal("1.7976931348623157e308") == jsons.decode(b"1.7976931348623157e308")
    assert Decimal("5e-324") == jsons.decode(b"5e-324")


def test_writes_times_in_utc_with_z() -> None:
    prague = timezone(timedelta(hours=1))

    assert jsons.encode(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == b'"2026-01-02T03:04:05Z"'
    assert (
        jsons.encode(datetime(2026, 1, 2, 3, 4, 5, tzinfo=prague)) == b'"2026-01-02T03:04:05+01:00"'
    )


def test_writes_any_mapping() -> None:
    assert jsons.encode(MappingProxyType({"a": 1})) == b'{"a":1}'


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_refuses_to_write_what_is_no_number(text: str) -> None:
    with pytest.raises(msgspec.EncodeError, match="NaN and infinity"):
        jsons.encode({"amount": Decimal(text)})


def test_writes_the_words_nan_and_infinity() -> None:
    assert jsons.encode("NaN, to Infinity") == b'"NaN, to Infinity"'


def test_refuses_to_write_what_json_does_not_know() -> None:
    with pytest.raises(TypeError, match="complex"):
        jsons.encode(1j)


def test_refuses_to_write_what_never_ends() -> None:
    circle: list[object] = []
    circle.append(circle)

    with pytest.raises(msgspec.EncodeError, match="too deep"):
        jsons.encode(circle)


def test_the_order_of_keys_makes_no_difference() -> None:
    one = jsons.decode(b'{"b": {"y": 1, "x": [1.0]}, "a": null}')
    other = jsons.decode(b'{"a": null, "b": {"x": [1.0], "y": 1}}')

    assert jsons.canonical(one) == b'{"a":null,"b":{"x":[1.0],"y":1}}'
    assert jsons.canonical(one) == jsons.canonical(other)
    assert jsons.digest(jsons.canonical(one)) == jsons.digest(jsons.canonical(other))
    assert len(jsons.digest(b"")) == 16


class _Row(TypedDict, total=False):
    Id: object
    Amount: dict[str, object] | None


class _Rows(TypedDict, total=False):
    Rows: list[_Row]


def test_reads_only_what_is_wanted() -> None:
    """Seen to fail when ``wanted`` is not handed to the decoder."""
    content = b'{"Rows": [{"Id": 1, "Amount": {"Net": 1.10}, "Other": [1e999999999]}], "Old": {}}'

    assert jsons.decode(content, _Rows) == {"Rows": [{"Id": 1, "Amount": {"Net": Decimal("1.10")}}]}


def test_reads_whole_what_does_not_fit_what_is_wanted() -> None:
    """Seen to fail when the misfit is an error."""
    content = b'{"Rows": [{"Id": 1, "Amount": "much", "Other": true}], "Old": {}}'

    assert jsons.decode(content, _Rows) == jsons.decode(content)


@pytest.mark.parametrize("wanted", [None, _Rows])
def test_no_json_is_no_json_whatever_is_wanted(wanted: object) -> None:
    for content in (b'{"Rows": [', b'{"Rows": [{"Id": 1e999}]}', b"\xff"):
        with pytest.raises(msgspec.DecodeError):
            jsons.decode(content, wanted)
