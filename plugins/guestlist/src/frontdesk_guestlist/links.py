"""Links that guests are sent: signed, expiring, and with nothing of a guest in them."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import attrs
from itsdangerous import BadData, URLSafeSerializer

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError, FrontdeskError

if TYPE_CHECKING:
    from frontdesk_guestlist.guests import Guest

#: What a token is made like; one made otherwise is not read.
_VERSION: Final = 1


class LinkError(FrontdeskError):
    """A link is not one of ours, or its time is over.

    Attributes:
        expired: It was ours, and worked once.
    """

    expired: bool = False


class Purpose(enum.StrEnum):
    """What a link leads to."""

    CONCIERGE = "concierge"
    CHECK_IN = "check-in"
    IN_STAY = "in-stay"
    POST_STAY = "post-stay"
    UNSUBSCRIBE = "unsubscribe"


@attrs.frozen
class Pass:
    """What a link lets its bearer do.

    Args:
        guest: The uid of the guest.
        mail: The uid of the e-mail the link stood in, if it did in one.
        preview: It shows everything and does nothing: staff look at it.
    """

    purpose: Purpose
    guest: str
    mail: str = attrs.field(default="", kw_only=True)
    preview: bool = attrs.field(default=False, kw_only=True)


def make(key: bytes, property: str, pass_: Pass, expires: datetime | None) -> str:
    """Return a token that says so; safe in a URL.

    Args:
        key: What the plugin signs with: ``await annex.key()``.
        expires: From when on it is refused; None: it always works.
    """
    until = None if expires is None else int(expires.timestamp())
    what = [_VERSION, property, pass_.purpose.value, pass_.guest, pass_.mail, pass_.preview, until]
    made: str | bytes = _signer(key).dumps(what)
    return made if isinstance(made, str) else made.decode()


def read(key: bytes, token: str, now: datetime) -> tuple[str, Pass]:
    """Return the property a token is of, and what it allows.

    Raises:
        LinkError: It is not one of ours, or its time is over.
    """
    try:
        what = _signer(key).loads(token)
        version, property, purpose, guest, mail, preview, until = what
        made = Pass(Purpose(purpose), guest, mail=mail, preview=preview)
    except (BadData, TypeError, ValueError):
        raise LinkError("this link is not one of ours; copy the whole of it") from None
    if version != _VERSION:
        raise LinkError("this link is not one of ours; copy the whole of it")
    if until is not None and now.timestamp() >= until:
        error = LinkError("this link has expired; ask the property for another")
        error.expired = True
        raise error
    return property, made


def url(annex: Annex, token: str, purpose: Purpose) -> str:
    """Return where a token leads to.

    Raises:
        ConfigurationError: Nobody said how guests reach the pages.
    """
    base = annex.settings.pages_url or annex.pages_url
    if not base:
        raise ConfigurationError(
            f"connections.{annex.name}: how do guests reach the pages? "
            'write: pages_url = "https://stay.example.com"'
        )
    place = "u" if purpose is Purpose.UNSUBSCRIBE else "g"
    return f"{base.rstrip('/')}/plugins/guestlist/{place}/{token}"


def expires(annex: Annex, guest: Guest) -> datetime:
    """Return until when a guest's links work: some days after departure, in the property's zone."""
    zone = ZoneInfo(annex.settings.time_zone)
    day = guest.departure or guest.arrival or guest.listed.astimezone(zone).date()
    last = day + timedelta(days=annex.settings.link_days + 1)
    return datetime.combine(last, time(), zone).astimezone(UTC)


def guest_links(
    annex_key: bytes, annex: Annex, guest: Guest, *, mail: str = "", preview: bool = False
) -> Mapping[Purpose, str]:
    """Return all links of a guest, by what they lead to; to unsubscribe always works.

    Raises:
        ConfigurationError: Nobody said how guests reach the pages.
    """
    until = expires(annex, guest)
    return {
        purpose: url(
            annex,
            make(
                annex_key,
                annex.settings.property,
                Pass(purpose, guest.uid, mail=mail, preview=preview),
                None if purpose is Purpose.UNSUBSCRIBE else until,
            ),
            purpose,
        )
        for purpose in Purpose
    }


def _signer(key: bytes) -> URLSafeSerializer:
    how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(key, salt="guestlist.links", signer_kwargs=how)
