"""The e-mails that a property created: made, changed, switched on and off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs
from sqlalchemy import Connection as Db

from frontdesk.annex import Annex
from frontdesk_guestlist.rules import Kind, Phase, Rules
from frontdesk_guestlist.templating import Text

#: Which kinds of e-mail there are in which part of a stay.
KINDS: Final[Mapping[Phase, tuple[Kind, ...]]] = {
    Phase.PRE_STAY: (Kind.UPSELL, Kind.CONFIRMATION, Kind.INFORMATION, Kind.CHECK_IN),
    Phase.DURING: (Kind.FEEDBACK, Kind.INFORMATION),
    Phase.POST_STAY: (Kind.FEEDBACK, Kind.INFORMATION),
}


@attrs.frozen(kw_only=True)
class Email:
    """An e-mail that the property created.

    Args:
        id: 0 of one that is not saved yet.
        service: It is part of the stay, and goes also to who unsubscribed elsewhere.
        listed_since: Only to guests who came into the list since; None: to all that match.
        texts: By language.
    """

    id: int = 0
    name: str
    kind: Kind
    phase: Phase
    service: bool = False
    active: bool = False
    activated: datetime | None = None
    listed_since: datetime | None = None
    rules: Rules = attrs.field(factory=Rules)
    texts: Mapping[str, Text]
    updated: datetime | None = None


def all_(db: Db, annex: Annex) -> list[Email]:
    """Return the property's e-mails, in the order of a stay and by name."""
    raise NotImplementedError


def get(db: Db, annex: Annex, id: int) -> Email | None:
    """Return an e-mail, if the property has it."""
    raise NotImplementedError


def save(db: Db, annex: Annex, email: Email, who: str) -> int:
    """Make an e-mail, or change the one with its id; return its id.

    Whether it is active stays as it is: a new one is off.

    Raises:
        ConfigurationError: A template does not work, a rule makes no sense, or another e-mail
            has the name. It names field, language and line.
    """
    raise NotImplementedError


def activate(db: Db, annex: Annex, id: int, who: str, *, existing: bool = False) -> None:
    """Switch an e-mail on.

    Args:
        existing: For reservations that are there already, too; by default only for those
            that are made and come into the list from now on.

    Raises:
        ConfigurationError: There is no such e-mail, or it has a fault that was saved.
    """
    raise NotImplementedError


def deactivate(db: Db, annex: Annex, id: int, who: str) -> None:
    """Switch an e-mail off; what waits to be sent of it is not sent."""
    raise NotImplementedError


def remove(db: Db, annex: Annex, id: int, who: str) -> None:
    """Remove an e-mail. What was sent of it still shows in guests' e-mails."""
    raise NotImplementedError
