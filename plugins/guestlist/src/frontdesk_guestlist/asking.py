"""What each form asks of a guest, field by field.

No identity document and no card is asked for: what is not there cannot be lost.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import attrs

from frontdesk_guestlist.wording import N_


class Form(enum.StrEnum):
    """What a form is for; the purposes of links to them are the same words."""

    CHECK_IN = "check-in"
    IN_STAY = "in-stay"
    POST_STAY = "post-stay"


class Kind(enum.StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    LONG = "long"
    PHONE = "phone"
    TIME = "time"
    COUNTRY = "country"
    NUMBER = "number"
    TICK = "tick"
    CHOICE = "choice"
    CHOICES = "choices"
    RATING = "rating"


@attrs.frozen(kw_only=True)
class Field:
    """Something a form asks.

    Args:
        label: To be translated, as *hint* and *choices* are.
        needed: What to say if it is left out; empty: it may be.
        most: Characters, or the greatest number.
        autocomplete: What browsers may fill in by themselves.
        choices: Label by value.
        low: It is asked only of who gave a low rating.
        told: Whether destinations may be told: not what may speak of health, or where somebody
            lives.
    """

    name: str
    kind: Kind
    label: str
    hint: str = ""
    needed: str = ""
    most: int = 100
    autocomplete: str = ""
    choices: Mapping[str, str] = attrs.field(factory=dict[str, str])
    low: bool = False
    told: bool = False


RATINGS: Final = {
    "1": N_("Very bad"),
    "2": N_("Bad"),
    "3": N_("Fair"),
    "4": N_("Good"),
    "5": N_("Very good"),
}
TOPICS: Final = {
    "room": N_("The room"),
    "cleanliness": N_("Cleanliness"),
    "staff": N_("The staff"),
    "food": N_("Food and drink"),
    "quiet": N_("Noise"),
    "other": N_("Something else"),
}

_CHECK_IN: Final = (
    Field(
        name="arrival_time",
        kind=Kind.TIME,
        label=N_("When will you arrive?"),
        hint=N_("Local time, such as 15:30."),
        needed=N_("Please say when you will arrive."),
        told=True,
    ),
    Field(
        name="phone",
        kind=Kind.PHONE,
        label=N_("Phone number"),
        hint=N_("In case we have to reach you on the way."),
        most=40,
        autocomplete="tel",
    ),
    Field(
        name="street",
        kind=Kind.TEXT,
        label=N_("Street and number"),
        most=200,
        autocomplete="street-address",
    ),
    Field(
        name="postcode",
        kind=Kind.TEXT,
        label=N_("Postcode"),
        most=20,
        autocomplete="postal-code",
    ),
    Field(
        name="city",
        kind=Kind.TEXT,
        label=N_("City"),
        autocomplete="address-level2",
    ),
    Field(
        name="country",
        kind=Kind.COUNTRY,
        label=N_("Country"),
        autocomplete="country",
    ),
    Field(
        name="companions",
        kind=Kind.NUMBER,
        label=N_("How many people come with you?"),
        hint=N_("Without yourself."),
        most=20,
        told=True,
    ),
    Field(
        name="car",
        kind=Kind.TICK,
        label=N_("I come by car and need a place to park."),
        told=True,
    ),
    Field(
        name="wishes",
        kind=Kind.LONG,
        label=N_("Is there anything you wish?"),
        hint=N_("Please write nothing here that we should not keep, such as card numbers."),
        most=1000,
    ),
    Field(
        name="rules",
        kind=Kind.TICK,
        label=N_("I will keep to the house rules."),
        needed=N_("Please accept the house rules."),
    ),
)

_RATING: Final = Field(
    name="rating",
    kind=Kind.RATING,
    label=N_("How do you like your stay so far?"),
    needed=N_("Please choose one of the five."),
    choices=RATINGS,
    told=True,
)
_TOPICS: Final = Field(
    name="topics",
    kind=Kind.CHOICES,
    label=N_("What is it about?"),
    choices=TOPICS,
    low=True,
    told=True,
)
_IN_STAY: Final = (
    _RATING,
    _TOPICS,
    Field(
        name="comment",
        kind=Kind.LONG,
        label=N_("What can we put right now?"),
        most=2000,
        low=True,
    ),
    Field(
        name="contact",
        kind=Kind.TICK,
        label=N_("Please come and see me about it."),
        low=True,
        told=True,
    ),
)
_POST_STAY: Final = (
    attrs.evolve(_RATING, label=N_("How did you like your stay?")),
    attrs.evolve(_TOPICS, label=N_("What was it about?")),
    Field(
        name="comment",
        kind=Kind.LONG,
        label=N_("What was not as it should be?"),
        most=2000,
        low=True,
    ),
    Field(
        name="again",
        kind=Kind.CHOICE,
        label=N_("Would you come back?"),
        choices={"yes": N_("Yes"), "perhaps": N_("Perhaps"), "no": N_("No")},
        low=True,
        told=True,
    ),
)

FIELDS: Final[Mapping[Form, tuple[Field, ...]]] = {
    Form.CHECK_IN: _CHECK_IN,
    Form.IN_STAY: _IN_STAY,
    Form.POST_STAY: _POST_STAY,
}
