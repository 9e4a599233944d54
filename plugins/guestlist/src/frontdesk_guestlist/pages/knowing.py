"""What is known of a guest: which fields there are depends on where the guest comes from."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any, Final

import attrs
from babel import Locale
from sqlalchemy import Connection as Db

from frontdesk.annex import Annex, Known, Source
from frontdesk.web.pages.frame import N_
from frontdesk_guestlist import mirror
from frontdesk_guestlist.guests import Guest


class Shown(enum.StrEnum):
    """How a value is shown."""

    TEXT = "text"
    DAY = "day"
    MOMENT = "moment"
    NUMBER = "number"
    MONEY = "money"
    TRANSLATED = "translated"


@attrs.frozen
class Fact:
    """A field of the guest information: its label, to be translated, and its value."""

    label: str
    value: Any
    how: Shown = Shown.TEXT


@attrs.frozen(kw_only=True)
class Origin:
    """Where a guest comes from.

    Args:
        told: In words, to be translated; ``%(title)s`` is the source's title.
        source: The connection, of a guest that was read from another one.
        known: What the source says of the person.
        profiled: Whether frontdesk knows the person as the guest list's own guest.
    """

    told: str
    source: Source | None = None
    known: Known | None = None
    profiled: bool = False

    @property
    def called(self) -> str:
        """What the source is called."""
        return "" if self.source is None else self.source.title or self.source.name


_BY_HAND: Final = {
    "form": N_("Added by hand, with the form."),
    "command": N_("Added by hand, with a command."),
    "file": N_("Added by hand, from a file."),
}
_CHANNEL: Final = N_("Came from a channel.")
_INTEGRATION: Final = N_("Read from %(title)s.")
_LOST: Final = N_("Read from a connection that is no longer there.")


def origin(db: Db, annex: Annex, guest: Guest) -> Origin:
    """Return where a guest comes from."""
    sources = annex.sources(db)
    own = any(one.name == annex.name for one in sources)
    profiled = own and guest.profile in annex.known(db, annex.name, [guest.profile])
    if guest.origin in _BY_HAND:
        return Origin(told=_BY_HAND[guest.origin], profiled=profiled)
    source = next((one for one in sources if mirror.account_of(one) == guest.source), None)
    if source is None:
        return Origin(told=_LOST, profiled=profiled)
    if source.name == annex.name:
        return Origin(told=_CHANNEL, profiled=profiled)
    known = annex.known(db, source.name, [guest.source_guest] if guest.source_guest else [])
    return Origin(
        told=_INTEGRATION,
        source=source,
        known=known.get(guest.source_guest or ""),
        profiled=profiled,
    )


def facts(guest: Guest, where: Origin, locale: Locale) -> list[Fact]:
    """Return the guest information; of the fields that everybody has, empty ones, too."""
    found = [*_always(guest, locale)]
    if guest.origin not in _BY_HAND or guest.origin == "file":
        found += [fact for fact in _booked(guest) if fact.value not in (None, "")]
    if where.known is not None:
        found += [fact for fact in _integrated(where.known, locale) if fact.value]
    return found


def _always(guest: Guest, locale: Locale) -> Iterator[Fact]:
    yield Fact(N_("First name"), guest.first_name)
    yield Fact(N_("Last name"), guest.last_name)
    yield Fact(N_("E-mail address"), guest.email)
    yield Fact(N_("Phone number"), guest.phone)
    yield Fact(N_("Arrival date"), guest.arrival, Shown.DAY)
    yield Fact(N_("Departure date"), guest.departure, Shown.DAY)
    yield Fact(N_("Country"), _country(guest.country, locale))
    yield Fact(N_("Language"), _language(guest.language, locale))


def _booked(guest: Guest) -> Iterator[Fact]:
    yield Fact(N_("Channel"), guest.channel)
    yield Fact(N_("Room type"), guest.room_type)
    yield Fact(N_("Company"), guest.company)
    yield Fact(N_("Revenue"), guest.amount, Shown.MONEY)
    yield Fact(N_("Duplicate of"), guest.duplicate_of)
    yield Fact(N_("Changed in the source"), guest.modified, Shown.MOMENT)
    yield Fact(N_("Kept back from marketing by"), guest.excluded)


def _integrated(known: Known, locale: Locale) -> Iterator[Fact]:
    """Yield what an integration says of the person, less what the reservation says already."""
    profile = known.profile
    if known.gone:
        yield Fact(N_("In the source"), N_("the person is no longer there"), Shown.TRANSLATED)
    if profile is None:
        return
    yield Fact(N_("Title"), profile.title)
    yield Fact(N_("Organization"), profile.organization)
    place = profile.location
    lines = [place.get("address1"), place.get("address2")]
    yield Fact(N_("Address"), ", ".join(line for line in lines if line))
    yield Fact(N_("Postcode"), place.get("zip"))
    yield Fact(N_("City"), place.get("city"))
    yield Fact(N_("Region"), place.get("region"))
    yield Fact(N_("Country of residence"), _country(place.get("country") or "", locale))


def _country(code: str, locale: Locale) -> str:
    return str(locale.territories.get(code, code))


def _language(code: str, locale: Locale) -> str:
    base = code.replace("_", "-").partition("-")[0].lower()
    name = locale.languages.get(base)
    return f"{name} ({code})" if name and code != base else str(name or code)
