"""The sites of all connections: what they are called, and which zone their days are in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

import attrs
from sqlalchemy import Connection, select

from frontdesk import jsons
from frontdesk.model import Site
from frontdesk.store.schema import connections
from frontdesk.times import zone_at


@attrs.frozen
class Home:
    """A connection's row with the sites of its account.

    Attributes:
        sites: By their id; the first is the account's own.
    """

    id: int
    name: str
    integration: str
    brand: int
    sites: Mapping[str, Site]

    def site(self, id: str | None) -> Site | None:
        """Return a site, where it is not known the first one."""
        return self.sites.get(id or "") or next(iter(self.sites.values()), None)

    def zone(self, id: str | None = None) -> tzinfo | None:
        """Return the zone of a site, else of the first one; None if the account names none."""
        site = self.site(id)
        return None if site is None else zone_at(site)


def homes(db: Connection) -> dict[int, Home]:
    """Return all connections by row, in the order of their names."""
    table = connections.c
    asked = select(table.id, table.name, table.connector, table.brand_id, table.details)
    return {
        row.id: Home(row.id, row.name, row.connector, row.brand_id, _sites(row.details))
        for row in db.execute(asked.order_by(table.name))
    }


def _sites(details: bytes) -> dict[str, Site]:
    return {one["id"]: Site(**one) for one in jsons.decode(details)["sites"]}
