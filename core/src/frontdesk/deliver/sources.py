"""What feeds a destination: a connection, with what must not leave it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs
from sqlalchemy import Connection as Db

from frontdesk import jsons
from frontdesk.connection import Connection
from frontdesk.manifest import Manifest
from frontdesk.model import Account, Json
from frontdesk.store import accounts
from frontdesk.times import site_of, zone_at
from frontdesk.withholding import Withheld

#: What of a stored profile says who it is, and not what is known.
_IDENTITY: Final = ("guest", "email")


@attrs.frozen(eq=False)
class Source:
    """A connection as a destination sees it.

    Attributes:
        withheld: What of it no destination may see; None: nothing was withheld.
        times: Names of the properties that are times, by metric; empty unless local ones are
            wanted.
    """

    id: int
    name: str
    integration: str
    account: Account = attrs.field(repr=False)
    withheld: Withheld | None = attrs.field(default=None, repr=False)
    times: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    #: Names of sites by their ids; asked for with every event.
    _sites: Mapping[str | None, str] = attrs.field(
        init=False, default=attrs.Factory(lambda self: _site_names(self.account), takes_self=True)
    )

    @property
    def tells_phones(self) -> bool:
        """Whether phone numbers may leave."""
        return self.withheld is None or "phone_number" not in self.withheld.standard

    def site(self, id: str | None) -> str:
        """Return the name of the site where something happened; the account's if unknown."""
        return self._sites.get(id) or self._sites[None]

    def properties(self, metric: str, written: bytes, site: str | None) -> bytes:
        """Return an event's properties as they may leave, as JSON."""
        names = self.withheld.names if self.withheld else ()
        times = self.times.get(metric, ())
        if not names and not times:
            return written
        shown: dict[str, Json] = {
            name: value for name, value in jsons.decode(written).items() if name not in names
        }
        for name in times:
            local = self._local(shown.get(name), site)
            if local is not None:
                shown[f"{name} Local"] = local
        return jsons.encode(shown)

    def attributes(self, profile: Mapping[str, Json]) -> dict[str, Json]:
        """Return what a stored profile says and may be told: no names without a value."""
        shown = {name: value for name, value in profile.items() if name not in _IDENTITY}
        if self.withheld:
            shown = self.withheld.attributes(shown)
        for name in ("location", "properties"):
            known = {key: v for key, v in (shown.get(name) or {}).items() if v is not None}
            shown[name] = known or None
        return {name: value for name, value in shown.items() if value is not None}

    def _local(self, value: Json, site: str | None) -> str | None:
        """Return a time in UTC as the clock of the site shows it."""
        known = site_of(self.account, site)
        if known is None or not isinstance(value, str):
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return None
        return moment.astimezone(zone_at(known)).replace(tzinfo=None).isoformat()


def _site_names(account: Account) -> dict[str | None, str]:
    only = account.site(None)
    return {site.id: site.name for site in account.sites} | {
        None: only.name if only else account.title
    }


def read_sources(
    db: Db, rows: Mapping[str, int], connections: Mapping[str, Connection], *, local_times: bool
) -> dict[int, Source]:
    """Return the connections that feed a destination, by their rows."""
    return {
        row: _source(db, row, connections[name], local_times=local_times)
        for name, row in rows.items()
    }


def _source(db: Db, row: int, connection: Connection, *, local_times: bool) -> Source:
    stored = accounts.known(db, connection)
    return Source(
        row,
        connection.name,
        connection.manifest.title,
        stored.account,
        connection.withheld,
        _times(connection.manifest) if local_times else {},
    )


def _times(manifest: Manifest) -> dict[str, tuple[str, ...]]:
    return {
        metric.name: tuple(p.name for p in metric.properties if p.type == "datetime")
        for metric in manifest.metrics
    }
