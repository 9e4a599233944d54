"""Who may ask, and for which properties."""

from __future__ import annotations

from random import Random
from uuid import UUID

import attrs

from frontdesk_mews.sandbox.houses import House


@attrs.frozen(kw_only=True)
class Token:
    """An access token: of one property, or of the whole chain."""

    value: str = attrs.field(repr=False)
    #: The properties it sees, a bit for each.
    mask: int
    portfolio: bool
    #: The property's id; None for the whole chain.
    enterprise_id: str | None


@attrs.frozen(kw_only=True)
class Tokens:
    """The tokens of the emulated world; they stay the same for the same seed."""

    client: str = attrs.field(repr=False)
    #: What a receiver of webhooks finds in their URL.
    webhook: str = attrs.field(repr=False)
    #: The id of the integration that all tokens are of.
    integration: str
    portfolio: Token
    properties: tuple[Token, ...]

    @property
    def all(self) -> dict[str, Token]:
        """Find an access token by its text."""
        return {token.value: token for token in (self.portfolio, *self.properties)}


def issue(seed: int, houses: list[House], everyone: int) -> Tokens:
    """Hand out a token for each property and one for all of them."""
    # A generator of its own: the tokens do not depend on how the world was drawn.
    rng = Random(f"tokens of {seed}")
    integration = f"{rng.getrandbits(128):032X}"

    def text() -> str:
        return f"{integration}-{rng.getrandbits(128):032X}"

    return Tokens(
        integration=str(UUID(integration)),
        client=text(),
        portfolio=Token(value=text(), mask=everyone, portfolio=True, enterprise_id=None),
        properties=tuple(
            Token(value=text(), mask=h.mask, portfolio=False, enterprise_id=h.enterprise.id)
            for h in houses
        ),
        webhook=f"{rng.getrandbits(128):032x}",
    )
