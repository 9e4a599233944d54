"""What can be chosen about the webhooks of an emulated Mindbody."""

from __future__ import annotations

from typing import Any, Literal

import attrs
import httpx

from frontdesk.sandbox import options

_SCHEMES = ("http", "https")


def here(url: str) -> httpx.URL:
    """Read a URL of this machine; Mindbody itself takes https only."""
    return options.here(url, _SCHEMES)


def _local(_sending: object, _attribute: attrs.Attribute[str | None], value: str | None) -> None:
    if value is not None:
        here(value)


def _choice(default: str, choices: tuple[str, ...], help: str) -> Any:
    validator = attrs.validators.in_(choices)
    return attrs.field(default=default, validator=validator, metadata={"help": help})


def _switch(default: bool, help: str) -> Any:  # reads as what it declares
    return attrs.field(default=default, metadata={"help": help})


@attrs.frozen(kw_only=True)
class Sending(options.Options):
    """When webhooks leave, what they hold, and what becomes of some on the way."""

    webhooks: str | None = attrs.field(
        default=None,
        validator=_local,
        metadata={
            "help": "Where webhooks go, a URL on this machine: a subscription to every event is "
            "there from the start. Left out, subscriptions are made through the push API."
        },
    )
    webhook_lag: float = attrs.field(
        default=1.0,
        validator=attrs.validators.ge(0.0),
        metadata={"help": "Seconds between a change and its message."},
    )
    webhook_missigned: float = options.share("How many messages with a wrong signature come along.")
    webhook_foreign: float = options.share("How many messages of an unknown site come along.")
    webhook_unknown: float = options.share("How many messages with an unknown event id come along.")
    webhook_naive: float = options.share(
        "Share of messages whose times are the site's, without a zone."
    )
    webhook_retry: float = attrs.field(
        default=900.0,
        validator=attrs.validators.ge(0.0),
        metadata={"help": "Seconds after which a message that was not accepted is sent again."},
    )
    webhook_attempts: int = attrs.field(
        default=13,
        validator=attrs.validators.ge(1),
        metadata={"help": "How often a message is sent: once, and then for three hours."},
    )
    webhook_failures: int = attrs.field(
        default=100,
        validator=attrs.validators.ge(0),
        metadata={
            "help": "A subscription is deactivated after so many messages that never arrived; "
            "Mindbody does not say how many. 0: never."
        },
    )
    webhook_probe: Literal["both", "create", "activate", "never"] = _choice(
        "both",
        ("both", "create", "activate", "never"),
        "When the URL of a subscription is tried with HEAD; unconfirmed.",
    )
    webhook_http: bool = _switch(
        default=True, help="Take plain http for URLs of this machine; Mindbody wants https."
    )
    webhook_wrapped: bool = _switch(
        default=False, help="Wrap the push API's answers as the official SDK has them."
    )
    webhook_own_site: bool = _switch(
        default=True, help="Send events of the test site -99 too; unconfirmed."
    )
    webhook_origination: str = attrs.field(
        default="eventInstanceOriginationDateTime",
        metadata={"help": "The name of the time in the envelope; one client's types differ."},
    )
    webhook_absent: str = attrs.field(
        default="Absent",
        metadata={"help": "The signedInStatus of who is neither in nor cancelled; unconfirmed."},
    )
    webhook_missed: str = attrs.field(
        default="NoShow",
        metadata={"help": "The signedInStatus of who did not come; unconfirmed."},
    )
    webhook_prefix: bool = _switch(
        default=True, help="Begin the signature with sha256=; one receiver's notes know none."
    )
    webhook_early_cancel: Literal["status", "cancelled", "both"] = _choice(
        "status",
        ("status", "cancelled", "both"),
        "Which event tells of an early cancellation; unconfirmed.",
    )
    webhook_appointment_cancel: Literal["cancelled", "updated", "both"] = _choice(
        "cancelled",
        ("cancelled", "updated", "both"),
        "Which event tells that an appointment was cancelled.",
    )
    webhook_returns: bool = _switch(
        default=True, help="Tell of a return as of a sale; unconfirmed."
    )
    webhook_gift_barcodes: bool = _switch(
        default=True, help="Show the barcode of a gift card in a sale's event; unconfirmed."
    )
    webhook_gift_type: str = attrs.field(
        default="Product",
        metadata={"help": "The type of a gift card in a sale's event; unconfirmed."},
    )
    webhook_unit_amounts: bool = _switch(
        default=False, help="Make amountPaid the price of one piece, not of the line; unconfirmed."
    )
    webhook_tax: bool = _switch(
        default=True, help="Let the amounts of a sale's event include the taxes; unconfirmed."
    )
    webhook_arrivals: bool = _switch(
        default=False, help="Tell of arrivals by clientArrival.created as well; unconfirmed."
    )
    webhook_extras: bool = _switch(
        default=False,
        help="Add fields that only third parties have seen: a transactionKey to each envelope, "
        "clientUniqueId and paymentReferenceId to appointments; unconfirmed.",
    )
    webhook_numbers: bool = _switch(
        default=False, help="Give the push API's errorCode as a number; unconfirmed."
    )
