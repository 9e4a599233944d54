"""What keeps the pages to those who may see them: signatures, passwords, headers."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Nothing runs, nothing comes from elsewhere, nobody frames it. There is no script at all.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}
#: With no-referrer, browsers would not say where a form comes from either.
_REFERRER: Final = "same-origin"
#: Where a browser says a form comes from: only these can be our own.
_OWN: Final = {"same-origin", "none"}


class Guarded:
    """Puts the headers of :data:`POLICY` and its like on every answer of *app*."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                # A page whose own URL is a secret may say less, and no more.
                if headers.get("referrer-policy") != "no-referrer":
                    headers["referrer-policy"] = _REFERRER
                # What a page shows of guests stays in no cache, the browser's included.
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, guarded)


class Seal:
    """Signs cookies and forms with the store's key."""

    def __init__(self, key: bytes) -> None:
        self._visits = URLSafeSerializer(key, salt="visit")
        self._forms = URLSafeSerializer(key, salt="form")
        self._notes = URLSafeSerializer(key, salt="note")
        #: Cookies know no ports: two desks on one machine need names that differ.
        self.cookie = "frontdesk_" + hashlib.sha256(b"cookie" + key).hexdigest()[:8]

    def sign_visit(self, visit: str) -> str:
        """Return the cookie of a browser's visit."""
        return _text(self._visits.dumps(visit))

    def read_visit(self, cookie: str | None) -> str | None:
        """Return the visit a cookie stands for; None if it is not ours."""
        return _loaded(self._visits, cookie)

    def sign_form(self, visit: str, user: str) -> str:
        """Return what a form must carry for this visit of this user."""
        return _text(self._forms.dumps(_owner(visit, user)))

    def is_own_form(self, token: object, visit: str, user: str) -> bool:
        """Tell whether a form was made for this visit of this user."""
        found = _loaded(self._forms, token if isinstance(token, str) else None)
        return found is not None and secrets.compare_digest(found, _owner(visit, user))

    def sign_note(self, text: str, *, bad: bool) -> str:
        """Return a cookie with what the next page shall say."""
        return _text(self._notes.dumps(("!" if bad else "=") + text))

    def read_note(self, cookie: str | None) -> tuple[str, bool] | None:
        """Return what a page shall say, and whether it is bad news."""
        found = _loaded(self._notes, cookie)
        return None if not found else (found[1:], found[0] == "!")


def new_visit() -> str:
    """Return what a browser is known by."""
    return secrets.token_urlsafe(32)


def comes_from_elsewhere(request: Request) -> bool:
    """Tell whether the browser says that another site sent this."""
    return Headers(scope=request.scope).get("sec-fetch-site", "none") not in _OWN


class Passwords:
    """Hashes passwords, two at a time: each takes as much memory as a picture."""

    #: The least a password must have; nothing else is asked of it.
    LEAST: Final = 12
    MOST: Final = 1024

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._few = anyio.CapacityLimiter(2)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash of a password."""
        return await anyio.to_thread.run_sync(self._hasher.hash, password, limiter=self._few)

    async def fits(self, hashed: str | None, password: str) -> bool:
        """Tell whether a password is right; nobody's takes as long as somebody's."""
        if len(password) > self.MOST:
            return False
        return await anyio.to_thread.run_sync(self._fits, hashed, password, limiter=self._few)

    def is_old(self, hashed: str) -> bool:
        """Tell whether a hash was made with less care than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def _fits(self, hashed: str | None, password: str) -> bool:
        if self._nobody is None:
            self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        try:
            self._hasher.verify(hashed or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None


def _owner(visit: str, user: str) -> str:
    """The visit itself lets somebody in, so it stands in no page."""
    return hashlib.sha256(f"{visit} {user}".encode()).hexdigest()


def _text(made: str | bytes) -> str:
    return made if isinstance(made, str) else made.decode()


def _loaded(serializer: URLSafeSerializer, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        found = serializer.loads(text)
    except BadSignature:
        return None
    return found if isinstance(found, str) else None
