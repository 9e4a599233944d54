"""From what went wrong to the error a person can act on."""

from __future__ import annotations

from typing import Final, TypeVar

import attrs
import httpx

from frontdesk.client._redaction import Redactor
from frontdesk.errors import (
    AuthenticationError,
    PlatformError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
    UnexpectedResponseError,
)
from frontdesk.manifest import Verdict

_E = TypeVar("_E", bound=PlatformError)

RETRIED: Final = frozenset({408, 429, 500, 502, 503, 504, 524})
#: Answers whose reason is worth showing to the operator.
EXPLAINED: Final = frozenset({400, 401, 403, 409, 410, 413, 415})

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
_TIMEOUT, _TOO_MANY, _SERVER = 408, 429, 500

_NETWORK: Final[tuple[tuple[type[httpx.HTTPError], str], ...]] = (
    (httpx.ConnectTimeout, "no connection came about in time"),
    (httpx.TimeoutException, "the platform did not answer in time"),
    (httpx.ConnectError, "no connection came about"),
    (httpx.ProxyError, "the proxy did not let it through"),
    (httpx.ProtocolError, "the connection ended before the answer did"),
    (httpx.HTTPError, "the connection broke"),
)

_JUDGED: Final[tuple[tuple[type[Exception], str], ...]] = (
    (AuthenticationError, "the platform does not let these credentials do that.{} Check them."),
    (UnavailableError, "the platform is in trouble.{} Try again later."),
    (RefusedError, "the platform refuses this request.{} Repeating it is useless."),
    (PlatformError, "that cannot be used.{} Report it to the platform."),
)


@attrs.frozen
class Asked:
    """One request as it may be shown: *path* is already without query and secrets."""

    method: str
    path: str
    connector: str | None
    redactor: Redactor = attrs.field(repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def answered(
        self, status: int, request_id: str | None, reason: str | None, after: float | None
    ) -> PlatformError:
        """Return the error for an answer with a *status* of 400 or above."""
        says = f' It says: "{reason}".' if reason else ""
        head = f"{self} answered {status}{_called(request_id)}"
        if status == _UNAUTHORIZED:
            text = f"{head}: the platform does not accept the credentials.{says} Check them."
            return self._error(AuthenticationError(text, status=status, request_id=request_id))
        if status == _FORBIDDEN:
            text = f"{head}: the credentials lack a permission.{says} Ask for it."
            return self._error(AuthenticationError(text, status=status, request_id=request_id))
        if status == _TOO_MANY:
            return self.limited(head, after, status=status, request_id=request_id)
        if status == _TIMEOUT or status >= _SERVER:
            text = f"{head}: the platform is in trouble{_when(after)}. Try again later."
            return self._error(UnavailableError(text, status=status, request_id=request_id))
        hint = " Check base_url." if status == _NOT_FOUND else ""
        text = f"{head}: the platform refuses this request.{says} Repeating it is useless.{hint}"
        return self._error(RefusedError(text, status=status, request_id=request_id))

    def judged(
        self, verdict: Verdict, status: int, request_id: str | None, wait: float | None
    ) -> PlatformError:
        """Return the error for an answer that is one whatever its status says."""
        said = self.redactor.shown(verdict.reason)
        says = f' It says: "{said}".' if said else ""
        head = f"{self} answered {status}{_called(request_id)}"
        if issubclass(verdict.error, RateLimitedError):
            return self.limited(head, wait, status=status, request_id=request_id)
        told = next(text for known, text in _JUDGED if issubclass(verdict.error, known))
        return self._error(
            verdict.error(f"{head}: {told.format(says)}", status=status, request_id=request_id)
        )

    def limited(
        self,
        head: str,
        after: float | None,
        *,
        status: int | None = None,
        request_id: str | None = None,
    ) -> PlatformError:
        """Return the error for a quota that is used up, by their count or by ours."""
        text = f"{head}: the quota is used up{_when(after)}. Wait before asking again."
        return self._error(
            RateLimitedError(text, status=status, request_id=request_id, retry_after=after)
        )

    def unreachable(self, error: httpx.HTTPError | TimeoutError) -> PlatformError:
        """Return the error for an answer that did not arrive, or not whole."""
        kind = httpx.ReadTimeout if isinstance(error, TimeoutError) else type(error)
        said = next(text for known, text in _NETWORK if issubclass(kind, known))
        text = f"{self} failed: {said} ({kind.__name__}). Check the network, or try again later."
        return self._error(UnavailableError(text))

    def unsendable(self, error: Exception) -> PlatformError:
        """Return the error for a request that cannot even be written down."""
        text = (
            f"{self} cannot be sent ({type(error).__name__}): look for line breaks and special "
            "signs in the settings, most of all in keys."
        )
        return self._error(RefusedError(text))

    def unusable(
        self, reason: str, status: int | None = None, request_id: str | None = None
    ) -> PlatformError:
        """Return the error for an answer that must not or cannot be used."""
        answered = f"answered {status}" if status else "answered"
        text = (
            f"{self} {answered}{_called(request_id)}, but {reason}. Check base_url; "
            "if it is right, report this to the platform."
        )
        return self._error(UnexpectedResponseError(text, status=status, request_id=request_id))

    def _error(self, error: _E) -> _E:
        error.connector = self.connector
        return error


def _called(request_id: str | None) -> str:
    return f" (request id {request_id})" if request_id else ""


def _when(after: float | None) -> str:
    return "" if after is None else f"; it may be asked again in {after:.0f} s"
