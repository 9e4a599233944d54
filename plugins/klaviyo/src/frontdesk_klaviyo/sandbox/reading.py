"""Reading bodies by their shapes, and saying where one is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar, cast

import msgspec

from frontdesk_klaviyo.sandbox.refusal import Problem, Refusal

T = TypeVar("T")

_WHERE: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_NAMED: Final = re.compile(r"^Object (?:contains unknown|missing required) field `([^`]*)`")
_UNKNOWN: Final = "Object contains unknown field"
#: Deeper than any body is good for, and shallow enough for whoever reads it.
_DEEP: Final = Problem("The body is nested too deeply.")


class Reader:
    """Reads bodies; a member no schema has is refused, or passed over."""

    def __init__(self, *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    def read(self, shape: type[T], content: bytes | msgspec.Raw, base: str = "") -> T:
        """Read a value of a shape.

        Raises:
            Refusal: It is no JSON, or of another shape.
        """
        decoder = self._decoders.get(shape)
        if decoder is None:
            decoder = self._decoders[shape] = msgspec.json.Decoder(shape)
        try:
            return cast("T", decoder.decode(content))
        except msgspec.ValidationError as error:
            if self._lenient and str(error).startswith(_UNKNOWN):
                return self.read(shape, _without(content, str(error)), base)
            raise Refusal(400, _problem(str(error), base)) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refusal(400, Problem(f"The body is no JSON: {error}", base)) from None
        except RecursionError:
            raise Refusal(400, _DEEP) from None

    def each(
        self, shape: type[T], contents: Iterable[msgspec.Raw], base: str
    ) -> tuple[dict[int, T], list[Problem]]:
        """Read what can be read of an array, by its index, and tell what is wrong with the rest."""
        good: dict[int, T] = {}
        problems: list[Problem] = []
        for index, content in enumerate(contents):
            try:
                good[index] = self.read(shape, content, f"{base}/{index}")
            except Refusal as refusal:
                problems += refusal.problems
        return good, problems


def _problem(message: str, base: str) -> Problem:
    found = cast("re.Match[str]", _WHERE.match(message))
    what = found["what"]
    steps = (step.replace("~", "~0").replace("/", "~1") for step in _steps(what, found["path"]))
    return Problem(f"{what}.", "/".join([base, *steps]) or "/")


def _steps(what: str, path: str | None) -> list[str]:
    steps = [name or index for name, index in _STEP.findall(path or "")]
    named = _NAMED.match(what)
    return [*steps, named[1]] if named else steps


def _without(content: bytes | msgspec.Raw, message: str) -> bytes:
    """Take the member away that a message complains about, in all rows alike."""
    found = cast("re.Match[str]", _WHERE.match(message))
    *steps, name = _steps(found["what"], found["path"])
    value = msgspec.json.decode(content)
    _strip(value, steps, name)
    return msgspec.json.encode(value)


def _strip(value: Any, steps: list[str], name: str) -> None:
    if isinstance(value, list):
        for one in value:
            _strip(one, steps[1:], name)
    elif isinstance(value, dict) and steps:
        _strip(value.get(steps[0]), steps[1:], name)
    elif isinstance(value, dict):
        value.pop(name, None)
