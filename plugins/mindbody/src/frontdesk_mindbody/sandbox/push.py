"""The push API: subscriptions to events, made, activated and ended with a key of their own."""

from __future__ import annotations

from typing import Any, Final, cast

import anyio
import httpx
import msgspec

from frontdesk.sandbox.wire import Reply, Request, json
from frontdesk_mindbody.sandbox import subscriptions
from frontdesk_mindbody.sandbox.events import ARRIVAL, EVENTS
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.refusal import MISSING_KEY, Refusal
from frontdesk_mindbody.sandbox.sending import here
from frontdesk_mindbody.sandbox.subscriptions import (
    ACTIVE,
    BY_USER,
    RETIRED,
    Subscription,
    Subscriptions,
)
from frontdesk_mindbody.sandbox.tokens import Tokens

PUSH_PREFIX: Final = "/push/api/v1/"
_PATIENCE: Final = 10.0
_LONGEST_URL: Final = 2_048
_LONGEST_REFERENCE: Final = 2_048
#: The only number that was ever seen; the others are invented after it.
_NUMBERS: Final = {MISSING_KEY: "14010001"}


class PushApi:
    """Answers what is under the prefix."""

    def __init__(self, known: Subscriptions, tokens: Tokens, options: Options) -> None:
        self._known = known
        self._tokens = tokens
        self._options = options

    async def answer(self, request: Request) -> Reply:
        """Answer a request."""
        self._authenticate(request)
        thing, _, identity = request.path[len(PUSH_PREFIX) :].strip("/").partition("/")
        match (request.method, thing, bool(identity)):
            case ("GET", "metrics", False):
                return self._reply({"items": [subscriptions.metric(one) for one in self._known]})
            case ("GET", "subscriptions", False):
                return self._reply({"items": [subscriptions.shown(one) for one in self._known]})
            case ("POST", "subscriptions", False):
                return self._reply(await self._create(_parsed(request.body)))
            case ("GET", "subscriptions", True):
                return self._reply(subscriptions.shown(self._find(identity)))
            case ("PATCH", "subscriptions", True):
                return self._reply(await self._update(identity, _parsed(request.body)))
            case ("DELETE", "subscriptions", True):
                return self._reply(self._deactivate(identity))
            case _:
                raise _refusal("resourceNotFound", "There is nothing here.", 404)

    def refused(self, refusal: Refusal) -> Reply:
        """Write a refusal as this API does."""
        number = _NUMBERS.get(refusal.code, f"{refusal.status}00000")
        error = {
            "errorCode": int(number) if self._options.webhook_numbers else number,
            "errorType": refusal.code,
            "errorMessage": refusal.message,
        }
        headers = {} if refusal.retry_after is None else {"Retry-After": refusal.retry_after}
        return json(refusal.status, {"errors": [error]}, headers)

    def _authenticate(self, request: Request) -> None:
        key = request.headers.get(b"api-key", b"").decode("latin-1")
        if not key:
            message = "An API-Key Header was expected in the request but was not provided."
            raise _refusal(MISSING_KEY, message, 401)
        if key != self._tokens.keys.webhooks:
            raise _refusal("forbidden", "The key is none of a developer account.", 403)

    def _reply(self, value: dict[str, Any]) -> Reply:
        if self._options.webhook_wrapped:
            value = {"isSuccess": True, "errorInformation": None, "value": value}
        return json(200, value, {})

    def _find(self, identity: str) -> Subscription:
        found = self._known.find(identity)
        if found is None:
            raise _refusal("invalidSubscriptionId", "There is no such subscription.", 404)
        return found

    async def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        url = self._url(body.get("webhookUrl"))
        events = self._events(body.get("eventIds"))
        version, reference = _version(body.get("eventSchemaVersion")), _reference(body)
        if self._options.webhook_probe in {"both", "create"}:
            await _probe(url)
        made = self._known.make(url, events, version, reference)
        # The only answer that ever shows the key.
        return {**subscriptions.shown(made), "messageSignatureKey": made.key}

    async def _update(self, identity: str, body: dict[str, Any]) -> dict[str, Any]:
        found = self._find(identity)
        status = body.get("status")
        if status not in {None, ACTIVE, BY_USER} or (status and found.status == RETIRED):
            raise _refusal("subscriptionStatusNotValid", "It cannot have this status.")
        url = self._url(body["webhookUrl"]) if "webhookUrl" in body else found.url
        events = self._events(body["eventIds"]) if "eventIds" in body else found.events
        if "eventSchemaVersion" in body:
            found.version = _version(body["eventSchemaVersion"])
        if "referenceId" in body:
            found.reference = _reference(body)
        if status == ACTIVE and self._options.webhook_probe in {"both", "activate"}:
            await _probe(url)
        found.url, found.events = url, events
        if status is not None and status != found.status:
            found.turn(status, self._known.now)
        return subscriptions.shown(found)

    def _deactivate(self, identity: str) -> dict[str, Any]:
        found = self._find(identity)
        found.turn(BY_USER, self._known.now)
        return {
            "subscriptionId": found.id,
            "message": "Subscription deactivated successfully.",
            "deactivationDateTime": found.changed,
            "referenceId": found.reference,
        }

    def _events(self, value: object) -> tuple[str, ...]:
        known = EVENTS | {ARRIVAL} if self._options.webhook_arrivals else EVENTS
        return _known_events(value, known)

    def _url(self, value: object) -> str:
        if value is None:
            raise _refusal("invalidValueWebhookURLRequired", "A webhookUrl is required.")
        if not isinstance(value, str) or not value.strip():
            raise _refusal("invalidValueWebhookURLCannotBeBlank", "The webhookUrl is blank.")
        if len(value) > _LONGEST_URL:
            raise _refusal("invalidValueWebhookURLTooLong", "The webhookUrl is too long.")
        scheme = _scheme(value)
        if scheme != "https" and not (scheme == "http" and self._options.webhook_http):
            raise _refusal("invalidWebhookURLMissingHTTPS", "The webhookUrl is not https.")
        try:
            return str(here(value))
        except ValueError:
            # The sandbox asks nobody but this machine, so that nobody else answers.
            if scheme == "http":
                message = "The webhookUrl is not https."
                raise _refusal("invalidWebhookURLMissingHTTPS", message) from None
            raise _refusal("invalidWebhookURLNoResponse", "The URL does not answer.") from None


def _scheme(value: str) -> str:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL:
        url = httpx.URL()
    if not url.host:
        raise _refusal("invalidWebhookUrlBadFormat", "The webhookUrl is no URL.")
    return url.scheme


def _known_events(value: object, known: frozenset[str]) -> tuple[str, ...]:
    if value is None:
        raise _refusal("invalidValueEventIdsRequired", "eventIds are required.")
    if not isinstance(value, list) or not value:
        raise _refusal("invalidValueEventIdsCannotBeBlank", "There are no eventIds.")
    ids = [str(one) for one in cast("list[object]", value)]
    if not known.issuperset(ids):
        raise _refusal("invalidValueEventIds", "Some of the eventIds are unknown.")
    return tuple(dict.fromkeys(ids))


def _version(value: object) -> int:
    if value is None:
        raise _refusal("invalidEventSchemaVersionRequired", "An eventSchemaVersion is required.")
    if value != 1:
        raise _refusal("invalidEventSchemaVersion", "There is no such eventSchemaVersion.")
    return 1


def _reference(body: dict[str, Any]) -> str | None:
    value = body.get("referenceId")
    if value is not None and len(str(value)) > _LONGEST_REFERENCE:
        raise _refusal("invalidValueReferenceIdTooLong", "The referenceId is too long.")
    return None if value is None else str(value)


async def _probe(url: str) -> None:
    """Ask with HEAD whether somebody is there; nothing is signed yet."""
    try:
        with anyio.fail_after(_PATIENCE):
            # Only this machine is asked.
            async with httpx.AsyncHTTPTransport(verify=False) as transport:
                response = await transport.handle_async_request(httpx.Request("HEAD", url))
                await response.aclose()
    except (httpx.TransportError, TimeoutError):
        raise _refusal("invalidWebhookURLNoResponse", "The URL does not answer.") from None
    if not response.is_success:
        raise _refusal("invalidWebhookUrlError", f"The URL answers {response.status_code}.")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise _refusal("invalidWebhookUrlError", "The body is no JSON.") from error


def _refusal(kind: str, message: str, status: int = 400) -> Refusal:
    return Refusal(status, message, code=kind)
