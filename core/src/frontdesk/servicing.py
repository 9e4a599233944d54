"""How the service works and whom it tells: ``[service]`` and ``[alerts]``."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class ServiceSettings:
    """How the service works; the ``[service]`` table of the configuration.

    Args:
        host: Where ``frontdesk run`` listens.
        public_url: How platforms reach that from outside, for ``frontdesk webhooks url``.
        pages: Whether ``frontdesk run`` serves the pages.
        pages_url: How people reach the pages from outside, with the path a proxy puts them
            under; for links, and so that cookies are sent by HTTPS only.
        collect: Seconds to wait after a delivery for more, to fetch them together.
        body_limit: Bytes of a delivery's body; longer ones are answered 413.
        inbox_deliveries: How many deliveries may wait for one connection; more: 503.
        inbox_bytes: How many bytes of them.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    pages: bool = True
    pages_url: str | None = None
    collect: int = 3
    body_limit: int = 1024 * 1024
    inbox_deliveries: int = 100_000
    inbox_bytes: int = 256 * 1024 * 1024


@attrs.frozen(kw_only=True)
class Mail:
    """Where alerts are mailed to, and through which server."""

    to: str
    sender: str
    host: str = "localhost"
    port: int = 25
    user: str | None = None
    password: str | None = attrs.field(default=None, repr=False)
    tls: bool = False


@attrs.frozen(kw_only=True)
class AlertSettings:
    """The ``[alerts]`` table of the configuration.

    Args:
        url: Gets a POST with JSON for each change; it may carry a secret.
        mail: Gets a mail for each change.
    """

    url: str | None = attrs.field(default=None, repr=False)
    mail: Mail | None = None
