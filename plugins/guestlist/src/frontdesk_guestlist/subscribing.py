"""The subscriber list: consent to campaigns that a named member of staff says was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs
from sqlalchemy import Connection

from frontdesk.annex import Annex

CAVEATS: Final[Mapping[str, str]] = {
    "en": (
        "Only transfer guests who agreed to receive marketing e-mails from you. The transfer "
        "must comply with the data protection law of your region or country, such as the GDPR "
        "in the European Union. You declare that you can show this consent when asked."
    ),
    "fr": (
        "Ne transférez que des clients qui ont accepté de recevoir vos e-mails promotionnels. "
        "Le transfert doit respecter la loi sur la protection des données de votre région ou "
        "de votre pays, par exemple le RGPD dans l'Union européenne. Vous déclarez pouvoir "
        "prouver ce consentement sur demande."
    ),
}
"""What is to be accepted before guests are transferred, by language."""


@attrs.frozen
class Transfer:
    """What became of a transfer.

    Args:
        added: How many were put on the list.
        refused: The guests who were not, by id, and why.
    """

    added: int
    refused: Sequence[tuple[int, str]] = ()


@attrs.frozen
class Subscriber:
    """A line of the subscriber list."""

    id: int
    address: str
    guest_id: int
    by: str
    at: datetime
    caveat: str


def transfer(
    db: Connection, annex: Annex, guest_ids: Sequence[int], who: str, caveat: str
) -> Transfer:
    """Put guests on the subscriber list.

    Args:
        who: The member of staff who says that they agreed.
        caveat: What that person read and accepted, as it was shown.

    Raises:
        ConfigurationError: The campaigns module is off, or nobody accepted the caveat.
    """
    raise NotImplementedError


def page(
    db: Connection, annex: Annex, after: int | None = None, limit: int = 50
) -> list[Subscriber]:
    """Return the newest subscribers, or those before the one with id *after*."""
    raise NotImplementedError
