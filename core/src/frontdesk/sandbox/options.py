"""What can be chosen about every sandbox, as its plugin's options declare it."""

from __future__ import annotations

import inspect
from collections.abc import Container
from datetime import datetime
from typing import Any, Final

import attrs
import httpx

_HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_SHARE: Final = [attrs.validators.ge(0.0), attrs.validators.le(1.0)]


def _aware(
    _options: object, _attribute: attrs.Attribute[datetime | None], value: datetime | None
) -> None:
    if value is not None and value.tzinfo is None:
        message = f"now must be an aware time, not {value!r}; add a time zone"
        raise ValueError(message)


def webhooks(text: str) -> Any:
    """Declare where webhooks go: a URL of this machine, or None."""
    return attrs.field(default=None, validator=_local, metadata={"help": text})


def share(text: str) -> Any:
    """Declare a share of all messages, from 0 to 1; of each hundred exactly so many."""
    return attrs.field(default=0.0, validator=_SHARE, metadata={"help": text})


@attrs.frozen(kw_only=True)
class Options:
    """What makes the world beside its size, and what becomes of webhooks on the way."""

    seed: int = attrs.field(
        default=7, metadata={"help": "The same seed and the same clock give the same world."}
    )
    now: datetime | None = attrs.field(
        default=None,
        validator=_aware,
        metadata={
            "help": "A time (aware) at which the server's clock stands still until it is "
            "advanced; left out, it is the real time and runs."
        },
    )
    webhook_late: float = attrs.field(
        default=0.0,
        validator=attrs.validators.ge(0.0),
        metadata={"help": "Each message leaves up to so many seconds later, by chance."},
    )
    webhook_doubled: float = share("Share of messages that are sent twice.")
    webhook_disordered: float = share("Share of messages that leave behind later ones.")
    webhook_dropped: float = share("Share of messages that are never sent.")
    webhook_malformed: float = share("How many messages that are no JSON come along.")


def own_first(cls: type, fields: list[attrs.Attribute[object]]) -> list[attrs.Attribute[object]]:
    """List what a class declares before what it inherits: attrs' ``field_transformer``."""
    own = inspect.get_annotations(cls)
    return sorted(fields, key=lambda field: field.name not in own)


def here(url: str, schemes: Container[str] = ("http",)) -> httpx.URL:
    """Read a URL of this machine.

    Raises:
        ValueError: It is one of another machine, or none at all.
    """
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        found = httpx.URL()
    if found.scheme not in schemes or found.host not in _HERE:
        message = "a sandbox sends webhooks to this machine only: http://127.0.0.1:PORT/..."
        raise ValueError(message)
    return found


def _local(_options: object, _attribute: attrs.Attribute[str | None], value: str | None) -> None:
    if value is not None:
        here(value)
