"""Taking the mention of one guest out of JSON that speaks of several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from frontdesk import jsons
from frontdesk.model import Json

_OUT = object()


@attrs.frozen
class Cut:
    """What is left of a value.

    Attributes:
        found: The guest was found in it by id, address or name.
        clean: Nothing that is left says the guest's id or address.
    """

    value: Json
    found: bool
    clean: bool


class Mentions:
    """Knows a guest by ids, addresses and names.

    An object that holds an id or an address of the guest is the guest's and goes whole;
    the value itself is not an object in this sense. A text goes that is an id or a name,
    or holds an address or the whole name.
    """

    def __init__(
        self, ids: Iterable[str], addresses: Iterable[str] = (), names: Iterable[str] = ()
    ) -> None:
        self._ids = {id for id in ids if id}
        self._addresses = {address.lower() for address in addresses if address}
        self._names = {name.casefold() for name in names if name and name.strip()}

    def cut(self, value: Json) -> Cut:
        """Return *value* less what speaks of the guest."""
        if isinstance(value, Mapping):
            left: Any = {k: self._less(item) for k, item in value.items()}
            left = {k: None if item is _OUT else item for k, item in left.items()}
        else:
            left = self._less(value)
            left = None if left is _OUT else left
        return Cut(left, left != value, not self._said(left))

    def blot(self, text: bytes) -> bytes:
        """Return *text* with a word in the place of ids, addresses and whole names, wherever."""
        words = [*self._ids, *self._addresses, *(name for name in self._names if " " in name)]
        written = text.decode("utf-8", "replace")
        for word in sorted(words, key=len, reverse=True):
            inside = jsons.encode(word)[1:-1].decode()
            written = re.sub(re.escape(inside), "forgotten", written, flags=re.IGNORECASE)
        return written.encode()

    def said_in(self, text: bytes) -> bool:
        """Tell whether *text* says an id, as a text of its own, or an address."""
        written = text.decode("utf-8", "replace").lower()
        return any(address in written for address in self._addresses) or any(
            f'"{id.lower()}"' in written for id in self._ids
        )

    def _said(self, value: Json) -> bool:
        return self.said_in(jsons.encode(value))

    def _less(self, value: Json) -> Any:
        if isinstance(value, Mapping):
            if any(self._is_key(item) for item in value.values()):
                return _OUT
            kept = {k: self._less(item) for k, item in value.items()}
            return {k: None if item is _OUT else item for k, item in kept.items()}
        if isinstance(value, list | tuple):
            return [left for item in value if (left := self._less(item)) is not _OUT]
        return _OUT if self._is_key(value) or self._is_name(value) else value

    def _is_key(self, value: Json) -> bool:
        if isinstance(value, bool) or not isinstance(value, str | int):
            return False
        text = str(value)
        return text in self._ids or any(address in text.lower() for address in self._addresses)

    def _is_name(self, value: Json) -> bool:
        if not isinstance(value, str):
            return False
        text = value.casefold().strip()
        return text in self._names or any(" " in name and name in text for name in self._names)
