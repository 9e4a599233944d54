"""Who may ask: a token signed anew for each request, believed for a short while."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from typing import Final

import attrs

from frontdesk.sandbox.chance import uuid
from frontdesk_boulevard.sandbox import ids
from frontdesk_boulevard.sandbox.options import Options
from frontdesk_boulevard.sandbox.refusal import Refusal

_PAYLOAD: Final = re.compile(
    r"(?P<signature>[^:]+?)blvd-admin-v1(?P<business>[0-9a-f-]{36})(?P<at>\d+)"
)
_DOTTED: Final = str.maketrans("+/=", "._-")
_NOBODY: Final = {"code": "UNAUTHENTICATED"}


@attrs.frozen(kw_only=True)
class Keys:
    """What an application is given; it stays the same for the same seed."""

    api_key: str
    #: In base64, as it is displayed.
    api_secret: str = attrs.field(repr=False)
    #: What webhooks are signed with, mostly the same.
    webhook_secret: str = attrs.field(repr=False)
    #: The UUID alone.
    business_id: str

    def displayed(self, *, dotted: bool) -> str:
        """Spell the secret as the portal does, or as one integrator met it."""
        return self.api_secret.translate(_DOTTED) if dotted else self.api_secret


def issue(options: Options, business_id: str) -> Keys:
    """Make the keys of the one application."""
    # A generator of its own: the keys do not depend on how the world was drawn.
    rng = Random(f"keys of {options.seed}")
    secret, other = (base64.b64encode(rng.randbytes(33)).decode() for _ in range(2))
    return Keys(
        api_key=uuid(rng),
        api_secret=secret,
        webhook_secret=other if options.webhook_secret_apart else secret,
        business_id=ids.bare(business_id),
    )


def sign(secret: str, message: bytes) -> str:
    """Sign with a secret as it is displayed."""
    return base64.b64encode(
        hmac.new(base64.b64decode(secret), message, hashlib.sha256).digest()
    ).decode()


def token(keys: Keys, at: int) -> str:
    """Write the token of a moment."""
    payload = f"blvd-admin-v1{keys.business_id}{at}"
    return sign(keys.api_secret, payload.encode()) + payload


def authorization(keys: Keys, at: int) -> str:
    """Write the header of a request that is sent at a moment."""
    pair = f"{keys.api_key}:{token(keys, at)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


class Gate:
    """Lets requests in whose token is genuine and fresh.

    Args:
        clocks: Any of which may say that it is fresh: whoever stops the sandbox's clock need
            not stop the caller's.
    """

    def __init__(self, keys: Keys, options: Options, *clocks: Callable[[], datetime]) -> None:
        self.keys = keys
        self._options = options
        self._clocks = clocks
        #: Whether the application was taken away.
        self.closed = False

    def admit(self, headers: Mapping[bytes, bytes]) -> None:
        """Let a request in.

        Raises:
            Refusal: Its token is missing, wrong, stale or of another business.
        """
        scheme, _, pair = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        try:
            key, _, given = base64.b64decode(pair, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            key = given = ""
        found = _PAYLOAD.fullmatch(given)
        if self.closed or scheme.lower() != "basic" or key != self.keys.api_key or found is None:
            raise self._refused("Invalid credentials")
        at = int(found["at"])
        if found["business"] != self.keys.business_id or not hmac.compare_digest(
            token(self.keys, at), given
        ):
            raise self._refused("Invalid credentials")
        if self._options.token_lifetime and not any(self._fresh(at, now()) for now in self._clocks):
            raise self._refused("Token has expired")

    def _fresh(self, at: int, now: datetime) -> bool:
        age = now.timestamp() + self._options.clock_skew - at
        return -self._options.token_early - 1 < age <= self._options.token_lifetime

    def _refused(self, message: str) -> Refusal:
        return Refusal(self._options.auth_status, message, error=_NOBODY)
