"""How requests are signed: with a private key, in the headers Klaviyo asks for."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

import httpx

from frontdesk.errors import SettingsError
from frontdesk_klaviyo.endpoints import ERASURE, endpoint_of

#: What Klaviyo calls its JSON.
MEDIA_TYPE: Final = "application/vnd.api+json"


class PrivateKey(httpx.Auth):
    """Signs with the private key, and with the other one what erases people.

    Args:
        erasure_key: A key that may erase; empty: nobody can.
        revision: The version of the API.
    """

    def __init__(self, *, key: str, erasure_key: str, revision: str) -> None:
        self._key = key
        self._erasure_key = erasure_key
        self._revision = revision

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with the headers."""
        headers = request.headers
        headers["authorization"] = f"Klaviyo-API-Key {self._key_for(request)}"
        headers["revision"] = self._revision
        headers["accept"] = MEDIA_TYPE
        if "content-type" in headers:
            headers["content-type"] = MEDIA_TYPE
        yield request

    def _key_for(self, request: httpx.Request) -> str:
        if endpoint_of(request.method, request.url.path) is not ERASURE:
            return self._key
        if not self._erasure_key:
            raise without_erasure_key()
        return self._erasure_key


def without_erasure_key() -> SettingsError:
    """Return the error for erasing without the key that may."""
    return SettingsError(
        "erasure_key is not set: erasing people at Klaviyo takes a private key with the scope "
        "data-privacy:write, best one of its own"
    )
