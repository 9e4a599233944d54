"""What can be chosen about the webhooks of an emulated Boulevard."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from frontdesk.sandbox import options


def _guess(help: str, default: bool) -> Any:
    """Declare a behaviour that nobody has confirmed."""
    return attrs.field(default=default, metadata={"help": f"{help} (unconfirmed)"})


@attrs.frozen(kw_only=True)
class Sending(options.Options):
    """When webhooks leave, what is in them, and what becomes of some on the way."""

    webhooks: str | None = options.webhooks(
        "Where webhooks go without having been created through the API, a URL on "
        "this machine. Left out, only created ones are sent."
    )
    webhook_http: bool = attrs.field(
        default=False,
        metadata={"help": "Let webhooks be created for http URLs of this machine, not only https."},
    )
    webhook_secret_apart: bool = _guess("Sign webhooks with a secret of their own", False)
    webhook_nodes: Literal["id", "full"] = attrs.field(
        default="id",
        validator=attrs.validators.in_(("id", "full")),
        metadata={
            "help": "What memberships, preferences, tags and refunds show in a webhook: their id, "
            "or what their neighbours show (unconfirmed)"
        },
    )
    webhook_merged: Literal["source", "target"] = attrs.field(
        default="source",
        validator=attrs.validators.in_(("source", "target")),
        metadata={"help": "Whom CLIENT_MERGED shows, the one that ends or stays (unconfirmed)"},
    )
    webhook_offsets: bool = _guess("Write an appointment's times with the location's offset", False)
    webhook_bare: bool = attrs.field(
        default=False,
        metadata={"help": "Leave timestamp and idempotencyKey out, as bodies of 2022 did."},
    )
    webhook_odd: bool = attrs.field(
        default=False,
        metadata={"help": "Put an order's number behind its type in resource, as was seen once."},
    )
    webhook_headers: bool = _guess("Send the event type and idempotency key as headers too", False)
    cancellation_told: Literal["scheduling", "effect", "both"] = attrs.field(
        default="effect",
        validator=attrs.validators.in_(("scheduling", "effect", "both")),
        metadata={
            "help": "When MEMBERSHIP_CANCELLED tells of a cancellation that was scheduled "
            "(unconfirmed)"
        },
    )
    reschedule_updates: bool = _guess("APPOINTMENT_UPDATED comes with a reschedule", True)
    restore_creates: bool = _guess("Restoring fires APPOINTMENT_CREATED, not _UPDATED", False)
    preferences_update: bool = _guess("CLIENT_UPDATED comes with changed preferences", False)
    staff_preferences: bool = _guess("Preferences that staff change are told as well", True)
    webhook_missigned: float = options.share("How many messages with a wrong signature come along.")
    webhook_retry: float = attrs.field(
        default=30.0,
        validator=attrs.validators.ge(0.0),
        metadata={
            "help": "Seconds until a refused message is sent again; doubled each time (unconfirmed)"
        },
    )
    webhook_longest: float = attrs.field(
        default=3_600.0,
        validator=attrs.validators.ge(0.0),
        metadata={"help": "The most seconds between two attempts (unconfirmed)."},
    )
    webhook_retries: int = attrs.field(
        default=10,
        validator=[attrs.validators.ge(0), attrs.validators.le(100)],
        metadata={"help": "How often a message is sent again if its subscription does not say."},
    )
    webhook_patience: float = attrs.field(
        default=10.0,
        validator=attrs.validators.gt(0.0),
        metadata={"help": "Seconds in which a receiver must answer (5 to 10 are told of)."},
    )
    webhook_failures: int = attrs.field(
        default=15,
        validator=attrs.validators.ge(1),
        metadata={"help": "So many failures in a row, and too long a time, disable a webhook."},
    )
    webhook_failing: float = attrs.field(
        default=28_800.0,
        validator=attrs.validators.ge(0.0),
        metadata={"help": "That long a time, in seconds."},
    )
