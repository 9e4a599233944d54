"""Webhooks of Mews: ids without facts, for many properties at one URL."""

from __future__ import annotations

import hmac
from typing import Any, Final

import msgspec

from frontdesk import jsons
from frontdesk.errors import RecordError
from frontdesk.model import Delivery, Ref
from frontdesk_mews.rows import Row, as_row, objects, part, required, text

#: Only reservations are announced as service orders so far.
_STREAMS: Final = {
    "ServiceOrderUpdated": "reservations",
    "CustomerAdded": "customers",
    "CustomerUpdated": "customers",
}


def refs(delivery: Delivery) -> list[Ref]:
    """Name what changed, once each.

    Messages about the integration itself name nothing: they hold tokens, and stay unread.
    """
    found: dict[Ref, None] = {}
    for entry in objects(_body(delivery), "Events"):
        stream = _STREAMS.get(text(entry, "Discriminator") or "")
        if stream:
            found[Ref(stream, required(part(entry, "Value") or {}, "Id"), max_age=0)] = None
    return list(found)


def verified(delivery: Delivery, settings: Any) -> bool:
    """Compare the token in the URL: Mews signs nothing."""
    shown = delivery.query.get("Token", "").encode()
    return bool(settings.webhook_token) and hmac.compare_digest(
        shown, settings.webhook_token.encode()
    )


def enterprises(delivery: Delivery) -> list[str]:
    """Name the property a delivery is meant for."""
    body = _body(delivery)
    about = part(part(body, "Data") or {}, "Enterprise") or {}
    own = text(body, "EnterpriseId") or text(about, "Id")
    return [own] if own else []


def _body(delivery: Delivery) -> Row:
    # Mews promises no content type, so the body alone decides.
    try:
        body = as_row(jsons.decode(delivery.body))
    except msgspec.DecodeError:
        raise RecordError("the delivery is no JSON") from None
    if body is None:
        raise RecordError("the delivery is no JSON object")
    return body
