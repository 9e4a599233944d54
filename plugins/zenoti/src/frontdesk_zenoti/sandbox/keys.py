"""API keys, of which two are good during a rotation, and bearer tokens."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from random import Random
from typing import Any, Final

import attrs

from frontdesk.sandbox.chance import uuid
from frontdesk_zenoti.sandbox.clock import Clock
from frontdesk_zenoti.sandbox.faults import DENIED
from frontdesk_zenoti.sandbox.options import Options
from frontdesk_zenoti.sandbox.refusal import Refusal, bad

_YEAR: Final = timedelta(days=365)
_WEEK: Final = timedelta(days=7)
_ASKED: Final = ("account_name", "user_name", "password", "grant_type", "app_id", "app_secret")


@attrs.frozen
class Login:
    """What a bearer token is asked for with."""

    account: str
    user: str
    password: str = attrs.field(repr=False)
    app_id: str
    app_secret: str = attrs.field(repr=False)


class Keys:
    """Knows who may come in."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self._rng = Random(f"keys of {options.seed}")
        self._clock = clock
        self._nested = options.login_answer == "credentials"
        self._life = timedelta(hours=options.token_hours)
        #: By key or token: until when it is good, in seconds of the epoch.
        self._good: dict[str, float] = {}
        self.secret = options.webhook_secret or uuid(self._rng)
        self.login = Login(
            "zenandco", "api.user", uuid(self._rng), uuid(self._rng), uuid(self._rng)
        )
        #: The latest key; the one before it is good for a week more.
        self.current = self._issue(_YEAR)
        self.previous: str | None = None
        if options.rotated:
            self.rotate()

    def rotate(self) -> str:
        """Make a new key; the old one dies within a week."""
        self.previous = self.current
        self._good[self.previous] = (self._clock.now + _WEEK).timestamp()
        self.current = self._issue(_YEAR)
        return self.current

    def revoke(self, key: str) -> None:
        """Make a key or token worthless at once."""
        self._good.pop(key, None)

    def _issue(self, life: timedelta) -> str:
        key = f"{self._rng.getrandbits(256):064x}"
        self._good[key] = (self._clock.now + life).timestamp()
        return key

    def asked(self) -> dict[str, str]:
        """Give what a bearer token is asked for with, as the body of the request."""
        login = self.login
        given = (login.account, login.user, login.password, "password", login.app_id)
        return dict(zip(_ASKED, (*given, login.app_secret), strict=True))

    def admit(self, header: str | None) -> str:
        """Find the key of a request, or refuse it."""
        scheme, _, key = (header or "").partition(" ")
        if scheme.lower() in {"apikey", "bearer"}:
            until = self._good.get(key)
            if until is not None and self._clock.now.timestamp() < until:
                return key
        raise Refusal(HTTPStatus.UNAUTHORIZED, DENIED, shape="pascal")

    def token(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Give a bearer token for a login."""
        given = tuple(asked.get(name) for name in _ASKED)
        if None in given:
            raise bad("The request is invalid.")
        if given != tuple(self.asked().values()):
            raise Refusal(HTTPStatus.UNAUTHORIZED, DENIED, shape="pascal")
        life = self._life
        token = {
            "access_token": self._issue(life),
            "refresh_token": self._issue(life * 2),
            "token_type": "bearer",
            "expires_in": int(life.total_seconds()) - 1,
        }
        if not self._nested:
            return token
        return {"credentials": token, "error": None}
