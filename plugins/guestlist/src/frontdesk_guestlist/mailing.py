"""The message as it goes to the mail server."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage

import attrs

from frontdesk.annex import Annex
from frontdesk_guestlist.templating import Rendered


@attrs.frozen(kw_only=True)
class Addressee:
    """Whom a message goes to."""

    name: str = attrs.field(repr=False)
    address: str = attrs.field(repr=False)


def build(
    annex: Annex,
    uid: str,
    to: Addressee,
    rendered: Rendered,
    *,
    unsubscribe: str,
    at: datetime,
) -> EmailMessage:
    """Return the message: text and HTML, and how to unsubscribe with one click.

    Args:
        uid: Of the mail; the message's id is made of it.
        unsubscribe: Where the link to unsubscribe leads.

    Raises:
        ConfigurationError: The sender in the settings is none.
    """
    raise NotImplementedError
