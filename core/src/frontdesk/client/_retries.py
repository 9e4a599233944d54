"""When to ask again: what the platform said, or a growing wait with full jitter."""

from __future__ import annotations

import itertools
import logging
import random
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

import attrs
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt

from frontdesk.client._clock import Clock
from frontdesk.client._types import Answer
from frontdesk.errors import PlatformError

_log = logging.getLogger("frontdesk")

_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
_LONGEST_QUIET: Final = 366 * 86_400.0
_SECONDS: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")


@attrs.frozen
class Failure:
    """What one attempt came to when it did not come to an answer.

    It is handed on, not raised, so that no exception of httpx, whose text may quote the URL,
    becomes the context of ours.

    Args:
        wait: Seconds until another attempt is worth it; None if none is.
    """

    error: PlatformError
    wait: float | None = None


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a ``Retry-After`` asks for, given as seconds or as a date."""
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _LONGEST_QUIET)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    # "-0000" is read as naive, and HTTP knows no zone but UTC.
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), _LONGEST_QUIET)


def backoff(attempt: int, jitter: random.Random) -> float:
    """Return seconds to wait after *attempt*: anything up to a bound that doubles."""
    return jitter.uniform(0, min(_FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_WAIT))


async def persist(
    attempt: Callable[[int], Awaitable[Answer | Failure]],
    *,
    attempts: int,
    clock: Clock,
    described: Callable[[], dict[str, Any]],
) -> Answer | Failure:
    """Call *attempt* with its number until it answers, gives up, or has had its chances.

    Args:
        described: What the log says of the request.
    """

    async def numbered() -> Answer | Failure:
        return await attempt(next(numbers))

    def wait(state: RetryCallState) -> float:
        return _failure(state).wait or 0.0

    def note(state: RetryCallState) -> None:
        _note(_failure(state), state.attempt_number, attempts, described())

    numbers = itertools.count(1)
    # One for each request: tenacity keeps its state in the object, for a thread, not a task.
    retrying = AsyncRetrying(
        sleep=clock.sleep,
        stop=stop_after_attempt(attempts),
        wait=wait,
        retry=retry_if_result(_worth_it),
        before_sleep=note,
        retry_error_callback=_outcome,
    )
    return cast("Answer | Failure", await retrying(numbered))


def _worth_it(outcome: Answer | Failure) -> bool:
    return isinstance(outcome, Failure) and outcome.wait is not None


def _outcome(state: RetryCallState) -> Answer | Failure:
    return cast("Answer | Failure", cast("Any", state.outcome).result())


def _failure(state: RetryCallState) -> Failure:
    return cast("Failure", _outcome(state))


def _note(failure: Failure, attempt: int, attempts: int, described: dict[str, Any]) -> None:
    status, request_id = failure.error.status, failure.error.request_id
    _log.warning(
        "retry of %s after attempt %d of %d in %.3g s (status %s, request id %s)",
        described["path"],
        attempt,
        attempts,
        failure.wait,
        status,
        request_id,
        extra=described
        | {"attempt": attempt, "wait": failure.wait, "status": status, "request_id": request_id},
    )
