"""Whose a record is, and what other records say of it."""

from __future__ import annotations

from frontdesk.errors import RecordError
from frontdesk.model import Context, Record, Ref, Related, Site
from frontdesk_mindbody.lookups import NUMBERED
from frontdesk_mindbody.rows import identity, name


def guest_of(record: Record, related: Related) -> str:
    """Return the guest: by Mindbody's own id, which is looked up where only the site's is told.

    A client nobody knows yet is called by the site's id; whoever it turns out to be takes over
    what was told of it.

    Raises:
        RecordError: The record names nobody.
    """
    row = record.payload
    unique = identity(row, "ClientUniqueId")
    if unique is not None:
        return unique
    number = identity(row, "ClientId")
    if number is None:
        raise RecordError("ClientId is missing")
    found = answer(related, record, "client_ids", number)
    known = identity(found.payload, "UniqueId") if found else None
    return known or f"{NUMBERED}{number}"


def site_of(record: Record, context: Context) -> Site | None:
    """Return the site of a record; offline, where none is configured, the account's only one."""
    account = context.account
    own = account.site(record.site)
    return own if own is not None or context.settings.site_ids else account.site(None)


def staff_name(record: Record, related: Related, id: str | None) -> str | None:
    """Return the name of a member of staff."""
    found = answer(related, record, "staff", id) if id else None
    return named(found)


def named(found: Record | None) -> str | None:
    """Return the name that a record of staff or of a provider tells."""
    if found is None:
        return None
    return name(found.payload, "FirstName", "LastName") or name(found.payload, "Name")


def answer(related: Related, record: Record, stream: str, id: str) -> Record | None:
    """Return another record of the same site."""
    bare = Ref(stream, id)
    # Offline, rows of the API come without their site.
    return related[bare] if bare in related else related[Ref(stream, id, site=record.site)]
