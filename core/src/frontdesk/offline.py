"""A connector without an account or a store: its hooks on payloads at hand.

>>> import frontdesk
>>> mews = frontdesk.load("mews")
>>> record = mews.record("customers", {"Id": "c1", "UpdatedUtc": "2026-05-01T08:00:00Z"})
>>> mews.map_profile(record).guest
'c1'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import attrs

from frontdesk import registry
from frontdesk.connection import Connection, Hooks
from frontdesk.errors import ConfigurationError, RecordError
from frontdesk.ids import event_id
from frontdesk.ingest.mapping import (
    ROUNDS,
    Failure,
    Outputs,
    answered,
    check_record,
    laid_over,
    map_record,
)
from frontdesk.manifest import Manifest
from frontdesk.model import (
    Account,
    Consent,
    Context,
    Delivery,
    Event,
    Gone,
    Json,
    Merged,
    Profile,
    Record,
    Ref,
    Related,
    Reservation,
    Site,
    Unreadable,
)
from frontdesk.notices import Notice
from frontdesk.settings import structure
from frontdesk.walkers import read_rows
from frontdesk.wire import (
    consent_json,
    event_json,
    leaving_json,
    profile_json,
    ref_json,
    reservation_json,
)

_NOWHERE = Account("offline", "no account", (Site("offline", "no site"),))


class LoadedConnector:
    """A connector whose hooks can be called on a payload."""

    def __init__(
        self,
        connector: registry.Connector,
        settings: Mapping[str, Any] | None = None,
        account: Account = _NOWHERE,
    ) -> None:
        self.name = connector.name
        self.account = account
        kind = connector.manifest.settings
        values = {**_blanks(kind), **(settings or {})}
        structured = structure(kind, values, where=connector.name)
        self._connection = Connection(connector.name, connector, structured, "", Hooks(connector))
        self._context = self._connection.context(account, None)

    @property
    def manifest(self) -> Manifest:
        """The connector's manifest."""
        return self._connection.manifest

    @property
    def context(self) -> Context:
        """What the hooks are told."""
        return self._context

    def record(self, stream: str, row: Json) -> Record:
        """Make a record of one row as the platform sends it.

        Raises:
            ConfigurationError: The connector has no such stream.
            RecordError: The row cannot be made a record.
        """
        if self.manifest.stream(stream) is None:
            known = ", ".join(s.name for s in self.manifest.streams)
            raise ConfigurationError(f"{self.name} has no stream {stream!r}; it has {known}")
        if self.manifest.build_record is None:
            raise ConfigurationError(f"{self.name} cannot make records of rows")
        build = self.manifest.build_record
        record = read_rows(stream, [row], lambda row: build(stream, row))[0]
        if isinstance(record, Unreadable):
            raise RecordError(record.reason)
        check_record(record)
        return attrs.evolve(record, seen=record.version or datetime.now(UTC))

    def parse_event(
        self, record: Record, previous: Record | None = None, related: Related | None = None
    ) -> tuple[Event | Ref, ...]:
        """Call the hook."""
        return self._connection.hooks.parse_event(
            record, previous, related or Related(), self._context
        )

    def map_profile(
        self, record: Record, previous: Record | None = None, related: Related | None = None
    ) -> Profile | Merged | Gone | None:
        """Call the hook."""
        return self._connection.hooks.map_profile(
            record, previous, related or Related(), self._context
        )

    def sync_consent(
        self, record: Record, previous: Record | None = None, related: Related | None = None
    ) -> tuple[Consent, ...]:
        """Call the hook."""
        return self._connection.hooks.sync_consent(
            record, previous, related or Related(), self._context
        )

    def map_reservation(
        self, record: Record, previous: Record | None = None, related: Related | None = None
    ) -> Reservation | None:
        """Call the hook."""
        return self._connection.hooks.map_reservation(
            record, previous, related or Related(), self._context
        )

    def lines(
        self, stream: str, rows: Iterable[Json], related: Related | None = None
    ) -> Iterator[dict[str, Json]]:
        """Map rows in order: what ``frontdesk map`` prints, one JSON object a line.

        A row is compared with the one of the same id before it, so transitions show. A
        row that cannot be mapped becomes a line of kind ``quarantined``.
        """
        before: dict[tuple[str | None, str], Record] = {}
        for row in rows:
            try:
                record = self.record(stream, row)
            except RecordError as error:
                yield {"kind": "quarantined", "stream": stream, "reason": str(error)}
                continue
            previous = before.get((record.site, record.id))
            if record.partial:
                record = laid_over(previous, record)
            yield from self.map(record, previous, related or Related())
            before[record.site, record.id] = record

    def map(
        self, record: Record, previous: Record | None = None, related: Related | None = None
    ) -> Iterator[dict[str, Json]]:
        """Map one record: its lines."""
        known = Related(related or {})
        outputs = self._run(record, previous, known)
        for _ in range(ROUNDS):
            missing = [ref for ref in outputs.refs if ref not in known]
            if not missing:
                break
            # Nobody can be asked here: the hooks learn that there is no such record.
            known.update(dict.fromkeys(missing))
            yield from ({"kind": "ref", **ref_json(ref)} for ref in missing)
            outputs = self._run(record, previous, known)
        yield from self._lines(record, answered(outputs, known))

    def read_webhook(self, delivery: Delivery) -> Iterator[Record | Ref | Notice]:
        """Call the hook.

        Raises:
            ConfigurationError: The connector reads no webhooks.
        """
        hook = self._connection.connector.hooks.get("read_webhook")
        if hook is None:
            raise ConfigurationError(f"{self.name} reads no webhooks")
        for found in self._connection.hooks.read_webhook(delivery, self._context):
            if isinstance(found, Record):
                yield attrs.evolve(found, seen=delivery.received)
            else:
                yield found

    def _run(self, record: Record, previous: Record | None, related: Related) -> Outputs:
        return map_record(self._connection, record, previous, related, self._context)

    def _lines(self, record: Record, outputs: Outputs) -> Iterator[dict[str, Json]]:
        for event in outputs.events:
            id = event_id(self.name, self.account, record, event)
            yield {"kind": "event", **event_json(event, id)}
        if outputs.skipped:
            yield {"kind": "skipped", "stream": record.stream, "id": record.id} | {
                "rule": outputs.skipped
            }
        if isinstance(outputs.profile, Merged | Gone):
            kind = "merged" if isinstance(outputs.profile, Merged) else "gone"
            yield {"kind": kind, **leaving_json(outputs.profile)}
        elif outputs.profile is not None and not outputs.profile.excluded:
            yield {"kind": "profile", **profile_json(outputs.profile)}
        for consent in outputs.consents:
            yield {"kind": "consent", **consent_json(consent)}
        if outputs.reservation is not None:
            yield {"kind": "reservation", **reservation_json(outputs.reservation)}
        yield from (_quarantined(record, failure) for failure in outputs.failures)


def load(
    name: str | ModuleType,
    *,
    settings: Mapping[str, Any] | None = None,
    account: Account | None = None,
) -> LoadedConnector:
    """Load a connector by name, to call its hooks without an account or a store.

    Args:
        settings: Those that matter to mapping; secrets need not be given.
        account: The account payloads came from: event ids are made of its id.

    Raises:
        ConnectorNotFoundError: None of this name is installed.
        ConnectorLoadError: Its module does not import.
        InvalidConnectorError: It breaks the hook contract.
    """
    if isinstance(name, ModuleType):
        connector = registry.adopt(name.__name__.rpartition(".")[2], name)
    else:
        connector = registry.load(name)
    return LoadedConnector(connector, settings, account or _NOWHERE)


def _quarantined(record: Record, failure: Failure) -> dict[str, Json]:
    return {
        "kind": "quarantined",
        "stream": record.stream,
        "id": record.id,
        "hook": failure.hook,
        "reason": failure.reason,
    }


def _blanks(kind: type[Any]) -> dict[str, Any]:
    """Return empty texts for the settings that have no default: secrets, mostly."""
    fields = attrs.fields(kind)
    return {field.alias: "" for field in fields if field.default is attrs.NOTHING}
