"""One request on its way through the emulator, for whoever handles it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

import attrs

from frontdesk_klaviyo.sandbox.accounts import Account, Key
from frontdesk_klaviyo.sandbox.options import Options
from frontdesk_klaviyo.sandbox.query import Query
from frontdesk_klaviyo.sandbox.reading import Reader
from frontdesk_klaviyo.sandbox.refusal import Problem, Refusal
from frontdesk_klaviyo.sandbox.work import Work

T = TypeVar("T")


@attrs.define(kw_only=True)
class Call:
    """An admitted request."""

    account: Account
    key: Key
    options: Options
    work: Work
    reader: Reader
    now: datetime
    revision: str
    #: Where the server was called, such as ``http://127.0.0.1:8000``.
    base: str
    #: What the path names.
    args: dict[str, str]
    query: Query
    body: bytes = attrs.field(repr=False)
    #: How many rows the body has, as soon as somebody counted.
    items: int = 0

    def read(self, shape: type[T]) -> T:
        """Read the body as a shape."""
        return self.reader.read(shape, self.body)

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Refuse the whole request if there are problems."""
        found = tuple(problems)
        if found:
            raise Refusal(400, *found[: self.options.error_limit])

    def link(self, path: str) -> dict[str, str]:
        """Make the links of a resource."""
        return {"self": f"{self.base}/api/{path}/"}

    def related(self, path: str, name: str) -> dict[str, str]:
        """Make the links of a relationship."""
        return {
            "self": f"{self.base}/api/{path}/relationships/{name}/",
            "related": f"{self.base}/api/{path}/{name}/",
        }


def stamp(time: datetime | None) -> str | None:
    """Write a time as Klaviyo does."""
    return None if time is None else time.isoformat(timespec="seconds")


def sparse(attributes: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """Leave only the attributes asked for; ``location.city`` leaves a part of one."""
    if not fields:
        return attributes
    kept: dict[str, Any] = {}
    for field in fields:
        name, _, part = field.partition(".")
        if name not in attributes:
            continue
        value = attributes[name]
        if part and isinstance(value, dict):
            kept.setdefault(name, {})[part] = value.get(part)
        else:
            kept[name] = value
    return kept
