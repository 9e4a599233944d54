"""What an answer really is: Zenoti writes errors in four forms, and with numbers of its own.

The numbers look like those of HTTP and mean something else: 502 is a centre it does not know,
which no second try will change.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

from frontdesk.client import Answer
from frontdesk.errors import (
    AuthenticationError,
    PlatformError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
)
from frontdesk.manifest import Verdict
from frontdesk.model import Json, Payload
from frontdesk.rows import as_row

_ERROR: Final = 400
_SERVER: Final = 500
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_TOO_MANY: Final = 429
#: What no second try will change, whatever the number.
_USELESS: Final = re.compile(
    r"invalid|not found|does not exist|must be|cannot|more than", re.IGNORECASE
)
_FORBIDS: Final = re.compile(
    r"permission|permitted|privilege|access (is )?denied|not authori[sz]ed|not allowed|scope",
    re.IGNORECASE,
)
_CODES: Final = ("code", "StatusCode", "statusCode")
_MESSAGES: Final = ("message", "Message")


@attrs.frozen
class Fault:
    """What an answer says is wrong."""

    code: int | None
    message: str


def fault(answer: Json) -> Fault | None:
    """Return the error in an answer, whichever form it has; None where there is none."""
    row = as_row(answer)
    if row is None:
        return None
    inner = as_row(row.get("error"))
    if inner is not None:
        return _read(inner)
    if isinstance(row.get("error"), str) and row["error"]:
        return Fault(None, row["error"])
    # A flat one is nothing but an error: guests and centres have a code as well.
    if "Message" in row or set(row) <= {"code", "message", "statusCode", "internalmessage"}:
        return _read(row)
    return None


def _read(row: Payload) -> Fault | None:
    code = next((row[name] for name in _CODES if name in row), None)
    message = next((row[name] for name in _MESSAGES if name in row), None)
    known = code if isinstance(code, int) and not isinstance(code, bool) else None
    said = message if isinstance(message, str) else ""
    return Fault(known, said) if known or said else None


def judge(answer: Answer) -> Verdict | None:
    """Tell what an answer is; None where the status says it well enough."""
    found = fault(answer.json)
    if found is None or answer.status in {_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY}:
        return None
    if answer.status < _ERROR:
        return Verdict(_meant(found), found.message)
    if _FORBIDS.search(found.message):
        return Verdict(AuthenticationError, found.message)
    # A true outage says nothing in Zenoti's own words, or nothing that is the request's fault.
    if answer.status >= _SERVER and not _USELESS.search(found.message):
        return None
    return Verdict(RefusedError, found.message, again=False)


def _meant(found: Fault) -> type[PlatformError]:
    """Return the error that an answer with a good status hides."""
    if found.code in {_UNAUTHORIZED, _FORBIDDEN} or _FORBIDS.search(found.message):
        return AuthenticationError
    if found.code == _TOO_MANY:
        return RateLimitedError
    server = found.code is not None and found.code in {500, 503, 504}
    return UnavailableError if server and not _USELESS.search(found.message) else RefusedError
