"""Options that commands of the guest list share, and what they stand for."""

from __future__ import annotations

import getpass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import attrs
import typer

from frontdesk.commands import annex_of, configured
from frontdesk.errors import ConfigurationError

if TYPE_CHECKING:
    from frontdesk.annex import Annex
    from frontdesk.desk import Desk
    from frontdesk_guestlist.listing import Filters, Span

Text: TypeAlias = Annotated[str, typer.Option()]
Connection: TypeAlias = Annotated[
    str | None, typer.Option("--connection", help="The guest list's connection, of several.")
]
Property: TypeAlias = Annotated[
    str | None, typer.Option("--property", help="The property whose list it is, of several.")
]
From: TypeAlias = Annotated[
    str | None, typer.Option("--from", help="Arrivals from this day on; today unless given.")
]
To: TypeAlias = Annotated[
    str | None, typer.Option("--to", help="Arrivals up to this day; days_ahead unless given.")
]
AnyArrival: TypeAlias = Annotated[
    bool, typer.Option("--any-arrival", help="Whenever they arrive, known or not.")
]
Departure: TypeAlias = Annotated[
    str | None, typer.Option("--departure", help="A day, or FROM..TO, either left out.")
]
Created: TypeAlias = Annotated[
    str | None, typer.Option("--created", help="When the reservation was made: the same.")
]
Updated: TypeAlias = Annotated[
    str | None, typer.Option("--updated", help="When it was last changed: the same.")
]
Name: TypeAlias = Annotated[
    str, typer.Option("--name", help="The beginning of a name, in either order.")
]
Number: TypeAlias = Annotated[
    str, typer.Option("--number", help="The beginning of a reservation's number.")
]
All: TypeAlias = Annotated[
    bool, typer.Option("--all", help="Also who cannot be e-mailed: cancelled, unsubscribed ...")
]
CheckedIn: TypeAlias = Annotated[
    bool | None, typer.Option("--checked-in/--not-checked-in", help="Only who has, or has not.")
]
Order: TypeAlias = Annotated[
    str,
    typer.Option("--sort", help="arrival, departure, created, updated or name; -name: backwards."),
]


@attrs.frozen
class Which:
    """Whose list is meant."""

    config: Path | None
    connection: str | None
    property: str | None

    def opened(self) -> tuple[Desk, Annex]:
        """Return the desk, and the list's part of its store.

        Raises:
            ConfigurationError: There is no such list, or there are several.
        """
        desk = configured(self.config)
        name = self.connection
        if self.property is not None:
            name = self._of_property(desk, self.property)
        return desk, annex_of(desk, "guestlist", name)

    def _of_property(self, desk: Desk, property: str) -> str:
        there = {
            one.settings.property: one.name
            for one in desk.connections.values()
            if one.connector.name == "guestlist"
        }
        found = there.get(property)
        if found is None or self.connection not in {None, found}:
            known = ", ".join(sorted(there)) or "none"
            raise ConfigurationError(
                f"there is no such guest list of property {property!r}; there are: {known}"
            )
        return found


@attrs.frozen
class Asked:
    """What was asked of a list, as it was typed."""

    from_: str | None
    to: str | None
    any_arrival: bool
    departure: str | None
    created: str | None
    updated: str | None
    name: str
    number: str
    all_: bool
    checked_in: bool | None

    def filters(self, annex: Annex) -> Filters:
        """Return the filters that are meant.

        Raises:
            ConfigurationError: A day is none.
        """
        from frontdesk_guestlist import listing  # noqa: PLC0415  # keeps --help fast

        return listing.Filters(
            arrival=None if self.any_arrival else self._arrival(annex),
            departure=_span(annex, "--departure", self.departure),
            created=_span(annex, "--created", self.created),
            updated=_span(annex, "--updated", self.updated),
            name=self.name,
            number=self.number,
            emailable=not self.all_,
            checked_in=self.checked_in,
        )

    def _arrival(self, annex: Annex) -> Span | None:
        from frontdesk_guestlist import listing  # noqa: PLC0415  # keeps --help fast

        if self.from_ is None and self.to is None:
            return listing.default(annex).arrival
        return listing.Span(_day(annex, "--from", self.from_), _day(annex, "--to", self.to))


def who() -> str:
    """Return who types commands, for the audit trail."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (OSError, KeyError):
        # The system knows no name for the user's number.
        return "command line"


def _span(annex: Annex, option: str, typed: str | None) -> Span | None:
    from frontdesk_guestlist import listing  # noqa: PLC0415  # keeps --help fast

    if typed is None:
        return None
    first, dots, last = typed.partition("..")
    from_ = _day(annex, option, first)
    return listing.Span(from_, _day(annex, option, last) if dots else from_)


def _day(annex: Annex, option: str, typed: str | None) -> date | None:
    from frontdesk_guestlist import changes, reading  # noqa: PLC0415  # keeps --help fast

    try:
        return reading.day(typed or "", annex.settings.country, changes.today(annex))
    except reading.Wrong as error:
        raise ConfigurationError(f"{option}: {error}") from None
