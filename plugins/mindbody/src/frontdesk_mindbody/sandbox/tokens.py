"""Keys, staff logins and the tokens they are given."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from random import Random
from typing import Final

import attrs
import msgspec

from frontdesk.sandbox.chance import uuid
from frontdesk.sandbox.clock import ServerClock
from frontdesk_mindbody.sandbox.refusal import Refusal

#: So often a token may be prolonged.
RENEWALS: Final = 7


@attrs.frozen
class Login:
    """A member of staff who may use the API, at every site."""

    username: str
    password: str = attrs.field(repr=False)
    #: Without full rights some answers are shorter.
    full: bool = True


@attrs.define
class Token:
    """What a login was given at one site."""

    value: str = attrs.field(repr=False)
    site: int
    login: Login
    expires: datetime
    renewals: int = 0


@attrs.frozen
class Keys:
    """What the developer was given, and chose."""

    api: str = attrs.field(repr=False)
    webhooks: str = attrs.field(repr=False)
    #: Signs what is sent where the sandbox itself was told to send it.
    signature: str = attrs.field(repr=False)


class Tokens:
    """The keys, the logins and all tokens that were issued."""

    def __init__(self, seed: int, clock: ServerClock, hours: float) -> None:
        rng = Random(f"keys of {seed}")
        signature = base64.b64encode(rng.randbytes(32)).decode()
        self.keys = Keys(rng.randbytes(16).hex(), uuid(rng), signature)
        self.staff = Login("owner@example.com", rng.randbytes(8).hex())
        self.trainee = Login("trainee@example.com", rng.randbytes(8).hex(), full=False)
        self._rng = rng
        self._clock = clock
        self._lasts = timedelta(hours=hours)
        self._issued: dict[str, Token] = {}

    def issue(self, site: int, username: object, password: object) -> Token:
        """Give a token to somebody who knows the password."""
        for login in (self.staff, self.trainee):
            if (login.username, login.password) == (username, password):
                expires = self._clock.now + self._lasts
                token = Token(self._written(expires), site, login, expires)
                self._issued[token.value] = token
                return token
        raise Refusal(401, "Staff identity authentication failed.", code="InvalidStaffCredentials")

    def renew(self, token: Token) -> Token:
        """Prolong a token, which may be done seven times."""
        if token.renewals >= RENEWALS:
            raise self.denied()
        token.renewals += 1
        token.expires += self._lasts
        return token

    def revoke(self, token: Token) -> None:
        """Make a token worthless."""
        self._issued.pop(token.value, None)

    def find(self, site: int, header: str) -> Token | None:
        """Find the token of a header, with or without ``Bearer``.

        Raises:
            Refusal: It is none of this site, or none any more.
        """
        if not header:
            return None
        value = header.removeprefix("Bearer ").strip()
        token = self._issued.get(value)
        if token is None or token.site != site or token.expires <= self._clock.now:
            raise self.denied()
        return token

    def denied(self) -> Refusal:
        """Make the refusal of a token."""
        return Refusal(401, "Invalid or expired user token.", code="DeniedAccess")

    def _written(self, expires: datetime) -> str:
        # Nobody checks its signature, but clients read when it expires.
        parts = ({"alg": "none"}, {"exp": int(expires.timestamp()), "jti": uuid(self._rng)})
        head, claims = (base64.urlsafe_b64encode(msgspec.json.encode(p)) for p in parts)
        return f"{head.decode().rstrip('=')}.{claims.decode().rstrip('=')}.x"


def shown(token: Token) -> dict[str, object]:
    """Show a token to whom it is given."""
    return {
        "TokenType": "Bearer",
        "AccessToken": token.value,
        "Expires": token.expires,
        "User": {
            "Id": 0 if token.login.full else 100_000_279,
            "FirstName": "API",
            "LastName": "Staff",
            "Type": "Owner" if token.login.full else "Staff",
        },
    }
