"""What an answer of Mindbody really is: its code says more than its status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from frontdesk.client import Answer
from frontdesk.errors import (
    AuthenticationError,
    PlatformError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
)
from frontdesk.manifest import Verdict
from frontdesk.rows import as_row

_CODES: Final[Mapping[str, type[PlatformError]]] = {
    "TooManyRequests": RateLimitedError,
    "SQLDBMaintenance": UnavailableError,
    **dict.fromkeys(
        (
            "DeniedAccess",
            "InvalidSourceCredentials",
            "InvalidStaffCredentials",
            "InvalidUserCredentials",
            "InvalidLoginCredentials",
            "InvalidUserAccessLevel",
        ),
        AuthenticationError,
    ),
}
_ERROR: Final = 400


def judge(answer: Answer) -> Verdict | None:
    """Read the code of an error; nobody confirmed which status comes with which."""
    error = as_row((as_row(answer.json) or {}).get("Error"))
    if error is None:
        return None
    code = error.get("Code")
    known = _CODES.get(code) if isinstance(code, str) else None
    if known is None:
        # A status that is none of an error cannot stand, one that is says enough.
        return Verdict(RefusedError, str(code)) if answer.status < _ERROR else None
    return Verdict(known, str(code))
