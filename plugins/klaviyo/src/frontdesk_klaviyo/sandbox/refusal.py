"""How the emulated platform says no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

_TITLES: Final = {
    400: ("invalid", "Invalid input."),
    401: ("authentication_failed", "Incorrect authentication credentials."),
    403: ("permission_denied", "You do not have permission to perform this action."),
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "Method not allowed."),
    409: ("duplicate_profile", "Conflict."),
    410: ("gone", "This revision is retired."),
    413: ("payload_too_large", "Payload too large."),
    415: ("unsupported_media_type", "Unsupported media type."),
    429: ("throttled", "Request was throttled."),
    500: ("error", "A server error occurred."),
    503: ("service_unavailable", "Service unavailable."),
}
_THROTTLED: Final = (
    "https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling#rate-limits"
)


@attrs.frozen
class Problem:
    """One thing that is wrong with a request, and where."""

    detail: str
    pointer: str = "/data"
    parameter: str | None = attrs.field(default=None, kw_only=True)
    meta: Mapping[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)


class Refusal(Exception):  # noqa: N818  # as a request is refused, not an error of this program
    """An answer other than 2xx, raised wherever the request turns out to be wrong."""

    def __init__(
        self,
        status: int,
        *problems: Problem,
        headers: Mapping[str, str] | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(f"{status}: {problems[0].detail if problems else ''}")
        self.status = status
        self.problems = problems
        self.headers = dict(headers or {})
        self.code = code

    def body(self, draw: Callable[[], str]) -> dict[str, Any]:
        """Give the errors as Klaviyo words them; *draw* makes an id for each."""
        problems = self.problems or (Problem(title(self.status)),)
        return {"errors": [self._error(problem, draw()) for problem in problems]}

    def _error(self, problem: Problem, identity: str) -> dict[str, Any]:
        code, words = _TITLES.get(self.status, ("error", "Error."))
        source = (
            {"pointer": problem.pointer}
            if problem.parameter is None
            else {"parameter": problem.parameter}
        )
        return {
            "id": identity,
            "status": self.status,
            "code": self.code or code,
            "title": words,
            "detail": problem.detail,
            "source": source,
            "links": {"type": _THROTTLED} if self.status == 429 else {},  # noqa: PLR2004
            "meta": dict(problem.meta),
        }


def title(status: int) -> str:
    """Give a status in words."""
    return _TITLES.get(status, ("error", "Error."))[1]


def invalid(detail: str, pointer: str = "/data") -> Refusal:
    """Refuse a body because of one member."""
    return Refusal(400, Problem(detail, pointer))


def wrong(parameter: str, detail: str) -> Refusal:
    """Refuse a query parameter."""
    return Refusal(400, Problem(detail, parameter=parameter))


def missing(detail: str) -> Refusal:
    """Say that something is not there."""
    return Refusal(404, Problem(detail))
