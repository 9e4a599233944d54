"""How the emulated platform says no."""

from __future__ import annotations

from typing import Final

#: What both APIs call a key that is missing.
MISSING_KEY: Final = "missingAPIKeyHeader"


class Refusal(Exception):  # noqa: N818
    """An answer other than 2xx, raised wherever the request turns out to be wrong.

    Each API writes it in its own way; *code* is the word it has for the case.
    """

    def __init__(
        self, status: int, message: str, *, code: str = "Unknown", retry_after: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.retry_after = retry_after


def invalid(parameter: str) -> Refusal:
    """Refuse a parameter by its name."""
    return Refusal(400, f"The parameter {parameter} is invalid.", code="InvalidParameter")


def missing(parameter: str) -> Refusal:
    """Refuse a request that lacks a parameter."""
    return Refusal(400, f"The parameter {parameter} is required.", code="MissingRequiredFields")


def unknown(what: str, code: str = "ResourceDoesNotExist") -> Refusal:
    """Refuse an id that nothing has."""
    return Refusal(404, f"No such {what}.", code=code)
