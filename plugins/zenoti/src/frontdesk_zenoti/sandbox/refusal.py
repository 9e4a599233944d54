"""How the emulated platform says no, in the four forms that its answers are known to take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, Literal, TypeAlias

Shape: TypeAlias = Literal["wrapped", "flat", "pascal", "prepaid"]
_LEAST, _MOST = 200, 599


class Refusal(Exception):  # noqa: N818
    """An answer other than a good one, raised wherever the request turns out to be wrong.

    Args:
        status: The status of HTTP; None lets the options decide what a *code* leads to.
        code: Zenoti's own number, which may look like a status and be none.
        shape: The form of the body that this refusal is documented with.
    """

    def __init__(
        self,
        status: int | None,
        message: str,
        *,
        code: int | None = None,
        shape: Shape = "wrapped",
        retry_after: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = status if code is None else code
        self.shape = shape
        self.retry_after = retry_after


def business(code: int, message: str) -> Refusal:
    """Refuse for a reason of Zenoti's own; what its status is, nobody has confirmed."""
    return Refusal(None, message, code=code)


def bad(message: str) -> Refusal:
    """Refuse what cannot be read."""
    return Refusal(HTTPStatus.BAD_REQUEST, message)


def missing() -> Refusal:
    """Refuse a path that nobody knows."""
    message = "No HTTP resource was found that matches the request URI."
    return Refusal(HTTPStatus.NOT_FOUND, message, shape="pascal")


def status_of(refusal: Refusal, rule: Literal["code", "400", "200"]) -> int:
    """Choose the status of HTTP for a refusal."""
    if refusal.status is not None:
        return refusal.status
    if rule != "code":
        return int(rule)
    code = refusal.code or HTTPStatus.BAD_REQUEST
    return code if _LEAST <= code <= _MOST else HTTPStatus.BAD_REQUEST


def _wrapped(code: int | None, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _flat(code: int | None, message: str) -> dict[str, Any]:
    return {"code": code, "message": message}


def _pascal(code: int | None, message: str) -> dict[str, Any]:
    return {"StatusCode": code, "Message": message, "InternalMessage": None}


def _prepaid(code: int | None, message: str) -> dict[str, Any]:
    return {"error": {"statusCode": code, "message": message, "internalmessage": ""}}


SHAPES: Final[Mapping[str, Callable[[int | None, str], dict[str, Any]]]] = {
    "wrapped": _wrapped,
    "flat": _flat,
    "pascal": _pascal,
    "prepaid": _prepaid,
}
