"""Sending what is due, each once: the job, and what staff send by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import attrs
from sqlalchemy import Connection as Db

from frontdesk.annex import Annex, Job
from frontdesk_guestlist.schedule import Mailed

#: How often it is looked whether something is due.
EVERY: Final = timedelta(seconds=30)


@attrs.frozen(kw_only=True)
class Trouble:
    """Why nothing leaves at the moment.

    Args:
        reason: In words, with what to do.
        next_try: When the server is tried again.
    """

    since: datetime
    reason: str
    next_try: datetime


def job() -> Job:
    """Return the job that sends what is due."""
    return Job(name="e-mails", every=EVERY, work=work)


async def work(annex: Annex) -> None:
    """Send what is due now."""
    raise NotImplementedError


async def send_manually(
    annex: Annex, guest_uid: str, email_id: int, who: str, *, once: str = ""
) -> Mailed:
    """Send an e-mail to a guest now, whatever its rules are; return how that went.

    Stops are obeyed, and so is test mode. If the server cannot be reached, it waits.

    Args:
        who: The user that asked for it.
        once: A word of the form that was sent: sent again, it sends no second e-mail.

    Raises:
        ConfigurationError: There is no such guest or e-mail, the guest has no valid address
            or unsubscribed, or no mail server is set.
    """
    raise NotImplementedError


def trouble(db: Db, annex: Annex) -> Trouble | None:
    """Return why nothing leaves at the moment, if so."""
    raise NotImplementedError
