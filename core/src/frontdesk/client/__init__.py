"""The HTTP client that connectors are handed.

It keeps within the platform's rates, tries again what is worth trying again, and raises
:mod:`frontdesk.errors` that show neither secrets nor guests.
"""

from __future__ import annotations

from frontdesk.client._client import Client
from frontdesk.client._clock import Clock, SystemClock
from frontdesk.client._metering import Counted, Counter
from frontdesk.client._pacing import background
from frontdesk.client._state import Keeper, State
from frontdesk.client._types import Answer, Limits, Lookup

__all__ = [
    "Answer",
    "Client",
    "Clock",
    "Counted",
    "Counter",
    "Keeper",
    "Limits",
    "Lookup",
    "State",
    "SystemClock",
    "background",
]
