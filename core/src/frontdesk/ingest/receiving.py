"""Receiving webhooks: verified, written durably, and only then answered 2xx.

Nothing is fetched and nothing is mapped before the answer; that is :mod:`draining`'s work.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import attrs
import msgspec

from frontdesk import jsons
from frontdesk.client import Clock
from frontdesk.connection import Connection
from frontdesk.errors import ConfigurationError, StoreError
from frontdesk.explaining import explain
from frontdesk.ingest.discarding import DeliveryDiscard
from frontdesk.ingest.strangers import Strangers
from frontdesk.ingest.writing import Writer
from frontdesk.manifest import secrets_of
from frontdesk.model import Account, Delivery, Json
from frontdesk.store import Store, accounts, inbox, runtime_secrets
from frontdesk.store.inbox import Bounds, Incoming, Outcome
from frontdesk.store.runtime_secrets import Owner

_log = logging.getLogger("frontdesk")

#: Bytes of a delivery's body, unless something else is configured.
LONGEST: Final = 1024 * 1024
#: How often, at most, what the store knows of an account is asked for again.
_LOOK_AGAIN: Final = timedelta(seconds=30)
#: Headers that hooks may need after verification; credentials are none of them.
_DROPPED: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


@attrs.frozen
class Answer:
    """What to answer a webhook with."""

    status: int
    reason: str = ""
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])

    @property
    def body(self) -> bytes:
        """A line for whoever tries the URL by hand; nothing where all is well."""
        return f"{self.reason}\n".encode() if self.reason else b""


@attrs.frozen
class _Known:
    """What the store knows of a connection."""

    row: int
    account: Account
    read: datetime


def _answer(status: HTTPStatus, reason: str = "", **headers: str) -> Answer:
    return Answer(status.value, reason, {k.replace("_", "-"): v for k, v in headers.items()})


_TAKEN: Final = _answer(HTTPStatus.OK)
_AGAIN: Final = _answer(
    HTTPStatus.SERVICE_UNAVAILABLE, "cannot be taken in now; send it again", retry_after="60"
)
_TOO_LONG: Final = _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large")
_UNKNOWN: Final = _answer(HTTPStatus.NOT_FOUND, "no webhooks are taken in here")


class Receiver:
    """Takes in deliveries for the connections of a desk.

    Args:
        bounds: How much may wait for one connection.
        longest: Bytes of a body; longer ones are turned away.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        connections: Mapping[str, Connection],
        *,
        bounds: Bounds,
        longest: int = LONGEST,
    ) -> None:
        self.longest = longest
        self._store, self._clock = store, clock
        self._connections = connections
        self._writer = Writer(store, bounds)
        self._strangers = Strangers(clock)
        self._known: dict[str, _Known] = {}
        #: Secrets obtained at run time, and when they were read.
        self._kept: dict[str, tuple[datetime, Mapping[str, Json]]] = {}

    async def receive(self, name: str, delivery: Delivery, source: str = "") -> Answer:
        """Take in a delivery to the URL of one connection.

        Args:
            source: Whom it came from, as far as the web server knows.
        """
        connection = self._connections.get(name)
        if connection is None or not _takes_webhooks(connection):
            return _UNKNOWN
        return await self._guarded([connection], delivery, source, shared=False)

    async def receive_at(self, connector: str, delivery: Delivery, source: str = "") -> Answer:
        """Take in a delivery to the URL that all accounts of a connector share."""
        some = [
            connection
            for connection in self._connections.values()
            if connection.connector.name == connector and "route_webhook" in connection.hooks.has
        ]
        if not some:
            return _UNKNOWN
        return await self._guarded(some, delivery, source, shared=True)

    async def _guarded(
        self, some: Sequence[Connection], delivery: Delivery, source: str, *, shared: bool
    ) -> Answer:
        delivery = attrs.evolve(
            delivery,
            headers={name.lower(): value for name, value in delivery.headers.items()},
            received=self._clock.now(),
        )
        if len(delivery.body) > self.longest:
            return _TOO_LONG
        if delivery.method == "HEAD" or not delivery.body:
            # Platforms try a URL before they use it; this brings nothing to be kept.
            return _TAKEN
        try:
            verified = [one for one in some if await self._verified(one, delivery)]
            if not verified:
                return self._refused(some, source)
            if not shared:
                return await self._take(verified, delivery)
            return await self._route(verified, delivery)
        except StoreError as error:
            _log.warning("a webhook could not be written: %s", error)
        except Exception as error:  # noqa: BLE001  # a web server would log what it quotes
            _log.error("a webhook could not be written: %s", explain(error))
        return _AGAIN

    async def _verified(self, connection: Connection, delivery: Delivery) -> bool:
        if self._good(connection, delivery, await self._secrets(connection)):
            return True
        # A key may have been obtained since, by this process or another.
        known = self._kept.get(connection.name)
        if known is None or known[0] + _LOOK_AGAIN >= self._clock.now():
            return False
        return self._good(connection, delivery, await self._secrets(connection, again=True))

    async def _secrets(self, connection: Connection, *, again: bool = False) -> Mapping[str, Json]:
        """Return the secrets that the connection obtained at run time."""
        kept = self._kept.get(connection.name)
        if kept is None or again:
            keyring, owner = self._store.keyring, Owner.of(connection)
            found = await self._store.read(lambda db: runtime_secrets.read(db, keyring, owner))
            kept = self._kept[connection.name] = (self._clock.now(), found)
        return kept[1]

    def _good(self, connection: Connection, delivery: Delivery, state: Mapping[str, Json]) -> bool:
        try:
            return connection.hooks.verify_webhook(delivery, connection.settings, state)
        except Exception as error:  # noqa: BLE001  # a third party's code may raise anything
            # No more than that: anybody can send what makes a hook stumble, as often as he likes.
            _log.debug("%s: verify_webhook fails: %s", connection.name, explain(error))
            return False

    def _refused(self, some: Sequence[Connection], source: str) -> Answer:
        first = self._strangers.note(source)
        if first is None:
            return _answer(
                HTTPStatus.TOO_MANY_REQUESTS, "too many bad signatures", retry_after="60"
            )
        if first:
            _log.warning("%s: a webhook with a bad signature was turned away", some[0].name)
        return _answer(HTTPStatus.UNAUTHORIZED, "the signature is missing or wrong")

    async def _route(self, verified: Sequence[Connection], delivery: Delivery) -> Answer:
        """Take a delivery in for those it names; who is not ours is answered well, and counted."""
        try:
            named = set(verified[0].hooks.route_webhook(delivery))
        except Exception as error:  # noqa: BLE001  # a third party's code may raise anything
            _log.warning("%s: route_webhook fails: %s", verified[0].connector.name, explain(error))
            named = set()
        meant, unknown = await self._named(verified, named)
        if meant:
            return await self._take(meant, delivery)
        if unknown:
            # Whose account that is will be known once it is opened.
            return _AGAIN
        connector, now = verified[0].connector.name, delivery.received
        await self._store.write(lambda db: inbox.count_stray(db, connector, now))
        return _TAKEN

    async def _named(
        self, some: Sequence[Connection], named: set[str]
    ) -> tuple[list[Connection], bool]:
        """Return those whose account or site is named, and whether some are not known yet.

        One that names nobody is for everybody it may be for.
        """
        if not named:
            return list(some), False
        unknown = False
        for again in (False, True):
            found = [(one, await self._of(one, again=again)) for one in some]
            unknown |= any(known is None for _, known in found)
            meant = [one for one, known in found if known and named & _ids(known.account)]
            if meant:
                return meant, unknown
        return [], unknown

    async def _of(self, connection: Connection, *, again: bool = False) -> _Known | None:
        """Return what the store knows of a connection; None if it was never opened."""
        now, known = self._clock.now(), self._known.get(connection.name)
        if known is not None and not (again and known.read + _LOOK_AGAIN < now):
            return known
        try:
            stored = await self._store.read(lambda db: accounts.known(db, connection))
        except ConfigurationError:
            return None
        self._known[connection.name] = _Known(stored.id, stored.account, now)
        return self._known[connection.name]

    async def _take(self, connections: Sequence[Connection], delivery: Delivery) -> Answer:
        """Write a delivery for each of *connections*."""
        for connection in connections:
            known = await self._of(connection)
            if known is None:
                _log.warning(
                    "%s: a webhook came before the connection was ever opened; the platform is "
                    "asked to send it again", connection.name,
                )  # fmt: skip
                return _AGAIN
            outcome = await self._writer.write(_incoming(known.row, connection, delivery))
            if outcome is Outcome.FULL:
                _log.warning("%s: the inbox is full; webhooks are turned away", connection.name)
                return _AGAIN
            if outcome is Outcome.STORED:
                self._writer.tell(connection.name)
        return _TAKEN

    async def wait(self, name: str) -> None:
        """Return once something was written for a connection since the last call."""
        await self._writer.wait(name)


def _takes_webhooks(connection: Connection) -> bool:
    return "read_webhook" in connection.hooks.has


def _ids(account: Account) -> set[str]:
    return {account.id, *(site.id for site in account.sites)}


def _incoming(row: int, connection: Connection, delivery: Delivery) -> Incoming:
    manifest = connection.manifest
    # Of what came, not of what is left: two that cannot be read are not the same for that.
    known_by = delivery_id(manifest.delivery_id, delivery)
    left = _discard(manifest.webhook_discard)(delivery)
    content = delivery.body if known_by is None else known_by.encode()
    kind = b"content" if known_by is None else b"id"
    return Incoming(
        connection=row,
        digest=jsons.digest(kind + b"\0" + content),
        received=delivery.received,
        details=jsons.encode(_details(connection, left)),
        body=left.body,
    )


@cache
def _discard(paths: tuple[str, ...]) -> DeliveryDiscard:
    return DeliveryDiscard(paths)


def _details(connection: Connection, delivery: Delivery) -> dict[str, Json]:
    """Return what is kept besides the body: no credentials, and nothing that equals one."""
    secret = set(secrets_of(connection.settings))

    def kept(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
        return {k: v for k, v in pairs if k.lower() not in _DROPPED and v not in secret}

    return {
        "method": delivery.method,
        "headers": kept(delivery.headers.items()),
        "query": kept(delivery.query.items()),
    }


def delivery_id(where: str, delivery: Delivery) -> str | None:
    """Return the platform's own id of a delivery; None where it has none.

    Args:
        where: ``header:NAME`` or ``body:path.to.field``, or nothing.
    """
    kind, _, name = where.partition(":")
    if kind == "header":
        return delivery.headers.get(name.lower()) or None
    if kind != "body":
        return None
    try:
        found: Any = jsons.decode(delivery.body)
    except msgspec.DecodeError:
        return None
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return str(found) if isinstance(found, str | int) and found != "" else None
