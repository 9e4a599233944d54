"""Acorn with webhooks: signed, and sent to one inn or to all inns of a partner."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import acorn
import attrs
from inn import altered

from frontdesk import Delivery, Webhook

SIGNATURE = "x-acorn-signature"
KEY = b"acorn-webhook-KEY"


def signed(*news: Any, key: bytes = KEY, **more: Any) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a delivery."""
    body = json.dumps({"news": list(news), **more}).encode()
    return {SIGNATURE: hmac.new(key, body, hashlib.sha256).hexdigest()}, body


def row(stream: str, values: dict[str, Any]) -> dict[str, Any]:
    """News that carries a row."""
    return {"stream": stream, "row": values}


def about(stream: str, id: str) -> dict[str, Any]:
    """News that names an id."""
    return {"stream": stream, "id": id}


def verify_webhook(delivery: Delivery) -> bool:
    shown = delivery.headers.get(SIGNATURE, "")
    return hmac.compare_digest(shown, hmac.new(KEY, delivery.body, hashlib.sha256).hexdigest())


def route_webhook(delivery: Delivery) -> list[str]:
    inn = json.loads(delivery.body).get("inn")
    return [inn] if inn else []


def hooked(
    kind: Webhook = Webhook.IDS,
    *,
    delivery_id: str = "",
    webhook_discard: tuple[str, ...] = (),
    **hooks: Callable[..., Any],
) -> ModuleType:
    """Return Acorn with webhooks of a kind."""
    manifest = attrs.evolve(
        acorn.manifest, webhook=kind, delivery_id=delivery_id, webhook_discard=webhook_discard
    )
    given: dict[str, Any] = {
        "manifest": manifest,
        "verify_webhook": verify_webhook,
        "route_webhook": route_webhook,
        **hooks,
    }
    return altered(**given)
