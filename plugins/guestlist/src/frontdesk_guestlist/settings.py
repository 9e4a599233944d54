"""What the operator says of a guest list in the configuration."""

from __future__ import annotations

import attrs

from frontdesk import secret, setting


@attrs.frozen
class Mail:
    """How e-mails leave: ``[connections.<name>.mail]``.

    Args:
        sender: ``Grand Hotel <stay@grand-hotel.example>``.
        live: Until it is true, e-mails go only to addresses in *allow*.
        allow: Addresses and, as ``@example.com``, domains.
    """

    sender: str = setting(help="Whom e-mails are from: Grand Hotel <stay@example.com>.")
    host: str = setting("localhost", help="The mail server (SMTP).")
    port: int = setting(587, help="Its port.")
    tls: str = setting("starttls", help="starttls, tls, or none for a server on this machine.")
    user: str | None = setting(None, help="The user there.")
    password: str = secret("", help="The password there.")
    reply_to: str | None = setting(None, help="Where answers go; the sender unless given.")
    live: bool = setting(False, help="Until this is true, e-mails go only to those in allow.")
    allow: tuple[str, ...] = setting((), help='Such as ["me@example.com", "@example.com"].')
    per_minute: int = setting(60, help="How many e-mails leave in a minute at most.")
    timeout: int = setting(30, help="Seconds to wait for the server.")


@attrs.frozen
class Settings:
    """A guest list: that of one property."""

    property: str = setting(
        help="What the property is known by for good, such as grand-hotel; never change it."
    )
    title: str = setting(help="What the property is called, in e-mails and on pages.")
    time_zone: str = setting("UTC", help="Its IANA zone, such as Europe/Paris.")
    currency: str | None = setting(None, help="Its currency, such as EUR.")
    country: str | None = setting(
        None, help="Its country, such as FR; phone numbers without a prefix are read as its."
    )
    language: str = setting("en", help="What guests are written to in who told none: en or fr.")
    source: str | None = setting(
        None,
        help="The connection that has the reservations; left out: channels, files and forms do.",
    )
    source_site: str | None = setting(
        None, help="Only this site of the source, by its id; left out: all of them."
    )
    days_ahead: int = setting(30, help="How many days ahead the list shows arrivals at first.")
    campaigns: bool = setting(
        False, help="Whether the campaigns module is on: guests can become subscribers."
    )
    channel_secret: str = secret("", help="What channels sign their webhooks with.")
    pages_url: str | None = setting(
        None, help="Where guests reach the pages; [service] pages_url unless given."
    )
    link_days: int = setting(60, help="How many days after departure a guest's links work.")
    feedback_threshold: int = setting(
        3, help="Up to which rating a guest is asked what was wrong; 0: never, 5: always."
    )
    review_url: str | None = setting(
        None, help="Where guests with a better rating are asked to write a review."
    )
    mail: Mail | None = setting(  # noqa: RUF009  # it makes a field
        None, help="How e-mails leave; left out: none do."
    )
