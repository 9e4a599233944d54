"""What an e-mail says: a subject and a text with places for what is known of the guest.

A template can name values, choose between texts and write values in another way. It cannot
loop, call or reach anything else: what staff write does no harm, however it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import attrs

from frontdesk.annex import Annex

if TYPE_CHECKING:
    from frontdesk_guestlist.emails import Email
    from frontdesk_guestlist.guests import Guest


@attrs.frozen
class Text:
    """An e-mail's words in one language: a subject, and a body in Markdown."""

    subject: str
    body: str


@attrs.frozen
class Problem:
    """What is wrong with a template or a rule.

    Args:
        where: The field: ``subject``, ``body``, or a rule's name.
        line: In that field, from 1; 0 where it has none.
    """

    where: str
    line: int
    message: str


@attrs.frozen(kw_only=True)
class GuestValues:
    """What a template knows as ``guest``."""

    first_name: str
    last_name: str
    name: str
    number: str
    arrival: date | None
    departure: date | None
    nights: int | None
    room_type: str
    country: str


@attrs.frozen(kw_only=True)
class PropertyValues:
    """What a template knows as ``property``."""

    title: str


@attrs.frozen(kw_only=True)
class LinkValues:
    """What a template knows as ``links``."""

    concierge: str
    check_in: str
    in_stay: str
    post_stay: str
    unsubscribe: str


@attrs.frozen(kw_only=True)
class Values:
    """All that a template knows."""

    guest: GuestValues
    property: PropertyValues
    links: LinkValues


@attrs.frozen(kw_only=True)
class Rendered:
    """An e-mail as it is sent.

    Args:
        text: For programs that show text only: the Markdown with its values.
        html: The whole page.
        content: What stands in that page, to be shown within another one; it is safe there.
    """

    language: str
    subject: str
    text: str
    html: str
    content: str


def check(subject: str, body: str) -> list[Problem]:
    """Return what is wrong with a template; nothing, if it can be sent."""
    raise NotImplementedError


def render(
    annex: Annex,
    key: bytes,
    email: Email,
    guest: Guest,
    language: str = "",
    *,
    mail: str = "",
    preview: bool = False,
) -> Rendered:
    """Return an e-mail as a guest gets it.

    Args:
        key: What links are signed with: ``await annex.key()``.
        language: The guest's unless given; the best of the e-mail's is taken.
        mail: The uid of what is sent; links name it.
        preview: Links show what they lead to, and do nothing.

    Raises:
        ConfigurationError: The template does not work, or nobody said how guests reach pages.
    """
    raise NotImplementedError


def render_text(
    annex: Annex,
    key: bytes,
    text: Text,
    guest: Guest,
    language: str,
    *,
    mail: str = "",
    preview: bool = False,
) -> Rendered:
    """Return a text as a guest gets it, before it is saved as well; see :func:`render`."""
    raise NotImplementedError


def sample(annex: Annex, language: str = "") -> Guest:
    """Return a made-up guest to show templates with; it stands in no list."""
    raise NotImplementedError


def variables() -> Mapping[str, str]:
    """Return what a template can name, ``guest.first_name``, and what each means."""
    raise NotImplementedError
