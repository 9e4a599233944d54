"""JSON as frontdesk reads and writes it: money stays exact, and nothing in it explodes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from decimal import (
    Clamped,
    Context,
    DecimalException,
    Inexact,
    InvalidOperation,
    Overflow,
    Rounded,
    Subnormal,
)
from functools import cache
from typing import Any, Final, cast

import msgspec

from frontdesk.model import Json

# No double reaches it. Beyond, a few bytes ("1e999999999") would become gigabytes as soon
# as somebody writes the number out or makes an integer of it.
_MAX_EXPONENT: Final = 400
#: More digits than that are no number anybody meant.
_MAX_DIGITS: Final = 10_000

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def decode(content: bytes | bytearray, wanted: Any = None) -> Json:
    """Read JSON; numbers with a fraction or an exponent become :class:`~decimal.Decimal`.

    Args:
        wanted: A ``TypedDict`` of the fields to read; others are passed over, which takes a
            fraction of the time and memory. What does not fit it is read whole.

    Raises:
        msgspec.DecodeError: It is no JSON, nests too deep, or a number in it is beyond all
            measure. Neither the message nor its context quotes the content.
    """
    # Some platforms on Windows put a mark in front, which strict JSON does not know.
    bare = content.removeprefix(_BYTE_ORDER_MARK)
    try:
        if wanted is not None:
            with suppress(msgspec.ValidationError):
                return _picking(wanted).decode(bare)
        return _decoder.decode(bare)
    except UnicodeDecodeError:
        fault = "JSON is not UTF-8"
    except RecursionError:
        fault = "JSON nests too deep"
    except DecimalException:
        fault = "JSON holds a number beyond all measure"
    # Raised out here: a UnicodeDecodeError carries the whole content along as its context.
    raise msgspec.DecodeError(fault)


def encode(value: Json) -> bytes:
    """Write JSON: Decimals as numbers, aware times as ISO 8601 (UTC with ``Z``).

    Raises:
        msgspec.EncodeError: A number in it is NaN or infinite, or it nests too deep.
        TypeError: It holds something that JSON has no words for.
    """
    return _written(value, _encoder)


def canonical(value: Json) -> bytes:
    """Write JSON as :func:`encode` does, the same whatever the order of keys and sets.

    Raises:
        msgspec.EncodeError: As :func:`encode`.
        TypeError: As :func:`encode`; keys that are no strings, too.
    """
    return _written(value, _sorter)


def pretty(value: Json) -> str:
    """Write JSON for a person: indented, and numbers as exact as they are kept."""
    return msgspec.json.format(encode(value), indent=2).decode()


def digest(content: bytes) -> bytes:
    """Return 16 bytes that stand for *content*."""
    return hashlib.blake2b(content, digest_size=16).digest()


def _written(value: Json, encoder: msgspec.json.Encoder) -> bytes:
    try:
        content = encoder.encode(value)
    except RecursionError:
        raise msgspec.EncodeError("the value nests too deep for JSON") from None
    # msgspec writes Decimal("NaN") as it is, which no reader of JSON takes. The words may
    # stand in a string, therefore reading decides.
    if b"NaN" in content or b"Infinity" in content:
        try:
            _decoder.decode(content)
        except msgspec.DecodeError:
            raise msgspec.EncodeError("JSON has no number for NaN and infinity") from None
    return content


def _plain(value: object) -> dict[str, Json]:
    if issubclass(type(value), Mapping):
        return dict(cast("Mapping[str, Json]", value))
    raise TypeError(f"JSON has no words for {type(value).__name__}")


# Every number is kept exactly as it is written, or refused: nothing is ever rounded.
_number: Final = Context(
    prec=_MAX_DIGITS,
    Emin=-_MAX_EXPONENT,
    Emax=_MAX_EXPONENT,
    traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Subnormal],
).create_decimal


@cache
def _picking(wanted: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(wanted, float_hook=_number)


_decoder = msgspec.json.Decoder(float_hook=_number)
_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)
_sorter = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain, order="sorted")
