"""Addresses as platforms keep them: what can be used is, what cannot sinks nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk import addresses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" ada@example.com ", "ada@example.com"),
        ("Ada@Example.com", "Ada@Example.com"),
        ("ada@example", None),
        ("ada@@example.com", None),
        ("ada example.com", None),
        ("ada@ex ample.com", None),
        ("@example.com", None),
        ("ada@.", None),
        ("", None),
        (None, None),
        (42, None),
    ],
)
def test_an_email_is_trimmed_or_none(text: Any, expected: str | None) -> None:
    assert expected == addresses.email(text)


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("00420123456789", None, "+420123456789"),
        ("+39 06 555 5555", None, "+39065555555"),
        ("(805) 555-1234", "US", "+18055551234"),
        ("608 123 456", "CZ", "+420608123456"),
        ("608 123 456", None, None),
        ("call reception", "CZ", None),
        ("123", "CZ", None),
        ("  ", "CZ", None),
        (None, "CZ", None),
        (608123456, "CZ", None),
    ],
)
def test_a_phone_is_e164_or_none(text: Any, country: str | None, expected: str | None) -> None:
    assert expected == addresses.phone(text, country)


@given(st.text(), st.sampled_from([None, "CZ", "US", "xx"]))
def test_no_text_raises(text: str, country: str | None) -> None:
    number = addresses.phone(text, country)

    assert number is None or (number[0] == "+" and number[1:].isdigit())
    assert addresses.email(text) is None or "@" in text
