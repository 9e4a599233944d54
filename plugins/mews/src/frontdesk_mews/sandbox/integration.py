"""The integration itself: connected, disabled, given a new key; and what Mews tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, Final

import attrs

from frontdesk.sandbox.clock import ServerClock
from frontdesk_mews.sandbox import messages
from frontdesk_mews.sandbox.houses import House
from frontdesk_mews.sandbox.refusal import Refusal, invalid
from frontdesk_mews.sandbox.sender import Sender
from frontdesk_mews.sandbox.tokens import Token, Tokens

_OPENS: Final = ("IntegrationCreated", "IntegrationEnabled", "IntegrationReinstated")
_SHUTS: Final = ("IntegrationDisabled", "IntegrationCanceled", "IntegrationDeleted")
_RENEWS: Final = "IntegrationApiKeyCreated"


class Integration:
    """Which access tokens are good, and the Integration webhooks about them."""

    def __init__(
        self, tokens: Tokens, houses: Sequence[House], sender: Sender, clock: ServerClock
    ) -> None:
        self._tokens = tokens
        self._houses = houses
        self._sender = sender
        self._clock = clock
        self._rng = Random(f"keys of {tokens.webhook}")
        self._good = tokens.all
        self._shut: set[str | None] = set()

    def find(self, text: object) -> Token:
        """Find the access token of a request, or refuse it."""
        token = self._good.get(text) if isinstance(text, str) else None
        if token is None:
            raise Refusal(401, "Invalid AccessToken.")
        if token.enterprise_id in self._shut:
            raise Refusal(401, "The integration is disabled.")
        return token

    def announce(self, action: str, enterprise: str | None = None) -> str | None:
        """Let something happen to the integration of a property, or of the whole chain.

        Returns:
            The new access token, where the action makes one. The old one stays good: whether
            it does in Mews, nobody has confirmed.
        """
        known: dict[str | None, Token] = {
            one.enterprise_id: one for one in self._tokens.all.values()
        }
        if enterprise not in known:
            raise invalid("EnterpriseId")
        token, key = known[enterprise], None
        if action in _OPENS:
            self._shut.discard(enterprise)
        elif action in _SHUTS:
            self._shut.add(enterprise)
        elif action == _RENEWS:
            key = f"{token.value.rpartition('-')[0]}-{self._rng.getrandbits(128):032X}"
            self._good[key] = attrs.evolve(token, value=key)
        else:
            raise invalid("Action")
        if self._sender.to is not None:
            more = self._more(action, token, key)
            self._sender.outbox.put(messages.news(action, self._tokens.integration, **more))
        return key

    def _more(self, action: str, token: Token, key: str | None) -> dict[str, Any]:
        if key is not None:
            return {"ApiKey": key}
        if action == "IntegrationDeleted":
            return {"DeletedUtc": self._clock.now}
        if action != "IntegrationCreated":
            return {}
        rows = [house.enterprise for house in self._houses]
        row = next((row for row in rows if row.id == token.enterprise_id), rows[0])
        return {
            "Enterprise": {"Id": row.id, "Name": row.name},
            "Service": None,
            "Requestor": None,
            "AccessToken": token.value,
            "CreatedUtc": self._clock.now,
            "IsEnabled": True,
        }
