"""Doing without what the key may not read: Zenoti grants each module on its own."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeVar

import attrs

from frontdesk.client import Client
from frontdesk.errors import AuthenticationError
from frontdesk_zenoti.asking import probe
from frontdesk_zenoti.operations import CENTERS, Operation

_T = TypeVar("_T")
_log = logging.getLogger("frontdesk")


@attrs.define
class Asker:
    """Asks during one walk, and does not ask twice for what is not permitted."""

    client: Client[Any]
    _refused: set[str] = attrs.field(factory=set[str], init=False)

    async def permitted(self, operation: Operation, job: Callable[[], Awaitable[_T]]) -> _T | None:
        """Do *job*, or do without it where just this is not permitted."""
        if operation.path in self._refused:
            return None
        try:
            return await job()
        except AuthenticationError as error:
            await self.forgo(operation, error)
        return None

    async def forgo(self, operation: Operation, error: AuthenticationError) -> None:
        """Note that an operation is not permitted.

        Raises:
            AuthenticationError: It is not just this: the key itself is refused.
        """
        if error.status == HTTPStatus.UNAUTHORIZED:
            await probe(self.client, CENTERS, "")
        if operation.path not in self._refused:
            self._refused.add(operation.path)
            _log.warning("zenoti does not permit %s: what it tells is left out", operation.path)
