"""Acorn with webhooks: signed, and sent to one inn or to all inns of a partner."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import acorn
import attrs
from inn import TOKEN, altered

from frontdesk import Delivery, Webhook

SIGNATURE = "x-acorn-signature"


def signed(*news: Any, **more: Any) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a delivery."""
    body = json.dumps({"news": list(news), **more}).encode()
    return signing(body), body


def signing(body: bytes) -> dict[str, str]:
    """Return the headers that sign a body."""
    return {SIGNATURE: acorn.signature(body, TOKEN)}


def row(stream: str, values: dict[str, Any]) -> dict[str, Any]:
    """News that carries a row."""
    return {"stream": stream, "row": values}


def about(stream: str, id: str) -> dict[str, Any]:
    """News that names an id."""
    return {"stream": stream, "id": id}


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
        "route_webhook": route_webhook,
        **hooks,
    }
    return altered(**given)
