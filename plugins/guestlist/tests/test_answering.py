"""Reading what guests fill in."""

from __future__ import annotations

from typing import Any

import pytest

from frontdesk_guestlist.answering import clean, countries, read
from frontdesk_guestlist.asking import FIELDS, Form, Kind
from frontdesk_guestlist.forms import Answer, shown
from frontdesk_guestlist.settings import Settings
from frontdesk_guestlist.wording import translator

HOTEL = Settings(property="grand", title="Grand Hotel", country="FR")
ARRIVING = {"arrival_time": ["15:30"], "rules": ["yes"]}


def filled(form: Form = Form.CHECK_IN, **sent: Any) -> Any:
    """Read a form that is right but for what is given."""
    given = {name: value if isinstance(value, list) else [value] for name, value in sent.items()}
    return read(HOTEL, form, {**(ARRIVING if form is Form.CHECK_IN else {}), **given})


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("15:30", "15:30"),
        ("9", "09:00"),
        ("15h30", "15:30"),
        ("15 h", "15:00"),
        (" 7.05 ", "07:05"),
        ("24:00", None),
        ("12:60", None),
        ("noon", None),
        ("1\u0665:30", None),
        ("-1:00", None),
    ],
)
def test_times_of_the_day(text: str, time: str | None) -> None:
    reading = filled(arrival_time=text)
    assert reading.fields.get("arrival_time") == time
    assert ("arrival_time" in reading.problems) is (time is None)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("01 23 45 67 89", "+33123456789"),
        ("+44 20 7946 0958", "+442079460958"),
        ("0044 20 7946 0958", "+442079460958"),
        ("12", None),
        ("<b>", None),
    ],
)
def test_phone_numbers_are_those_of_the_propertys_country(text: str, number: str | None) -> None:
    reading = filled(phone=text)
    assert reading.fields.get("phone") == number
    assert ("phone" in reading.problems) is (number is None)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("companions", "0", 0),
        ("companions", "20", 20),
        ("companions", "21", None),
        ("companions", "2.5", None),
        ("companions", "9" * 5000, None),
        ("country", "FR", "FR"),
        ("country", "fr", None),
        ("country", "EU", None),
        ("street", "1  Rue\nX", "1 Rue X"),
        ("street", "x" * 201, None),
        ("wishes", "a\r\nb\x00\u202e", "a\nb"),
        ("wishes", "x" * 1001, None),
    ],
)
def test_other_fields(name: str, text: str, value: Any) -> None:
    reading = filled(**{name: text})
    assert reading.fields.get(name) == value
    assert (name in reading.problems) is (value is None)


def test_what_is_needed_and_what_is_not() -> None:
    assert set(read(HOTEL, Form.CHECK_IN, {}).problems) == {"arrival_time", "rules"}
    assert filled().problems == {}
    assert filled(rules="no").problems.keys() == {"rules"}
    for form in (Form.IN_STAY, Form.POST_STAY):
        assert set(read(HOTEL, form, {}).problems) == {"rating"}


def test_what_nobody_asked_is_not_kept() -> None:
    assert set(filled(passport="X123", card="4111").fields) == {"arrival_time", "rules"}


def test_only_who_is_not_content_is_asked_why() -> None:
    sent = {"comment": "Cold", "topics": ["room", "nonsense"], "again": "never"}
    low = filled(Form.POST_STAY, rating="3", **sent)
    assert (low.fields["topics"], set(low.problems)) == (["room"], {"again"})
    high = filled(Form.POST_STAY, rating="4", **sent)
    assert (high.fields, high.problems) == ({"rating": 4}, {})


def test_no_form_asks_for_documents_or_cards() -> None:
    words = ("passport", "identity", "document", "birth", "card", "iban", "nationality")
    names = [field.name for fields in FIELDS.values() for field in fields]
    assert not [name for name in names if any(word in name for word in words)]


def test_free_text_and_addresses_are_told_to_nobody() -> None:
    """Seen to fail when a comment is told."""
    open_kinds = {Kind.TEXT, Kind.LONG, Kind.PHONE, Kind.COUNTRY}
    told = [one for fields in FIELDS.values() for one in fields if one.told]
    assert not [one.name for one in told if one.kind in open_kinds]


def test_countries_are_in_the_order_of_the_language() -> None:
    names = list(countries("fr").values())
    assert names.index("Égypte") < names.index("Finlande") < names.index("Zambie")
    assert len(names) in range(240, 260)


def test_controls_go_and_lines_stay() -> None:
    assert clean(" a\r\nb\rc\x1b[31m ") == "a\nb\nc[31m"


def test_answers_are_shown_in_words() -> None:
    reading = filled(country="FR", companions="0", car="yes")
    made = Answer(uid="x", form=Form.CHECK_IN, at=None, rating=None, fields=reading.fields)  # type: ignore[arg-type]  # not shown
    assert dict(shown(made, translator("fr"), "fr")) == {
        "À quelle heure arriverez-vous ?": "15:30",
        "Pays": "France",
        "Combien de personnes vous accompagnent ?": "0",
        "Je viens en voiture et j\u2019ai besoin d\u2019une place de stationnement.": "Oui",
        "Je respecterai le règlement intérieur.": "Oui",
    }
    low = filled(Form.POST_STAY, rating="2", topics=["room", "food"], comment="Cold", again="no")
    made = Answer(uid="x", form=Form.POST_STAY, at=None, rating=2, fields=low.fields)  # type: ignore[arg-type]  # not shown
    assert dict(shown(made, translator("en"), "en")) == {
        "How did you like your stay?": "2 / 5 (Bad)",
        "What was it about?": "The room, Food and drink",
        "What was not as it should be?": "Cold",
        "Would you come back?": "No",
    }
