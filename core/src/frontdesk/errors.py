"""Every error frontdesk raises on purpose.

::

    FrontdeskError
    ├── ConfigurationError             a person must change something, then try again
    │   ├── ConnectorNotFoundError       no such connector is installed
    │   ├── ConnectorLoadError           its module does not import
    │   ├── InvalidConnectorError        it breaks the hook contract
    │   ├── SettingsError                a setting is missing, unknown or of the wrong kind
    │   ├── AuthenticationError          the platform refuses the credentials; never retried
    │   └── AccountError                 the account or a site belongs to another connection
    ├── PlatformError                  the other side's trouble; retried, then raised
    │   ├── RateLimitedError             over the quota; carries ``retry_after``
    │   ├── UnavailableError             5xx, 408, no connection, time-out
    │   ├── RefusedError                 any other 4xx: retrying the same request is useless
    │   └── UnexpectedResponseError      an answer that cannot be read or would never end
    ├── RecordError                    one record is unusable: quarantined, the sync goes on
    └── StoreError                     the store cannot do what was asked
        └── LeaseError                   another process holds the connection
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontdesk import unseen

if TYPE_CHECKING:
    from datetime import datetime


class FrontdeskError(Exception):
    """The base of all errors of frontdesk.

    Attributes:
        connector: The name of the connector concerned, where one is.
    """

    connector: str | None = None


class ConfigurationError(FrontdeskError):
    """A person must change something before another try can succeed."""


class ConnectorNotFoundError(ConfigurationError, LookupError):
    """No connector of this name is installed."""


class ConnectorLoadError(ConfigurationError, ImportError):
    """An installed connector cannot be imported."""


class InvalidConnectorError(ConfigurationError, TypeError):
    """A connector breaks the hook contract."""


class SettingsError(ConfigurationError, ValueError):
    """A setting is missing, unknown or of the wrong kind."""


class PlatformError(FrontdeskError):
    """The platform could not or would not answer.

    Attributes:
        status: The HTTP status, where there was an answer.
        request_id: What the platform calls this request; its support asks for it.
    """

    _answered = unseen.Unseen(b"")

    def __init__(
        self, message: str, *, status: int | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id

    @property
    def content(self) -> bytes:
        """The body of a refusal, for a plugin that must know what of the request was refused.

        It may quote guests, so it is shown nowhere: pick fields and codes out of it. Empty
        where there was none, or more than anybody would read.
        """
        return self._answered.content

    @content.setter
    def content(self, content: bytes) -> None:
        """Keep the body."""
        self._answered = unseen.Unseen(content)


class AuthenticationError(ConfigurationError, PlatformError):
    """The platform refuses the credentials (401) or the permission (403)."""


class AccountError(ConfigurationError):
    """The account, or one of its sites, already belongs to another connection."""


class RateLimitedError(PlatformError):
    """The platform's quota is used up.

    Attributes:
        retry_after: Seconds until the platform wants to be asked again, if it said so.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.retry_after = retry_after


class UnavailableError(PlatformError):
    """The platform fails, times out or cannot be reached."""


class RefusedError(PlatformError):
    """The platform refuses the request as it is; sending it again is useless."""


class UnexpectedResponseError(PlatformError):
    """An answer that cannot be read, is too large, or belongs to a walk that never ends."""


class RecordError(FrontdeskError, ValueError):
    """One record is unusable; it is quarantined and the sync goes on.

    The message is shown to operators and logged: it names fields, never a guest's data.
    """


class SkipRecord(Exception):  # noqa: N818  # a signal, not an error: it names a rule
    """Raised by a mapping hook: a rule of the manifest's exclusions passes this record over.

    Attributes:
        rule: The exclusion's name.
    """

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class PausedError(FrontdeskError):
    """A person stopped the connection: it is paused, or held because the store is a copy."""


class StoreError(FrontdeskError):
    """The store cannot do what was asked of it."""


class LeaseError(StoreError):
    """Another process holds the connection.

    Attributes:
        holder: Who holds it, ``host:process``.
        until: When the lease ends unless it is renewed.
    """

    def __init__(
        self, message: str, *, holder: str | None = None, until: datetime | None = None
    ) -> None:
        super().__init__(message)
        self.holder = holder
        self.until = until
