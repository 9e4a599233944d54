"""How often streams are asked for changes: as the manifest says, or a connection's settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import attrs

from frontdesk.errors import SettingsError
from frontdesk.manifest import Stream
from frontdesk.registry import Connector

_WORDS: Final = ("every", "overlap")


def polled(connector: Connector, name: str, asked: object) -> Connector:
    """Return *connector* with the intervals and overlaps that a connection asks for.

    *asked* is by stream: seconds, or a table with ``every`` and ``overlap`` in seconds.

    Raises:
        SettingsError: A stream is unknown or never polled, or a number is none.
    """
    if not asked:
        return connector
    where = f"connections.{name}.polling"
    if not isinstance(asked, Mapping):
        raise SettingsError(f"{where} is no table; write: polling = {{ reservations = 120 }}")
    manifest = connector.manifest
    followed = [stream.name for stream in manifest.streams if stream.polling is not None]
    for stream in asked:
        if stream not in followed:
            raise SettingsError(
                f"{where}: {stream!r} is no stream that is polled; those are: {', '.join(followed)}"
            )
    streams = tuple(_stream(where, stream, asked.get(stream.name)) for stream in manifest.streams)
    return attrs.evolve(connector, manifest=attrs.evolve(manifest, streams=streams))


def _stream(where: str, stream: Stream, asked: Any) -> Stream:
    if asked is None:
        return stream
    where = f"{where}.{stream.name}"
    table = asked if isinstance(asked, Mapping) else {"every": asked}
    for word in table:
        if word not in _WORDS:
            raise SettingsError(f"{where}: unknown {word!r}; known are {', '.join(_WORDS)}")
    every = stream.polling if "every" not in table else _seconds(where, table["every"], least=1)
    overlap = stream.overlap
    if "overlap" in table:
        overlap = _seconds(where, table["overlap"], least=0)
    return attrs.evolve(stream, polling=every, overlap=overlap)


def _seconds(where: str, value: object, *, least: int) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SettingsError(f"{where}: write whole seconds, {least} at the least")
    return timedelta(seconds=value)
