"""The columns of files: what they are called in English and French, and what each means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist.rowing import fold

#: What a column is called in an exported workbook, by the field.
TITLES: Final[Mapping[str, str]] = {
    "number": "Reservation number",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
    "phone": "Phone",
    "arrival": "Arrival",
    "departure": "Departure",
    "status": "Status",
    "checked_in": "Checked in",
    "country": "Country",
    "language": "Language",
    "room_type": "Room type",
    "channel": "Channel",
    "company": "Company",
    "amount": "Amount",
    "currency": "Currency",
}
ROW: Final = "Row"
REASON: Final = "Why it was not taken"
"""Columns that a file of rejected rows has besides those of the file it comes from."""

_ALSO: Final[Mapping[str, Sequence[str]]] = {
    "number": (
        "number",
        "reservation",
        "reservation id",
        "booking number",
        "booking id",
        "confirmation number",
        "numéro",
        "numéro de réservation",
        "n° de réservation",
        "réservation",
        "référence",
        "reference",
    ),
    "first_name": ("firstname", "given name", "prénom"),
    "last_name": ("lastname", "surname", "family name", "nom", "nom de famille"),
    "email": (
        "email",
        "mail",
        "email address",
        "e-mail address",
        "adresse e-mail",
        "adresse email",
        "adresse mail",
        "courriel",
    ),
    "phone": (
        "phone number",
        "telephone",
        "telephone number",
        "mobile",
        "mobile phone",
        "tel",
        "téléphone",
        "numéro de téléphone",
        "portable",
    ),
    "arrival": ("arrival date", "check-in", "check-in date", "arrivée", "date d'arrivée"),
    "departure": ("departure date", "check-out", "check-out date", "départ", "date de départ"),
    "status": ("statut", "état"),
    "checked_in": ("arrivée effectuée",),
    "country": ("country code", "pays", "code pays"),
    "language": ("language code", "langue"),
    "room_type": ("room category", "type de chambre", "catégorie de chambre"),
    "channel": ("source", "canal"),
    "company": ("société", "entreprise"),
    "amount": ("revenue", "total", "total amount", "price", "montant", "revenu", "prix"),
    "currency": ("devise", "currency code"),
}


def _plain(heading: str) -> str:
    return " ".join(re.sub(r"[^\w]|_", " ", fold(heading)).split())


_FIELDS: Final = {
    _plain(name): field for field, title in TITLES.items() for name in (title, *_ALSO[field])
}
_OURS: Final = frozenset({_plain(ROW), _plain(REASON)})


def field_of(heading: str) -> str | None:
    """Return the field that a heading means; None if it means none."""
    return _FIELDS.get(_plain(heading))


def understood(headings: Sequence[str]) -> int:
    """Return how many of the headings mean a field."""
    return sum(field_of(heading) is not None for heading in headings)


def places(headings: Sequence[str]) -> dict[str, int]:
    """Return in which column each field is.

    Raises:
        ConfigurationError: A column is missing, or two mean the same.
    """
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        field = field_of(heading)
        if field in found:
            raise ConfigurationError(
                f"the file has two columns for {TITLES[field]!r}: columns {found[field] + 1} and "
                f"{place + 1}; leave one of them out"
            )
        if field is not None:
            found[field] = place
    _refuse_missing(found)
    return found


def _refuse_missing(found: Mapping[str, int]) -> None:
    missing = [repr(TITLES[field]) for field in ("arrival", "departure") if field not in found]
    if not {"last_name", "email"} & found.keys():
        missing.append(f"{TITLES['last_name']!r} or {TITLES['email']!r}")
    if missing:
        raise ConfigurationError(
            f"the file lacks a column: {', '.join(missing)}; its first row must name the columns, "
            "in English or French"
        )


def ignored(headings: Sequence[str]) -> tuple[str, ...]:
    """Return the headings that mean nothing here."""
    return tuple(
        heading
        for heading in headings
        if heading.strip() and field_of(heading) is None and _plain(heading) not in _OURS
    )


def ours(headings: Sequence[str]) -> set[int]:
    """Return the columns that only a file of rejected rows has."""
    return {place for place, heading in enumerate(headings) if _plain(heading) in _OURS}
