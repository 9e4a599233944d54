"""Records by their ids: clients, and what ids of locations, staff and providers stand for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from frontdesk.client import Client
from frontdesk.model import Json, Record, Unreadable
from frontdesk.rows import Row, as_list, as_row
from frontdesk_mindbody import asking
from frontdesk_mindbody.asking import Listing
from frontdesk_mindbody.rows import records

#: Guests of whom nothing but the site's own id is known are named by it, and so set apart from
#: those named by Mindbody's.
NUMBERED: Final = "id:"

_Records = list[Record | Unreadable]


async def named(client: Client[Any], stream: str, ids: Sequence[str], site: str) -> _Records:
    """Return the records of *ids* that a site has, and what came along."""
    if stream in {"clients", "client_ids"}:
        return await _clients(client, stream, ids, site)
    if stream == "sites":
        answer = await asking.ask(client, asking.SITES.path, site, {"SiteIds": site})
        return records(stream, asking.rows_of(answer, asking.SITES), site)
    if stream == "locations":
        # There are few, and each costs as much as all of them.
        return records(stream, await _all(client, asking.LOCATIONS, site), site)
    if stream in {"staff", "providers"}:
        return await _staff(client, ids, site)
    # What is left cannot be asked for by id alone.
    return []


async def _clients(client: Client[Any], stream: str, ids: Sequence[str], site: str) -> _Records:
    own = [id for id in ids if stream != "clients" or id.startswith(NUMBERED)]
    numbers = [id.removeprefix(NUMBERED) for id in own]
    unique = [id for id in ids if stream == "clients" and id.isascii() and id.isdigit()]
    found: _Records = []
    # The two are not taken together.
    for name, wanted in (("UniqueIds", unique), ("ClientIds", numbers)):
        if wanted:
            asked = {name: wanted, "IncludeInactive": "true", "Limit": asking.MOST}
            answer = await asking.ask(client, asking.CLIENTS.path, site, asked)
            found += client_records(asking.rows_of(answer, asking.CLIENTS), site)
    return found


def client_records(rows: Sequence[Json], site: str, since: datetime | None = None) -> _Records:
    """Make two records of each client: its own, and one to find it by the site's id of it.

    Args:
        since: Clients that changed last before it are left out.
    """
    found: _Records = []
    for row, record in zip(rows, records("clients", rows, site), strict=True):
        if isinstance(record, Record) and since and record.version and record.version < since:
            continue
        found.append(record)
        if isinstance(record, Record) and record.payload.get("Id"):
            found += records("client_ids", [row], site)
    return found


async def _staff(client: Client[Any], ids: Sequence[str], site: str) -> _Records:
    """Read all who work at a site: one request tells everybody's ids as a provider.

    An id nobody has becomes a record that says so, or it would be asked for again and again.
    """
    rows = [row for one in await _all(client, asking.STAFF, site) if (row := as_row(one))]
    providers = {id: _provider(id, row) for row in rows for id in _providers(row)}
    people = {str(row.get("Id")) for row in rows}
    nobody = [{"Id": id} for id in ids if id not in providers and id not in people]
    return [
        *records("staff", rows, site),
        *records("providers", [*providers.values(), *nobody], site),
    ]


def _providers(row: Row) -> Iterable[str]:
    listed = next((row[key] for key in row if key.casefold() == "providerids"), None)
    return [str(id) for id in as_list(listed) or () if isinstance(id, str | int) and id]


def _provider(id: str, row: Row) -> Row:
    return {"Id": id, "StaffId": row.get("Id")} | {
        field: row[field] for field in ("FirstName", "LastName", "Name") if field in row
    }


async def _all(client: Client[Any], listing: Listing, site: str) -> list[Json]:
    found: dict[str, Json] = {}
    async for step in asking.pages(client, listing, site, {}):
        found |= {str((as_row(row) or {}).get("Id") or id(row)): row for row in step.rows}
    return list(found.values())
