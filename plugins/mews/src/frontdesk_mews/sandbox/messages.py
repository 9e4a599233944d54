"""The bodies of webhooks, and which change of the world leads to which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import attrs
import msgspec

from frontdesk.sandbox import outbox
from frontdesk_mews.sandbox.journal import Action

Event: TypeAlias = tuple[str, str]
"""What happened, in Mews' word, and the id of whom it happened to."""

#: Mews speaks of "the order of hundreds" and no number.
MOST: Final = 300
_CUSTOMER: Final = ("CustomerUpdated",)
#: An address is nobody's event: whether it ever leads to one of its guest is unconfirmed.
_TOLD: Final[Mapping[str, tuple[str, ...]]] = {
    "customer.created": ("CustomerAdded", "CustomerUpdated"),
    "customer.updated": _CUSTOMER,
    "customer.merged": _CUSTOMER,
    "customer.deleted": _CUSTOMER,
}


@attrs.define(eq=False)
class Message(outbox.Message):
    """One webhook on its way."""

    token: str = attrs.field(repr=False)


def events(action: Action) -> Iterator[Event]:
    """Tell which events an action leads to."""
    if action.kind.startswith("reservation."):
        yield "ServiceOrderUpdated", action.id
    for discriminator in _TOLD.get(action.kind, ()):
        yield discriminator, action.id


def general(enterprise: str, integration: str, told: Iterable[Event]) -> bytes:
    """Write a General webhook."""
    return msgspec.json.encode(
        {
            "EnterpriseId": enterprise,
            "IntegrationId": integration,
            "Events": [{"Discriminator": kind, "Value": {"Id": one}} for kind, one in told],
        }
    )


def news(action: str, integration: str, **more: Any) -> bytes:
    """Write an Integration webhook."""
    about = {"Id": integration, "Name": "frontdesk"}
    return msgspec.json.encode({"Action": action, "Data": {**more, "Integration": about}})
