"""How the emulated platform says no."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818
    """An answer other than 2xx, raised wherever the request turns out to be wrong."""

    def __init__(self, status: int, message: str, *, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after


def invalid(parameter: str) -> Refusal:
    """Refuse a parameter by its name, which is all Mews says about it."""
    return Refusal(400, f"Invalid {parameter}.")
