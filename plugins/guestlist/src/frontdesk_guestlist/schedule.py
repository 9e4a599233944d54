"""Who is due for which e-mail and when, asked of the database."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs
from sqlalchemy import Connection as Db

from frontdesk.annex import Annex
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.rules import Criterion

if TYPE_CHECKING:
    from frontdesk_guestlist.guests import Guest

State: TypeAlias = Literal[
    "waiting", "sending", "sent", "refused", "failed", "uncertain", "held", "skipped"
]
"""How an e-mail to a guest is:

``waiting`` is tried again; ``refused`` by the server for good; ``failed`` was tried too often,
or cannot be made; ``uncertain``: nobody knows whether the server took it, and it is not sent
again; ``held`` back in test mode; ``skipped``: its time passed, or the guest is no longer meant.
"""


class WhyNot(enum.StrEnum):
    """Why an e-mail would not go out, as things are."""

    SENT = ""
    NO_MAIL = "no mail server is set"
    NO_PAGES = "nobody said how guests reach the pages (pages_url)"
    TEST_MODE = "test mode: the address is not in mail.allow"
    ADDRESS = "no valid e-mail address"
    CANCELLED = "the reservation is cancelled"
    DUPLICATE = "the reservation is a duplicate"
    HIDDEN = "the guest was deleted from the list"
    ARRIVED = "the guest has arrived already"
    UNCONFIRMED = "the reservation is not confirmed"
    STOPPED = "unsubscribed from all e-mails"
    ELSEWHERE = "unsubscribed elsewhere: only service e-mails go out"
    KEPT_BACK = "the source keeps the guest from marketing: only service e-mails go out"
    EXCLUDED = "excluded"
    SEGMENT = "not in the e-mail's segments"
    NIGHTS = "the stay is too short"
    BEFORE = "made before the e-mail was switched on"
    CREATED = "made before the day the e-mail is meant from"
    PERIOD = "outside the period the e-mail is sent in"


@attrs.frozen(kw_only=True)
class Planned:
    """An e-mail that a guest is to get.

    Args:
        due: When its turn comes; what has passed is sent within a minute.
        why_not: Why it would not go out, in words; empty: it will.
    """

    email: Email
    due: datetime
    why_not: WhyNot


@attrs.frozen(kw_only=True)
class Mailed:
    """An e-mail whose turn came, or that was sent by hand.

    Args:
        email: The name of the e-mail.
        reason: Why it is not sent, in words; of a server's refusal its code.
        by: Who sent it by hand; empty: nobody.
        next_try: Of a waiting one.
        ended: When it was sent, or given up.
    """

    uid: str
    email_id: int
    email: str
    occasion: str
    state: State
    reason: str
    by: str
    language: str
    created: datetime
    next_try: datetime | None
    tries: int
    ended: datetime | None


def count(db: Db, annex: Annex, email: Email, days: int = 90) -> int:
    """Return how many guests of the next days an e-mail is meant for, saved or not."""
    raise NotImplementedError


def planned(db: Db, annex: Annex, guest: Guest) -> list[Planned]:
    """Return what a guest is to get, soonest first; of active e-mails only."""
    raise NotImplementedError


def sent(db: Db, annex: Annex, guest: Guest) -> list[Mailed]:
    """Return what a guest got, or should have, newest first."""
    raise NotImplementedError


def values(db: Db, annex: Annex, criterion: Criterion, limit: int = 200) -> list[str]:
    """Return what guests have of a criterion, for an editor to offer."""
    raise NotImplementedError
