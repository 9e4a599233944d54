"""What can be chosen about an emulated channel manager."""

from __future__ import annotations

import attrs

from frontdesk.sandbox import options


@attrs.frozen(kw_only=True, field_transformer=options.own_first)
class Options(options.Options):
    """The size and the manners of the generated world."""

    reservations: int = attrs.field(
        default=60,
        validator=attrs.validators.ge(0),
        metadata={"help": "How many reservations there are at the start; all of them are sent."},
    )
    webhooks: str | None = options.webhooks("Where webhooks go: a URL of this machine.")
    batch: int = attrs.field(
        default=20,
        validator=attrs.validators.ge(1),
        metadata={"help": "How many reservations a message carries at the start."},
    )
    inside: float = options.share("Share of reservations made inside an integrated system.")
    wrong: float = options.share("Share of reservations that depart before they arrive.")
    webhook_missigned: float = options.share("How many messages with a wrong signature come along.")
