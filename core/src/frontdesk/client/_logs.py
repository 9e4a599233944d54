"""Keeps the logs of httpx and httpcore free of our requests.

httpx logs every URL, query included, at INFO; httpcore logs headers at DEBUG. Some platforms
take keys and guests' addresses in the query. The application's own requests through these
libraries are none of our business: the filter drops only what is logged during ours.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_ours: ContextVar[bool] = ContextVar("frontdesk_request", default=False)

# A filter holds for its own logger only, not for the loggers below it.
_LOGGERS: Final = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)


class _NotOurs(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        del record
        return not _ours.get()


_FILTER: Final = _NotOurs()


def install() -> None:
    """Install the filter; once is as good as often."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)


@contextmanager
def unlogged() -> Generator[None]:
    """Keep httpx and httpcore from logging what this task does inside."""
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)
