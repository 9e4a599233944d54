"""What can be chosen about the webhooks of an emulated Mews."""

from __future__ import annotations

import attrs

from frontdesk.sandbox import options


@attrs.frozen(kw_only=True)
class Sending(options.Options):
    """When webhooks leave, and what becomes of some on the way."""

    webhooks: str | None = options.webhooks(
        "Where webhooks go, a URL on this machine; the sandbox adds its Token. "
        "Left out, none are sent."
    )
    webhook_lag: float = attrs.field(
        default=1.0,
        validator=attrs.validators.ge(0.0),
        metadata={"help": "Seconds in which a property's events are collected into a message."},
    )
    webhook_burst: int = attrs.field(
        default=1,
        validator=attrs.validators.ge(1),
        metadata={"help": "Messages are held until there are so many, then leave at once."},
    )
    webhook_mistoken: float = options.share("How many messages with a wrong Token come along.")
    webhook_foreign: float = options.share("How many messages for an unknown property come along.")
    webhook_retry: float = attrs.field(
        default=180.0,
        validator=attrs.validators.ge(0.0),
        metadata={"help": "Seconds after which a message that was not accepted is sent again."},
    )
    webhook_attempts: int = attrs.field(
        default=5,
        validator=attrs.validators.ge(1),
        metadata={"help": "How often a message is sent before Mews gives up."},
    )
