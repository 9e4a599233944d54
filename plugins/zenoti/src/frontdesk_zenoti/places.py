"""Where something happened: the centre's zone and currency, and what events say of it."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

import attrs

from frontdesk.model import Context, Json, Payload, Ref, Related
from frontdesk.times import zone_of
from frontdesk_zenoti.rows import at

#: Seconds for which what is known of a centre is good enough.
_A_WEEK: Final = 7 * 86_400.0
_ADDRESS: Final = (
    ("Center City", ("address_info.city",)),
    ("Center State", ("state.name", "state.code")),
    ("Center Zip", ("address_info.zip_code",)),
    ("Center Email", ("contact_info.email",)),
    (
        "Center Phone",
        (
            "contact_info.phone_1.display_number",
            "contact_info.phone1.display_number",
            "contact_info.phone_1.number",
            "contact_info.phone1.number",
        ),
    ),
)
_LINES: Final = (
    ("address_info.address_1", "address_info.address1"),
    ("address_info.address_2", "address_info.address2"),
)


@attrs.frozen
class Place:
    """A centre, as far as its id tells.

    Args:
        id: Its letters small; None where nobody said which.
        name: What a delivery calls it, if it does.
    """

    id: str | None
    name: str | None
    context: Context
    related: Related

    @property
    def zone(self) -> tzinfo:
        """Its zone; the first centre's where it is unknown."""
        return zone_of(self.context.account, self.id)

    @property
    def currency(self) -> str | None:
        """Its currency, ISO 4217."""
        site = self.context.account.site(self.id)
        return site.currency if site else None

    @property
    def site(self) -> str | None:
        """Its id, if the account has it."""
        site = self.context.account.site(self.id)
        return site.id if site else None

    def short(self) -> dict[str, Json]:
        """Return its id and name."""
        if self.id is None:
            return {}
        site = self.context.account.site(self.id)
        name = self.name or (site.name if site and site.id == self.id else None)
        return {"Center ID": self.id, **({"Center Name": name} if name else {})}

    def whole(self) -> dict[str, Json]:
        """Return all events may say of it; asks for the centre's own record."""
        if self.id is None:
            return {}
        record = self.related[Ref("centers", self.id, max_age=_A_WEEK)]
        if record is None:
            return self.short()
        row = record.payload
        shown: dict[str, Json] = {"Center ID": self.id}
        shown["Center Name"] = self.name or _first(row, ("name", "display_name"))
        lines = [line for ways in _LINES if (line := _first(row, ways))]
        shown["Center Address"] = ", ".join(lines) or None
        return shown | {name: _first(row, ways) for name, ways in _ADDRESS}


def _first(row: Payload, ways: tuple[str, ...]) -> str | None:
    found = (at(row, way) for way in ways)
    return next((one.strip() for one in found if isinstance(one, str) and one.strip()), None)
