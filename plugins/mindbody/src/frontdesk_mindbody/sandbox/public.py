"""The Public API: who may call, what is counted, what is answered."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any, Final

import msgspec

from frontdesk.sandbox.wire import Reply, Request, json
from frontdesk_mindbody.sandbox import spoiling
from frontdesk_mindbody.sandbox.calls import Call, Page
from frontdesk_mindbody.sandbox.faults import ExpiredToken, Fault, UnderPrivileged
from frontdesk_mindbody.sandbox.limiter import Limiter
from frontdesk_mindbody.sandbox.operations import TOKENS, Operation, operations
from frontdesk_mindbody.sandbox.parameters import Parameters
from frontdesk_mindbody.sandbox.quota import NO_SITE, Quota
from frontdesk_mindbody.sandbox.refusal import Refusal, missing
from frontdesk_mindbody.sandbox.studios import Studio
from frontdesk_mindbody.sandbox.tokens import Token, Tokens, shown
from frontdesk_mindbody.sandbox.world import World

PREFIX: Final = "/public/v6/"
#: Here nobody looks whether there is a token.
TOKENLESS: Final = frozenset({"site/sites", "usertoken/issue"})


class PublicApi:
    """Answers what is under the prefix."""

    def __init__(self, world: World, tokens: Tokens, quota: Quota, limiter: Limiter) -> None:
        self._world = world
        self._tokens = tokens
        self._quota = quota
        self._limiter = limiter
        self._operations = operations()
        self._rng = Random(world.options.seed)

    def name(self, request: Request) -> str:
        """Name the operation of a request, by its path in any case."""
        return request.path[len(PREFIX) :].strip("/").lower()

    def answer(self, request: Request, faults: list[Fault]) -> Reply:
        """Answer a request, for better or worse."""
        name = self.name(request)
        self._check(request)
        self._limiter.admit(self._tokens.keys.api)
        self._quota.admit(_site(request) or NO_SITE)
        spoiling.refuse(faults)
        if name in TOKENS:
            return self._answer_token(name, request)
        operation = self._operations.get(name)
        if operation is None or request.method != "GET":
            raise Refusal(404, "No HTTP resource was found.", code=spoiling.FLAT)
        good = operation.run(self._call(name, operation, request, faults))
        spoiling.answer(good, faults, self._rng)
        return json(200, good.body() if isinstance(good, Page) else good, {})

    def refused(self, refusal: Refusal) -> Reply:
        """Write a refusal as this API does: with a code, or flat."""
        headers = {} if refusal.retry_after is None else {"Retry-After": refusal.retry_after}
        status = self._world.options.statuses.get(refusal.code, refusal.status)
        error = {"Message": refusal.message, "Code": refusal.code}
        flat = refusal.code == spoiling.FLAT
        return json(status, {"Message": refusal.message} if flat else {"Error": error}, headers)

    def _check(self, request: Request) -> None:
        if _header(request, "api-key") != self._tokens.keys.api:
            raise Refusal(
                401, "The API key is missing or invalid.", code="InvalidSourceCredentials"
            )
        if self._world.options.user_agent and not _header(request, "user-agent"):
            raise Refusal(403, "A User-Agent is required.", code="DeniedAccess")

    def _call(
        self, name: str, operation: Operation, request: Request, faults: Iterable[Fault]
    ) -> Call:
        ask = Parameters.read(request.query)
        if not operation.site:
            return Call(world=self._world, studio=next(iter(self._world.studios.values())), ask=ask)
        studio = self._studio(request, activated=name != "site/activationcode")
        full = self._rights(studio, operation, request, faults)
        if not full and operation.token:
            raise Refusal(403, "The user has no access.", code="InvalidUserAccessLevel")
        return Call(world=self._world, studio=studio, ask=ask, full=full)

    def _studio(self, request: Request, *, activated: bool = True) -> Studio:
        site = _site(request)
        if site is None:
            raise Refusal(400, "The site ID is invalid.", code="InvalidSiteId")
        studio = self._world.studio(site)
        if activated and not studio.activated:
            raise Refusal(403, "The site has not been activated.", code="DeniedAccess")
        return studio

    def _rights(
        self, studio: Studio, operation: Operation, request: Request, faults: Iterable[Fault]
    ) -> bool:
        """Tell whether the caller has all rights; a token that is bad is refused anywhere."""
        token = self._tokens.find(studio.id, _header(request, "authorization"))
        kinds = {type(fault) for fault in faults}
        if token is not None and ExpiredToken in kinds:
            self._tokens.revoke(token)
            raise self._tokens.denied()
        if token is None:
            if operation.token and self._world.options.tokenless == "refuse":
                raise self._tokens.denied()
            return self._world.options.tokenless == "answer"
        return token.login.full and UnderPrivileged not in kinds

    def _answer_token(self, name: str, request: Request) -> Reply:
        if request.method != TOKENS[name]:
            raise Refusal(404, "No HTTP resource was found.", code=spoiling.FLAT)
        studio = self._studio(request)
        if name == "usertoken/issue":
            body = _parsed(request.body)
            wanted = {key.lower(): value for key, value in body.items()}
            for field in ("Username", "Password"):
                if field.lower() not in wanted:
                    raise missing(field)
            made = self._tokens.issue(studio.id, wanted["username"], wanted["password"])
            return json(200, shown(made), {})
        token = self._token(studio, request)
        if name == "usertoken/renew":
            return json(200, shown(self._tokens.renew(token)), {})
        self._tokens.revoke(token)
        return json(200, {"Message": "Token revoked."}, {})

    def _token(self, studio: Studio, request: Request) -> Token:
        token = self._tokens.find(studio.id, _header(request, "authorization"))
        if token is None:
            raise self._tokens.denied()
        return token


def _header(request: Request, name: str) -> str:
    return request.headers.get(name.encode(), b"").decode("latin-1").strip()


def _site(request: Request) -> int | None:
    text = _header(request, "siteid")
    return int(text) if text.removeprefix("-").isdecimal() else None


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Refusal(400, "The body is no JSON.", code="InvalidParameter") from error
