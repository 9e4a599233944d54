"""``frontdesk map``: vendor JSON in, JSON lines out, with nothing connected."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from frontdesk import jsons
from frontdesk.cli.output import print_line
from frontdesk.errors import ConfigurationError
from frontdesk.rows import paths, rows_in

if TYPE_CHECKING:
    from frontdesk.manifest import Manifest
    from frontdesk.offline import LoadedConnector


def add(app: typer.Typer) -> None:
    """Add this command to *app*."""
    app.command("map")(map_)


def map_(
    connector: Annotated[str, typer.Argument(help="Whose mapping.")],
    file: Annotated[str | None, typer.Argument(help="Vendor JSON; - is standard input.")] = None,
    *,
    stream: Annotated[str | None, typer.Option("--stream", help="What the rows are.")] = None,
    webhook: Annotated[
        str | None, typer.Option("--webhook", help="A delivery's body; - is standard input.")
    ] = None,
    related: Annotated[
        list[str] | None, typer.Option("--related", help="Vendor JSON that answers refs.")
    ] = None,
    account: Annotated[
        str, typer.Option("--account", help="The platform's account id; event ids are made of it.")
    ] = "offline",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting that matters: value_basis=net.")
    ] = None,
) -> None:
    """Map the platform's own JSON: an object, an array, JSON lines or a whole answer.

    Each line printed has a kind: event, profile, consent, reservation, ref, merged, gone,
    skipped or quarantined. Rows are mapped in order, so that transitions show.
    """
    from frontdesk.model import Account, Related, Site  # keeps --help fast
    from frontdesk.offline import load

    if (stream is None) == (webhook is None):
        raise ConfigurationError("say what the JSON is: --stream STREAM FILE, or --webhook FILE")
    loaded = load(
        connector,
        settings=_settings(set_ or []),
        account=Account(account, account, (Site(account, account),)),
    )
    known = _related(loaded, related or [])
    if webhook is not None:
        lines = _webhook_lines(loaded, webhook, known)
    else:
        rows = _rows(loaded.manifest, str(stream), _read(file or "-"))
        lines = loaded.lines(str(stream), rows, Related(known))
    quarantined = False
    for line in lines:
        print_line(line)
        quarantined |= line["kind"] == "quarantined"
    if quarantined:
        raise typer.Exit(3)


def _settings(pairs: list[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ConfigurationError(f"--set {pair!r}: write --set name=value")
        settings[name] = _scalar(value)
    return settings


def _scalar(text: str) -> Any:
    """Read a value as frontdesk.toml would; what is no TOML is a text without quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file!r} cannot be read: {error.strerror}") from None


def _values(content: bytes) -> Iterator[Any]:
    """Yield the JSON values of *content*: one, or one a line."""
    try:
        yield jsons.decode(content)
    except msgspec.DecodeError as error:
        first, *more = [line for line in content.splitlines() if line.strip()] or [b""]
        if not more:
            raise ConfigurationError(f"the input is no JSON: {error}") from None
        for number, line in enumerate((first, *more), 1):
            yield _line(number, line)


def _line(number: int, line: bytes) -> Any:
    try:
        return jsons.decode(line)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"line {number} of the input is no JSON: {error}") from None


def _rows(manifest: Manifest, stream: str, content: bytes) -> Iterator[Any]:
    """Yield the rows of *stream*, taken out of arrays and whole answers."""
    declared = manifest.stream(stream)
    for value in _values(content):
        found = rows_in(declared, value) if declared else None
        if found is not None:
            yield from found
        elif isinstance(value, list):
            yield from value
        else:
            yield value


def _related(loaded: LoadedConnector, files: list[str]) -> dict[Any, Any]:
    """Return records by ref, from answers of any of the connector's streams."""
    from frontdesk.model import Ref  # keeps --help fast

    known: dict[Any, Any] = {}
    for file in files:
        found = False
        for value in _values(_read(file)):
            for stream in loaded.manifest.streams:
                rows = rows_in(stream, value)
                found |= rows is not None
                for row in rows or ():
                    record = loaded.record(stream.name, row)
                    known[Ref(stream.name, record.id, site=record.site)] = record
        if not found:
            keys = ", ".join(repr(p) for s in loaded.manifest.streams for p in paths(s) if p)
            raise ConfigurationError(
                f"{file!r} holds none of the answers {loaded.name} has: {keys}"
            )
    return known


def _webhook_lines(
    loaded: LoadedConnector, file: str, known: dict[Any, Any]
) -> Iterator[dict[str, Any]]:
    from frontdesk.errors import RecordError  # keeps --help fast
    from frontdesk.explaining import explain
    from frontdesk.model import Delivery, Record, Related
    from frontdesk.notices import Notice
    from frontdesk.wire import notice_json, ref_json

    delivery = Delivery(_read(file), received=datetime.now(UTC))
    try:
        found = list(loaded.read_webhook(delivery))
    except ConfigurationError:
        raise
    except (RecordError, KeyError, TypeError, ValueError) as error:
        yield {"kind": "quarantined", "hook": "read_webhook", "reason": explain(error)}
        return
    for item in found:
        if isinstance(item, Record):
            yield from loaded.map(item, None, Related(known))
        elif isinstance(item, Notice):
            yield {"kind": "notice", **notice_json(item)}
        elif item in known:
            yield from loaded.map(known[item], None, Related(known))
        else:
            yield {"kind": "ref", **ref_json(item)}
