"""How many of each e-mail went out, or did not, and what keeps e-mails from going out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import attrs
from sqlalchemy import Connection, func, select

from frontdesk.annex import Annex
from frontdesk_guestlist import troubles
from frontdesk_guestlist.schema import mails
from frontdesk_guestlist.troubles import Trouble


@attrs.frozen(kw_only=True)
class Post:
    """How e-mails leave, as the staff need to know it.

    Args:
        section: Where in the configuration it is said.
        there: Whether a mail server is set.
        pages: Whether it is known how guests reach the pages; e-mails have links.
        allow: Who gets e-mails in test mode.
        trouble: Why nothing leaves at the moment.
    """

    section: str
    there: bool
    pages: bool
    live: bool
    allow: tuple[str, ...]
    trouble: Trouble | None


def post(db: Connection, annex: Annex) -> Post:
    """Return how e-mails leave."""
    mail = annex.settings.mail
    return Post(
        section=f"connections.{annex.name}",
        there=mail is not None,
        pages=bool(annex.settings.pages_url or annex.pages_url),
        live=mail is not None and mail.live,
        allow=() if mail is None else tuple(mail.allow),
        trouble=None if mail is None else troubles.read(db, annex),
    )


def tallies(db: Connection, annex: Annex) -> Mapping[int, Mapping[str, int]]:
    """Return how many of each e-mail are in which state, by the e-mail's id."""
    asked = (
        select(mails.c.email_id, mails.c.state, func.count())
        .where(mails.c.property == annex.settings.property)
        .group_by(mails.c.email_id, mails.c.state)
    )
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for email, state, number in db.execute(asked):
        found[email][state] = number
    return found
