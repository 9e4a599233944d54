"""How the emulated platform says no."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818
    """An answer without data, raised wherever the request turns out to be wrong."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        retry_after: str | None = None,
        error: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after
        #: What else the error says beside its message.
        self.error = error or {}
