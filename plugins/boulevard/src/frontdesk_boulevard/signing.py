"""How requests are signed: one strategy for each way Boulevard has of letting somebody in.

Version 2020-01 wants a token that is made anew for every request. Version 2026-06 is said to
want OAuth: it would be another :class:`httpx.Auth`, chosen in :func:`strategy`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx

from frontdesk.errors import SettingsError
from frontdesk_boulevard.rows import bare

_PREFIX: Final = "blvd-admin-v1"
# Some copies of a secret are spelt in an alphabet that is safe in URLs.
_ALPHABET: Final = str.maketrans("-_.", "+/=")
#: Seconds between two clocks that a platform puts up with; below, the clock is not to blame.
_SKEW: Final = 2.0
_DATES: Final = re.compile(r"\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d (?:GMT|[+-]\d{4})")


def decoded(secret: str, setting: str = "api_secret") -> bytes:
    """Return the key that a secret stands for: it is base64.

    Raises:
        SettingsError: It is not.
    """
    try:
        key = base64.b64decode(secret.strip().translate(_ALPHABET), validate=True)
    except (binascii.Error, ValueError):
        # Not chained: the cause may quote the secret.
        key = b""
    if not key:
        raise SettingsError(f"{setting} is not base64: copy it from the developer portal again")
    return key


class Token(httpx.Auth):
    """Signs each request with a token of its own, which is good for a short time only.

    A token that is refused is made anew and tried once more, at the time the platform's
    clock shows if ours differs: a request may have waited for its turn, or a clock may be
    wrong. Credentials that are wrong are thus shown twice, and no oftener.

    Args:
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        *,
        api_key: str,
        api_secret: str,
        business_id: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api_key = api_key
        self._key = decoded(api_secret)
        self._business = bare(business_id)
        self._clock = clock
        #: How many seconds the platform's clock is before ours.
        self._ahead = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the request; sign it again if the token was refused."""
        # The client ends a base URL with a slash; the one address of this API has none.
        request.url = request.url.copy_with(path=request.url.path.rstrip("/"))
        request.headers["authorization"] = self.header(self._clock() + self._ahead)
        response = yield request
        if response.status_code != HTTPStatus.UNAUTHORIZED:
            return
        self._ahead = self._skew(response)
        request.headers["authorization"] = self.header(self._clock() + self._ahead)
        yield request

    def header(self, now: float) -> str:
        """Return what the header says at a time."""
        payload = f"{_PREFIX}{self._business}{int(now)}"
        signature = base64.b64encode(hmac.digest(self._key, payload.encode(), hashlib.sha256))
        credentials = f"{self._api_key}:{signature.decode()}{payload}"
        return f"Basic {base64.b64encode(credentials.encode()).decode()}"

    def _skew(self, response: httpx.Response) -> float:
        told = told_time(response.headers.get("date"))
        ahead = told.timestamp() - self._clock() if told else 0.0
        return ahead if abs(ahead) > _SKEW else 0.0


def told_time(header: str | None) -> datetime | None:
    """Read the platform's clock off an answer's ``Date``.

    Where something on the way added one of its own, the platform's is the last.
    """
    found = _DATES.findall(header or "")
    try:
        moment = parsedate_to_datetime(found[-1]) if found else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment and moment.tzinfo else None


def strategy(settings: Any) -> httpx.Auth:
    """Return how requests of this connection are signed."""
    return Token(
        api_key=settings.api_key,
        api_secret=settings.api_secret,
        business_id=settings.business_id,
    )
