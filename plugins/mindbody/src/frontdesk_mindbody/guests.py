"""What a client tells: the guest's profile, and consent to promotional e-mails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from frontdesk import addresses
from frontdesk.model import (
    Channel,
    Consent,
    ConsentState,
    Context,
    Gone,
    Json,
    Merged,
    Origin,
    Payload,
    Profile,
    Record,
    Related,
)
from frontdesk.rows import before
from frontdesk_mindbody.lookups import NUMBERED
from frontdesk_mindbody.resolving import answer, site_of
from frontdesk_mindbody.rows import amount, flag, identity, part, required, text, whole
from frontdesk_mindbody.times import shown, to_utc, zone_of

#: The one flag that is consent to e-mails; e-mails on bookings and accounts are no marketing, and
#: text messages are no matter of ours.
PROMOTIONAL: Final = "SendPromotionalEmails"
_PHONES: Final = ("MobilePhone", "HomePhone", "WorkPhone")
_COUNTRY: Final = 2
_HOME: Final = "Mindbody Home Location Name"


def profile(record: Record, related: Related, context: Context) -> Profile | Merged | Gone:
    """Return what is known of the guest, or what became of it."""
    row = record.payload
    if record.deleted:
        return Gone(record.id)
    into = identity(row, "MergedInto")
    if into is not None and into != record.id:
        return Merged(record.id, into)
    return Profile(
        guest=record.id,
        email=addresses.email(row.get("Email")),
        phone_number=_phone(record, context),
        first_name=text(row, "FirstName"),
        last_name=text(row, "LastName"),
        properties=_properties(record, related, context),
    )


def found(record: Record) -> Merged | None:
    """Let a client take over what was told under the site's id of it, before anybody knew more.

    History need not: nothing was told of its clients yet.
    """
    if record.origin is Origin.HISTORY:
        return None
    return Merged(f"{NUMBERED}{record.id}", required(record.payload, "UniqueId"))


def consents(record: Record, previous: Record | None) -> Iterator[Consent]:
    """State what the flag says: it was set, or it was taken back.

    A flag that was never seen set is no opt-out, and neither is a merge.
    """
    row = record.payload
    if record.deleted or identity(row, "MergedInto"):
        return
    wanted = flag(row, PROMOTIONAL)
    address = addresses.email(row.get("Email"))
    if wanted and address:
        yield _consent(record, address, ConsentState.SUBSCRIBED, "is set")
    earlier = before(record, previous)
    if wanted is not False or earlier is None or not flag(earlier, PROMOTIONAL):
        return
    # Whoever opted out may have changed the address on the same day: both are meant.
    for known in dict.fromkeys((address, addresses.email(earlier.get("Email")))):
        if known:
            yield _consent(record, known, ConsentState.UNSUBSCRIBED, "was taken back")


def _consent(record: Record, address: str, state: ConsentState, what: str) -> Consent:
    # Mindbody tells when a client changed, and not what: no time of consent is claimed.
    place = f" at site {record.site}" if record.site else ""
    evidence = f"Mindbody client flag {PROMOTIONAL} {what}{place}"
    return Consent(record.id, address, Channel.EMAIL, state, None, evidence)


def _phone(record: Record, context: Context) -> str | None:
    """Return the first number that can be one; most are written without a country."""
    row, site = record.payload, site_of(record, context)
    own = row.get("Country")
    country = own.strip().upper() if isinstance(own, str) and len(own.strip()) == _COUNTRY else None
    known = country or (site.country if site else None)
    numbers = (addresses.phone(row.get(field), known) for field in _PHONES)
    return next((number for number in numbers if number), None)


#: Property: the field it is read from, and how.
_PLAIN: Final[tuple[tuple[str, str, Callable[[Payload, str], Json]], ...]] = (
    ("Mindbody Account Balance", "AccountBalance", amount),
    ("Mindbody Active", "Active", flag),
    ("Mindbody ClientID", "Id", identity),
    ("Mindbody Home Location (Number)", "HomeLocationId", whole),
    ("Mindbody Liability Released", "LiabilityReleased", flag),
    ("Mindbody Number of Visits", "Visits", whole),
    ("Mindbody Referral", "ReferredBy", text),
    ("Mindbody Status", "Status", text),
)
_DATES: Final = (
    ("Mindbody First Appointment Date", "FirstAppointmentDate"),
    ("Mindbody First Class Date", "FirstClassDate"),
)


def _properties(record: Record, related: Related, context: Context) -> dict[str, Json]:
    row, zone = record.payload, zone_of(site_of(record, context))
    known = {name: read(row, field) for name, field, read in _PLAIN if field in row}
    for name, field in _DATES:
        if field in row:
            known[name] = shown(to_utc(text(row, field), zone, field))
    return known | _home(record, related)


def _home(record: Record, related: Related) -> dict[str, Json]:
    """Return the name of the home location: from the row, if it is of the same location."""
    row = record.payload
    if "HomeLocationId" not in row:
        return {}
    number = identity(row, "HomeLocationId")
    if number is None:
        return {_HOME: None}
    home = part(row, "HomeLocation")
    if identity(home, "Id") == number:
        return {_HOME: text(home, "Name")}
    place = answer(related, record, "locations", number)
    return {_HOME: text(place.payload, "Name")} if place else {}
