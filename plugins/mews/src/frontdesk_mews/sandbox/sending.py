"""What can be chosen about the webhooks of an emulated Mews."""

from __future__ import annotations

from typing import Any

import attrs
import httpx

_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_SHARE = [attrs.validators.ge(0.0), attrs.validators.le(1.0)]


def here(url: str) -> httpx.URL:
    """Read a URL of this machine.

    Raises:
        ValueError: It is one of another machine, or none at all.
    """
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        found = httpx.URL()
    if found.scheme != "http" or found.host not in _HERE:
        message = "a sandbox sends webhooks to this machine only: http://127.0.0.1:PORT/..."
        raise ValueError(message)
    return found


def _local(_sending: object, _attribute: attrs.Attribute[str | None], value: str | None) -> None:
    if value is not None:
        here(value)


def _share(help: str) -> Any:
    """Declare a share of all messages, from 0 to 1; of each hundred exactly so many."""
    return attrs.field(default=0.0, validator=_SHARE, metadata={"help": help})


@attrs.frozen(kw_only=True)
class Sending:
    """When webhooks leave, and what becomes of some on the way."""

    webhooks: str | None = attrs.field(
        default=None,
        validator=_local,
        metadata={
            "help": "Where webhooks go, a URL on this machine; the sandbox adds its Token. "
            "Left out, none are sent."
        },
    )
    webhook_lag: float = attrs.field(
        default=1.0,
        validator=attrs.validators.ge(0.0),
        metadata={"help": "Seconds in which a property's events are collected into a message."},
    )
    webhook_late: float = attrs.field(
        default=0.0,
        validator=attrs.validators.ge(0.0),
        metadata={"help": "Each message leaves up to so many seconds later, by chance."},
    )
    webhook_burst: int = attrs.field(
        default=1,
        validator=attrs.validators.ge(1),
        metadata={"help": "Messages are held until there are so many, then leave at once."},
    )
    webhook_doubled: float = _share("Share of messages that are sent twice.")
    webhook_disordered: float = _share("Share of messages that leave behind later ones.")
    webhook_dropped: float = _share("Share of messages that are never sent.")
    webhook_malformed: float = _share("How many messages that are no JSON come along.")
    webhook_mistoken: float = _share("How many messages with a wrong Token come along.")
    webhook_foreign: float = _share("How many messages for an unknown property come along.")
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
