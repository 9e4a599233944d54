"""What an answer of Boulevard's really is: GraphQL answers 200 and writes errors into the body."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from frontdesk.client import Answer
from frontdesk.errors import AuthenticationError, RateLimitedError, RefusedError
from frontdesk.manifest import Points, Verdict
from frontdesk.model import Json, Payload
from frontdesk.rows import as_list, as_row

#: The bucket every application has; larger ones are had on request.
POINTS: Final = Points(capacity=10_000, per_second=50, cost_header="x-query-complexity")

_LIMITED: Final = re.compile(r"limit exceeded", re.IGNORECASE)
_WAIT: Final = re.compile(r"wait (\d+)\s*ms", re.IGNORECASE)
_COST: Final = re.compile(r"cost is (\d+)", re.IGNORECASE)
_FORBIDDEN: Final = re.compile(
    r"permission|forbidden|not (?:be )?(?:authori[sz]ed|allowed)|unauthori[sz]ed|access denied",
    re.IGNORECASE,
)
_BY_ID: Final = re.compile(r"n\d+")
_FORBIDDEN_CODES: Final = frozenset({"FORBIDDEN", "UNAUTHORIZED", "ACCESS_DENIED"})
#: Said of a page that no waiting makes affordable; reading asks for a smaller one then.
TOO_DEAR: Final = "one page costs more points than there can be"


def judge(answer: Answer) -> Verdict | None:
    """Tell what an answer really is; None: what its status says, or data that can be used."""
    whole = as_row(answer.json) or {}
    found = errors(whole)
    for error in found:
        said = message(error)
        if _LIMITED.search(said):
            return _limited(said)
        if code(error) == "UNAUTHENTICATED":
            # Not quoted: what it says may echo the credentials.
            return Verdict(
                AuthenticationError, "The token is not accepted; is this machine's clock right?"
            )
    if not found or answer.status >= HTTPStatus.BAD_REQUEST or has_data(whole):
        return None
    if all(is_forbidden(error) for error in found):
        return Verdict(AuthenticationError, f"A permission is missing for {_paths(found)}.")
    if _is_by_ids(whole):
        # Some of the ids, or all of them, are nobody's: that is no refusal.
        return None
    # What it says may quote what was asked for; where it went wrong is enough.
    return Verdict(RefusedError, f"GraphQL error at {_paths(found)}")


def _limited(said: str) -> Verdict:
    cost, wait = _COST.search(said), _WAIT.search(said)
    if cost and int(cost[1]) > POINTS.capacity:
        return Verdict(RefusedError, TOO_DEAR)
    seconds = int(wait[1]) / 1000 if wait else None
    return Verdict(RateLimitedError, "The points are used up.", seconds)


def errors(answer: Payload) -> list[Payload]:
    """Return the errors of an answer."""
    return [row for item in as_list(answer.get("errors")) or () if (row := as_row(item))]


def message(error: Payload) -> str:
    """Return what an error says; it may quote anything."""
    said = error.get("message")
    return said if isinstance(said, str) else ""


def code(error: Payload) -> str:
    """Return an error's code: at the top, as Boulevard has it, or where GraphQL puts it."""
    extensions = as_row(error.get("extensions")) or {}
    return str(error.get("code") or extensions.get("code") or "").upper()


def is_forbidden(error: Payload) -> bool:
    """Tell whether a permission is missing."""
    return code(error) in _FORBIDDEN_CODES or bool(_FORBIDDEN.search(message(error)))


def path(error: Payload) -> str:
    """Return which field an error is about: names only, no numbers."""
    steps = [step for step in as_list(error.get("path")) or () if isinstance(step, str)]
    return ".".join(steps)


def _paths(found: Sequence[Payload]) -> str:
    named = dict.fromkeys(path(error) or "the document" for error in found)
    return ", ".join(named)


def has_data(answer: Payload) -> bool:
    """Tell whether there is anything to use beside the errors."""
    data = as_row(answer.get("data")) or {}
    return any(_is_something(value) for value in data.values())


def _is_something(value: Json) -> bool:
    return value is not None


def _is_by_ids(answer: Payload) -> bool:
    data = as_row(answer.get("data")) or {}
    return bool(data) and all(_BY_ID.fullmatch(name) for name in data)
