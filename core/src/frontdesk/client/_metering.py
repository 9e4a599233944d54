"""Requests counted over 24 hours, where the platform allows so many a day and no more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias

import attrs

from frontdesk import jsons
from frontdesk.client._pacing import QuotaError, in_background
from frontdesk.manifest import Quota

Count: TypeAlias = Callable[[Mapping[str, str]], Awaitable[None]]
"""Counts a request by its headers, or raises because there is no room for it."""


@attrs.frozen
class Counted:
    """What is counted together, and how far it may go.

    Args:
        digest: Of the headers whose values have a count of their own; secrets among them.
        label: What may be shown of them.
    """

    digest: bytes = attrs.field(repr=False)
    label: str
    limit: int


class Counter(Protocol):
    """Where core counts: in the store, so that all processes share one count."""

    async def take(self, counted: Counted) -> float:
        """Count one request and return 0, or return the seconds until it may be sent."""
        ...


@attrs.frozen
class Meter:
    """Lets a request through if its quota has room, and counts it before it is sent.

    Args:
        limit: Requests in any 24 hours.
    """

    quota: Quota
    limit: int
    counter: Counter

    async def take(self, headers: Mapping[str, str]) -> None:
        """Count a request with these headers.

        Raises:
            QuotaError: The quota is used up, or what those in the background may use of it.
        """
        quota = self.quota
        values = [headers.get(name, "") for name in quota.counted_by]
        allowed = int(self.limit * (1 - quota.reserve)) if in_background() else self.limit
        digest = jsons.digest(jsons.encode(values))
        label = headers.get(quota.labelled_by, "") if quota.labelled_by else ""
        wait = await self.counter.take(Counted(digest, label, allowed))
        if wait > 0:
            raise QuotaError(wait)


def metered(quota: Quota | None, settings: Any, counter: Counter | None) -> Count:
    """Return what counts a request by its headers; without a store, nothing does."""
    if quota is None or counter is None:
        return _uncounted
    limit = getattr(settings, quota.setting) if quota.setting else quota.limit
    return Meter(quota, int(limit), counter).take


async def _uncounted(headers: Mapping[str, str]) -> None:
    """Let everything through."""
