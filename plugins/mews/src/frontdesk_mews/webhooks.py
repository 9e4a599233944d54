"""Webhooks of Mews: ids without facts, for many properties at one URL; and news of itself."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, Final

from frontdesk.model import Delivery, Ref
from frontdesk.notices import Notice, Standing
from frontdesk.rows import Row, delivered, objects
from frontdesk_mews.rows import part, required, text

#: Only reservations are announced as service orders so far.
_STREAMS: Final = {
    "ServiceOrderUpdated": "reservations",
    "CustomerAdded": "customers",
    "CustomerUpdated": "customers",
}
#: What is not stored: the token of the URL, the tokens that Integration webhooks carry, and
#: whom at the hotel they name.
DISCARDED: Final = ("?Token", "Data.AccessToken", "Data.ApiKey", "Data.Requestor")
_AGAIN: Final = "if the configured access token is refused, put the present one into access_token"
_IN: Final = "in Mews Operations, Marketplace"
_FROM: Final = "from Mews Operations, Marketplace"
_ENDED: Final = f"ask the hotel, or enable it again {_IN}"
#: By action: how the connection stands, and in words what happened and what to do.
_NEWS: Final[Mapping[str, tuple[Standing, str]]] = {
    "IntegrationCreated": (Standing.OPEN, f"connected the integration; {_AGAIN}"),
    "IntegrationEnabled": (Standing.OPEN, f"enabled the integration; {_AGAIN}"),
    "IntegrationReinstated": (Standing.OPEN, f"reinstated the integration; {_AGAIN}"),
    "IntegrationDisabled": (Standing.CLOSED, f"disabled the integration; {_ENDED}"),
    "IntegrationCanceled": (Standing.CLOSED, f"cancelled the integration; {_ENDED}"),
    "IntegrationDeleted": (
        Standing.CLOSED,
        f"deleted the integration; connect it anew {_IN}",
    ),
    # The key itself came along, but nothing signs it: who knows the URL could send another.
    "IntegrationApiKeyCreated": (
        Standing.CHANGED,
        f"made a new access token for the integration; copy it {_FROM}, into access_token",
    ),
}


def news(delivery: Delivery) -> list[Ref | Notice]:
    """Name what changed, once each, or tell what became of the integration.

    Raises:
        RecordError: It is neither kind of webhook Mews has.
    """
    body = delivered(delivery)
    if "Events" in body:
        return _refs(body)
    told = _NEWS.get(required(body, "Action"))
    # Actions Mews may add are none of ours; an id says which of several is meant.
    if told is None:
        return []
    standing, happened = told
    which = text(part(part(body, "Data") or {}, "Integration") or {}, "Id") or "of unknown id"
    return [Notice(standing, f"Mews {happened} (integration {which})")]


def _refs(body: Row) -> list[Ref | Notice]:
    found: dict[Ref | Notice, None] = {}
    for entry in objects(body, "Events"):
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
    """Name the property a delivery is meant for; most news of the integration names none."""
    body = delivered(delivery)
    about = part(part(body, "Data") or {}, "Enterprise") or {}
    own = text(body, "EnterpriseId") or text(about, "Id")
    return [own] if own else []
