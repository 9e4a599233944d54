"""What guests answered: before they came, while they were there, and after they left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import attrs
from sqlalchemy import Connection, func, insert, select, update

from frontdesk import jsons
from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk.model import Json
from frontdesk_guestlist import activities
from frontdesk_guestlist.answering import Reading, countries, is_low, read
from frontdesk_guestlist.asking import FIELDS, Field, Form, Kind
from frontdesk_guestlist.changes import chosen, next_change
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.schema import answers as answer_rows
from frontdesk_guestlist.schema import guests as guest_rows
from frontdesk_guestlist.wording import N_

__all__ = [
    "FIELDS",
    "Answer",
    "Field",
    "Form",
    "Kind",
    "Reading",
    "answers",
    "is_low",
    "newest",
    "read",
    "shown",
    "submit",
]
#: How often a guest can change an answer.
_MOST: Final = 50
#: What each form is called, to be translated.
TITLES: Final[Mapping[Form, str]] = {
    Form.CHECK_IN: N_("Check-in form"),
    Form.IN_STAY: N_("Feedback during the stay"),
    Form.POST_STAY: N_("Feedback after the stay"),
}


@attrs.frozen(kw_only=True, repr=False)
class Answer:
    """What a guest answered.

    Args:
        fields: What was filled in, by the fields' names.
    """

    uid: str
    form: Form
    at: datetime
    rating: int | None
    fields: Mapping[str, Json]


def submit(
    db: Connection, annex: Annex, guest: Guest, form: Form, fields: Mapping[str, Json]
) -> Answer:
    """Keep what a guest answered; the same again is the same answer.

    The rating of a feedback becomes the guest's.

    Args:
        fields: As :func:`read` understood them.

    Raises:
        ConfigurationError: The guest changed the answer all too often; what it says is a text
            of the guests' pages.
    """
    property, now = annex.settings.property, annex.clock.now()
    # It locks the property: of a form that is sent twice at once, one waits and finds the other.
    change = next_change(db, property, now)
    known = newest(db, annex, guest, form)
    if known is not None and known.fields == fields:
        return known
    _refuse_many(db, guest, form)
    rating: int | None = fields.get("rating")
    made = Answer(uid=chosen(), form=form, at=now, rating=rating, fields=fields)
    row = attrs.asdict(made, recurse=False)
    row |= {"property": property, "guest_id": guest.id, "form": form.value}
    db.execute(insert(answer_rows), {**row, "fields": jsons.encode(fields)})
    if rating is not None:
        own = guest_rows.c.id == guest.id
        db.execute(update(guest_rows).where(own).values(rating=rating, change=change))
    _tell(db, annex, guest, made)
    return made


def _refuse_many(db: Connection, guest: Guest, form: Form) -> None:
    rows = answer_rows.c
    asked = select(func.count()).where(rows.guest_id == guest.id, rows.form == form.value)
    if db.execute(asked).scalar_one() >= _MOST:
        raise ConfigurationError(N_("You have changed this very often. Please talk to us instead."))


def _tell(db: Connection, annex: Annex, guest: Guest, answer: Answer) -> None:
    """Put an answer on the guest's timeline, with what destinations may be told of it."""
    kind = activities.Kind
    which = kind.FORM_SUBMITTED if answer.form is Form.CHECK_IN else kind.FEEDBACK_SUBMITTED
    told = {field.name for field in FIELDS[answer.form] if field.told}
    details = {name: value for name, value in answer.fields.items() if name in told}
    activities.record(
        db,
        annex,
        guest.id,
        which,
        answer.at,
        occurrence=answer.uid,
        form=answer.form.value,
        **details,
    )


def newest(db: Connection, annex: Annex, guest: Guest, form: Form) -> Answer | None:
    """Return the answer that counts."""
    asked = _asked(annex, guest).where(answer_rows.c.form == form.value).limit(1)
    return next((_answer(row) for row in db.execute(asked)), None)


def answers(db: Connection, annex: Annex, guest: Guest) -> list[Answer]:
    """Return all that a guest answered, the newest first."""
    return [_answer(row) for row in db.execute(_asked(annex, guest))]


def _asked(annex: Annex, guest: Guest) -> Any:
    rows = answer_rows.c
    mine = (rows.property == annex.settings.property) & (rows.guest_id == guest.id)
    return select(answer_rows).where(mine).order_by(rows.at.desc(), rows.id.desc())


def _answer(row: Any) -> Answer:
    return Answer(
        uid=row.uid,
        form=Form(row.form),
        at=row.at,
        rating=row.rating,
        fields=jsons.decode(row.fields),
    )


def shown(answer: Answer, translate: Callable[[str], str], language: str) -> list[tuple[str, str]]:
    """Return what was answered as label and value, for a page; what was left out is not there.

    Args:
        translate: ``gettext`` of the guests' pages, in *language*.
    """
    return [
        (translate(field.label), _shown(field, answer.fields[field.name], translate, language))
        for field in FIELDS[answer.form]
        if field.name in answer.fields
    ]


def _shown(field: Field, value: Json, translate: Callable[[str], str], language: str) -> str:
    if field.kind is Kind.TICK:
        return translate(N_("Yes"))
    if field.kind is Kind.RATING:
        return f"{value} / 5 ({translate(field.choices[str(value)])})"
    if field.kind is Kind.COUNTRY:
        return countries(language).get(value, value)
    chosen = value if isinstance(value, list) else [value]
    return ", ".join(
        translate(field.choices[one]) if one in field.choices else str(one) for one in chosen
    )
