"""What guests are asked: before they come, while they are there, and after they left.

No identity document and no card is asked for: what is not there cannot be lost.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import datetime

import attrs
from sqlalchemy import Connection

from frontdesk.annex import Annex
from frontdesk.model import Json
from frontdesk_guestlist.guests import Guest


class Form(enum.StrEnum):
    """What a form is for; the purposes of links to them are the same words."""

    CHECK_IN = "check-in"
    IN_STAY = "in-stay"
    POST_STAY = "post-stay"


@attrs.frozen(kw_only=True)
class Field:
    """Something a form asks.

    Args:
        kind: text, phone, time, country, number, tick, choice, choices, rating or long.
        label: To be translated.
        choices: Of a choice: label by value.
        low: It is asked only of who gave a low rating.
        sensitive: It may speak of health and the like: it is told to no destination.
    """

    name: str
    kind: str
    label: str
    hint: str = ""
    required: bool = False
    most: int = 100
    autocomplete: str = ""
    choices: Mapping[str, str] = attrs.field(factory=dict[str, str])
    low: bool = False
    sensitive: bool = False


@attrs.frozen(kw_only=True)
class Answer:
    """What a guest answered."""

    uid: str
    form: Form
    at: datetime
    rating: int | None
    fields: Mapping[str, Json]


@attrs.frozen(kw_only=True)
class Reading:
    """What was made of what a guest filled in.

    Args:
        fields: What is understood, by name.
        problems: What is wrong, by name, to be translated.
    """

    fields: Mapping[str, Json]
    problems: Mapping[str, str]


def fields(form: Form) -> tuple[Field, ...]:
    """Return what a form asks, in order."""
    raise NotImplementedError


def read(annex: Annex, form: Form, posted: Mapping[str, list[str]]) -> Reading:
    """Read what a guest filled in."""
    raise NotImplementedError


def is_low(annex: Annex, rating: int) -> bool:
    """Tell whether a guest with such a rating is asked what was wrong."""
    raise NotImplementedError


def submit(
    db: Connection, annex: Annex, guest: Guest, form: Form, fields: Mapping[str, Json]
) -> Answer:
    """Keep what a guest answered; the same again is the same answer.

    The rating of a feedback becomes the guest's.

    Args:
        fields: As :func:`read` understood them.
    """
    raise NotImplementedError


def newest(db: Connection, annex: Annex, guest: Guest, form: Form) -> Answer | None:
    """Return the answer that counts."""
    raise NotImplementedError


def answers(db: Connection, annex: Annex, guest: Guest) -> list[Answer]:
    """Return all that a guest answered, the newest first."""
    raise NotImplementedError


def shown(answer: Answer, translate: Callable[[str], str], language: str) -> list[tuple[str, str]]:
    """Return what was answered as label and value, for a page: what is empty is left out."""
    raise NotImplementedError
