"""What Klaviyo says is wrong with a request, and with which part of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

import attrs
import msgspec

from frontdesk import jsons
from frontdesk.client import Client
from frontdesk.errors import PlatformError
from frontdesk.model import Json

_QUOTED: Final = re.compile(r"(?<!\w)'[^']*'|\"[^\"]*\"|`[^`]*`")
#: Shorter texts of an item stand in many a word.
_TELLING: Final = 3
#: A pointer that ends at an item, not inside of one.
_ITEM: Final = re.compile(r"/data(?:/\d+)?$")


@attrs.frozen
class Fault:
    """One error of an answer.

    Attributes:
        pointer: Where in the request it is; may be empty.
        detail: In words that may quote guests: show it by :func:`reason` only.
    """

    code: str = ""
    detail: str = attrs.field(default="", repr=False)
    pointer: str = ""
    duplicate: str | None = attrs.field(default=None, repr=False)

    @property
    def taken(self) -> bool:
        """Whether an identifier belongs to another profile."""
        return self.duplicate is not None or self.code == "duplicate_profile"

    @property
    def field(self) -> str:
        """The field of the item it is about, by the pointer's end; empty if that is all of it."""
        _, _, field = self.pointer.removesuffix("/attributes").rpartition("/attributes/")
        return "" if _ITEM.search(field) else field


def faults_of(error: PlatformError) -> tuple[Fault, ...]:
    """Return the errors that the answer lists."""
    try:
        body = jsons.decode(error.content or b"null")
    except msgspec.DecodeError:
        return ()
    errors = _object(body).get("errors")
    listed = errors if isinstance(errors, list) else []
    return tuple(fault_of(_object(one)) for one in listed)


def fault_of(said: dict[str, Json]) -> Fault:
    """Read one error, of an answer or of an import job."""
    source, meta = _object(said.get("source")), _object(said.get("meta"))
    duplicate = meta.get("duplicate_profile_id")
    return Fault(
        code=_text(said.get("code")),
        detail=_text(said.get("detail")) or _text(said.get("title")),
        pointer=_text(source.get("pointer")),
        duplicate=duplicate if isinstance(duplicate, str) else None,
    )


def reason(client: Client[Any], fault: Fault, told: Iterable[Json] = ()) -> str:
    """Say what is wrong, without what it quotes.

    Args:
        told: What was sent of the item; none of its texts is shown.
    """
    detail = fault.detail
    for text in sorted(set(texts(told)), key=len, reverse=True):
        if len(text) >= _TELLING:
            detail = detail.replace(text, "***")
    shown = client.shown(_QUOTED.sub("***", detail)) or fault.code or "no reason given"
    return f"Klaviyo refuses {fault.field or 'it'}: {shown}"


def texts(value: Json) -> Iterator[str]:
    """Return every text in *value*; names of fields are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in cast("dict[str, Json]", value).values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("list[Json]", value):
            yield from texts(inner)


def _object(value: Json) -> dict[str, Json]:
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
