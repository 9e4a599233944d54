"""The message as it goes to the mail server."""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, Final

import attrs

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import rowing
from frontdesk_guestlist.expressions import plain
from frontdesk_guestlist.settings import Mail
from frontdesk_guestlist.templating import Rendered


@attrs.frozen(repr=False)
class Addressee:
    """Whom a message is from, or goes to."""

    name: str
    address: str

    def header(self) -> Address:
        """Return it as it stands in a message."""
        user, _, domain = self.address.rpartition("@")
        return Address(self.name, user, domain)


class _Whole(UnstructuredHeader):
    """A header that is never broken into lines: a long address would be hidden in a code."""

    def fold(self: Any, *, policy: Any) -> str:
        """Return the header as one line."""
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> Any:
    # The registry makes a class of this one and its own; types know nothing of that.
    whole: Any = _Whole
    known = HeaderRegistry()
    known.map_to_type("list-unsubscribe", whole)
    known.map_to_type("message-id", whole)
    return SMTP.clone(header_factory=known)


_POLICY: Final[Any] = _policy()


def build(
    annex: Annex,
    uid: str,
    to: Addressee,
    rendered: Rendered,
    *,
    at: datetime,
) -> EmailMessage:
    """Return the message: text and HTML, and how to unsubscribe with one click.

    Args:
        uid: Of the mail; the message's id is made of it.

    Raises:
        ConfigurationError: The sender in the settings is none.
    """
    own = sender(annex)
    message = EmailMessage(_POLICY)
    message["From"] = own.header()
    message["To"] = to.header()
    if annex.settings.mail.reply_to:
        message["Reply-To"] = _address(annex, "reply_to", annex.settings.mail.reply_to).header()
    message["Subject"] = _worded(rendered.subject)
    message["Date"] = format_datetime(at.astimezone(UTC))
    message["Message-ID"] = f"<{uid}@{_ascii(own.address.rpartition('@')[2])}>"
    message["Auto-Submitted"] = "auto-generated"
    # One click, without a page to look at: RFC 8058.
    message["List-Unsubscribe"] = f"<{rendered.unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    # The content's own headers are those of its parts.
    message["Content-Language"] = rendered.language
    return message


def addressee(name: str, address: str) -> Addressee:
    """Return whom a message goes to; the name is what a header can carry of it."""
    user, _, domain = address.rpartition("@")
    return Addressee(_worded(name), f"{user}@{_ascii(domain)}")


def sender(annex: Annex) -> Addressee:
    """Return whom messages are from.

    Raises:
        ConfigurationError: The settings name nobody who could be.
    """
    return _address(annex, "sender", annex.settings.mail.sender)


def is_allowed(mail: Mail, address: str) -> bool:
    """Tell whether mail goes to an address: to any once it is live, else to those in *allow*."""
    if mail.live:
        return True
    allowed = {one.strip().lower() for one in mail.allow}
    known = address.lower()
    return known in allowed or f"@{known.rpartition('@')[2]}" in allowed


def _address(annex: Annex, setting: str, text: str) -> Addressee:
    name, address = parseaddr(text)
    if not rowing.address(address) or "\n" in text or "\r" in text:
        raise ConfigurationError(
            f"connections.{annex.name}.mail: {setting} is no address; write it like "
            "Grand Hotel <stay@example.com>"
        )
    return addressee(name, address)


def _worded(text: str) -> str:
    """Return a text as it can stand in a header: nothing in it is taken for a code."""
    return plain(text).replace("=?", "= ?")


def _ascii(domain: str) -> str:
    """Return a domain as mail servers know it."""
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain
