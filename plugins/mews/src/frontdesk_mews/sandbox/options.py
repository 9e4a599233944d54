"""What can be chosen about an emulated Mews."""

from __future__ import annotations

from typing import Literal

import attrs

from frontdesk.sandbox import options
from frontdesk_mews.sandbox.sending import Sending

#: A row says who may see it in one 64-bit mask, a bit for each property.
MOST_PROPERTIES = 64


@attrs.frozen(kw_only=True, field_transformer=options.own_first)
class Options(Sending):
    """The size and the manners of the generated world."""

    reservations: int = attrs.field(
        default=2_000,
        validator=attrs.validators.ge(0),
        metadata={"help": "How many reservations exist at the start."},
    )
    properties: int = attrs.field(
        default=2,
        validator=[attrs.validators.ge(1), attrs.validators.le(MOST_PROPERTIES)],
        metadata={"help": "How many properties the one chain has."},
    )
    portfolio: bool = attrs.field(
        default=True,
        metadata={"help": "Hand out the token of the whole chain, not of its first property."},
    )
    customers: int | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(1)),
        metadata={"help": "How many guest profiles exist; left out, 0.6 for each reservation."},
    )
    rate_limit: int = attrs.field(
        default=200, metadata={"help": "Requests allowed for each access token in the window."}
    )
    rate_window: float = attrs.field(
        default=30.0, metadata={"help": "The rate limit's window in seconds; 0 turns it off."}
    )
    retry_after: bool = attrs.field(
        default=True, metadata={"help": "Say in a 429 when to come back; Mews may leave it out."}
    )
    unknown_ids: Literal["omit", "refuse"] = attrs.field(
        default="omit",
        validator=attrs.validators.in_(("omit", "refuse")),
        metadata={"help": "What an unknown id in a filter does: matches nothing, or is a 400."},
    )
    narrow_defaults: bool = attrs.field(
        default=True,
        metadata={"help": "Without a state filter, hide inactive rows, rather than show all."},
    )
    keep_cancelled: bool = attrs.field(
        default=False,
        metadata={"help": "Leave CancelledUtc on a reservation that was restored."},
    )

    @property
    def guests(self) -> int:
        """Count the guest profiles to make."""
        return max(20, self.reservations * 3 // 5) if self.customers is None else self.customers
