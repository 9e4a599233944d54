"""Adding a guest by hand: what was typed is read, checked, compared, and written.

An arrival, a departure, and a last name or an e-mail address are needed; all else may be left
out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import attrs
from sqlalchemy import Connection

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist.guests import Guest

FIELDS: Final = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "arrival",
    "departure",
    "country",
    "language",
)
"""What a form asks for (GL-27)."""
EXTRAS: Final = (
    "number",
    "status",
    "checked_in",
    "amount",
    "currency",
    "channel",
    "room_type",
    "company",
)
"""What a file may say besides."""


@attrs.frozen(kw_only=True, repr=False)
class Draft:
    """A guest who can be added: every field is right."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    arrival: date
    departure: date
    country: str = ""
    language: str = ""
    number: str = ""
    status: str = "confirmed"
    checked_in: bool = False
    amount: Decimal | None = None
    currency: str | None = None
    channel: str = ""
    room_type: str = ""
    company: str = ""


@attrs.frozen
class Problems:
    """What is wrong with what was typed, by field, each in a sentence that quotes nothing."""

    by_field: Mapping[str, str]


class DuplicateError(ConfigurationError):
    """The guest seems to be in the list already.

    Attributes:
        uids: Of the guests who look the same.
    """

    def __init__(self, uids: tuple[str, ...]) -> None:
        super().__init__(
            "the list seems to have this guest already: compare, and add anyway if it is another"
        )
        self.uids = uids


def read(fields: Mapping[str, str], annex: Annex) -> Draft | Problems:
    """Read what was typed into a form, or a line of a file.

    Args:
        fields: By name, of :data:`FIELDS` and :data:`EXTRAS`; others are left alone.
    """
    raise NotImplementedError


def duplicates(db: Connection, annex: Annex, draft: Draft) -> list[Guest]:
    """Return guests who seem to be the same reservation.

    They have its number, or the same address or name with a stay at the same time that is not
    cancelled.
    """
    raise NotImplementedError


def add(
    db: Connection, annex: Annex, draft: Draft, origin: str, who: str, *, anyway: bool = False
) -> Guest:
    """Add a guest, and put *guest created* on the timeline.

    Args:
        origin: ``form`` or ``command``.
        who: The name of the member of staff.
        anyway: Although the list seems to have the guest already.

    Raises:
        DuplicateError: It does, and nobody said anyway.
    """
    raise NotImplementedError
