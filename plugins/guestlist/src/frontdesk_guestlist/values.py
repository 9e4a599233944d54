"""What templates know: of the guest, the property, and where links lead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

if TYPE_CHECKING:
    from frontdesk_guestlist.guests import Guest


@attrs.frozen(kw_only=True, repr=False)
class GuestValues:
    """What a template knows as ``guest``."""

    first_name: str
    last_name: str
    name: str
    number: str
    arrival: date | None
    departure: date | None
    nights: int
    room_type: str

    @classmethod
    def of(cls, guest: Guest) -> Self:
        """Return what a template knows of a guest."""
        told: dict[str, Any] = {name: getattr(guest, name) for name in attrs.fields_dict(cls)}
        told["nights"] = guest.nights or 0
        return cls(**told)


@attrs.frozen(kw_only=True)
class PropertyValues:
    """What a template knows as ``property``."""

    title: str


@attrs.frozen(kw_only=True, repr=False)
class LinkValues:
    """What a template knows as ``links``."""

    concierge: str
    check_in: str
    in_stay: str
    post_stay: str
    unsubscribe: str


@attrs.frozen(kw_only=True)
class Values:
    """All that a template knows."""

    guest: GuestValues
    property: PropertyValues
    links: LinkValues

    def named(self) -> dict[str, Any]:
        """Return the values by their names, nothing else of them can be reached."""
        return attrs.asdict(self)


_PARTS: Final = {"guest": GuestValues, "property": PropertyValues, "links": LinkValues}
#: What a template can name.
KNOWN: Final[Mapping[str, Collection[str]]] = {
    name: tuple(attrs.fields_dict(part)) for name, part in _PARTS.items()
}
#: The same, with what each means.
VARIABLES: Final[Mapping[str, str]] = {
    "guest.first_name": "the first name",
    "guest.last_name": "the last name",
    "guest.name": "first and last name",
    "guest.number": "the number of the reservation",
    "guest.arrival": "the day of arrival",
    "guest.departure": "the day of departure",
    "guest.nights": "how many nights the stay has; 0 where that is not known",
    "guest.room_type": "the kind of room, in the source's words",
    "property.title": "what the property is called",
    "links.concierge": "the page with information and offers",
    "links.check_in": "the check-in form",
    "links.in_stay": "the feedback form during the stay",
    "links.post_stay": "the feedback form after the stay",
    "links.unsubscribe": "the page to unsubscribe; stands at the end unless it is used",
}
#: A made-up guest's.
SAMPLE: Final = Values(
    guest=GuestValues(
        first_name="Ada",
        last_name="Example",
        name="Ada Example",
        number="A-1001",
        arrival=date(2030, 5, 6),
        departure=date(2030, 5, 9),
        nights=3,
        room_type="Double",
    ),
    property=PropertyValues(title="Example Hotel"),
    links=LinkValues(
        concierge="https://stay.example.com/g/concierge",
        check_in="https://stay.example.com/g/check-in",
        in_stay="https://stay.example.com/g/in-stay",
        post_stay="https://stay.example.com/g/post-stay",
        unsubscribe="https://stay.example.com/u/unsubscribe",
    ),
)
#: One of whom nothing is known.
UNKNOWN: Final = attrs.evolve(
    SAMPLE,
    guest=GuestValues(
        first_name="",
        last_name="",
        name="",
        number="",
        arrival=None,
        departure=None,
        nights=0,
        room_type="",
    ),
)
