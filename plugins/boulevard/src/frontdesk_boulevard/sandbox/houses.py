"""The business: its locations, who works there, and what they offer."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from frontdesk.sandbox.chance import pick
from frontdesk_boulevard.sandbox import ids, names
from frontdesk_boulevard.sandbox.house_rows import (
    Address,
    Business,
    Location,
    MembershipPlan,
    Permission,
    Product,
    Service,
    ServiceCategory,
    Staff,
    StaffRole,
    Tag,
)

#: The service that is no longer offered, but still stands in old appointments.
_DROPPED: Final = 4


@attrs.frozen(kw_only=True)
class House:
    """A business with all that does not change from day to day."""

    business: Business
    locations: list[Location]
    staff: list[Staff]
    services: list[Service]
    products: list[Product]
    plans: list[MembershipPlan]
    tags: list[Tag]
    permissions: list[Permission]
    #: By location, in their order: the zone, and who works there.
    zones: list[ZoneInfo]
    crews: list[list[Staff]]

    def zone(self, location: str) -> ZoneInfo:
        """Give the zone that a location really is in."""
        return next(
            z for z, row in zip(self.zones, self.locations, strict=True) if row.id == location
        )


def build(rng: Random, count: int, now: datetime, *, zoneless: bool) -> House:
    """Make a business with so many locations."""
    since = now - timedelta(days=1_500)
    business = Business(
        id=ids.new(rng, "Business"),
        name='Sample Spa & "Sons"',
        tz="America/Los_Angeles",
        address=Address(line1="1 Ocean Ave", city="Santa Monica", state="CA", country="US"),
        phone="+13105550100",
        website="https://spa.example.com",
    )
    locations = [_location(rng, business, number) for number in range(count)]
    zones = [ZoneInfo(location.tz) for location in locations]
    if zoneless:
        locations[-1].tz = ""
    staff = _staff(rng, locations, since)
    services = _services(rng, since)
    return House(
        business=business,
        locations=locations,
        staff=staff,
        services=services,
        products=_products(rng, since),
        plans=_plans(rng, since),
        tags=[Tag(id=ids.new(rng, "Tag"), name=n, symbol=s) for n, s in names.TAGS],
        permissions=_permissions(rng),
        zones=zones,
        crews=[[who for who in staff if place.id in who.location_ids] for place in locations],
    )


def _location(rng: Random, business: Business, number: int) -> Location:
    name, tz, city, state, remote = names.LOCATIONS[number % len(names.LOCATIONS)]
    again = number // len(names.LOCATIONS)
    return Location(
        id=ids.new(rng, "Location"),
        name=f"{name} {again + 1}" if again else name,
        tz=tz,
        business_name=business.name,
        is_remote=remote,
        external_id=f"store-{number + 1}" if number % 2 else None,
        address=Address()
        if remote
        else Address(line1=f"{number + 1} Main St", city=city, state=state),
        phone=None if remote else f"+1310555{100 + number:04d}",
        contact_email=f"desk{number + 1}@spa.example.com",
    )


def _staff(rng: Random, locations: list[Location], since: datetime) -> list[Staff]:
    roles = [StaffRole(id=ids.new(rng, "StaffRole"), name=name) for name in names.ROLES]
    found: list[Staff] = []
    for number in range(max(len(names.STAFF), 2 * len(locations))):
        first, last, nickname = names.STAFF[number % len(names.STAFF)]
        home = locations[number % len(locations)].id
        away = pick(rng, locations).id
        found.append(
            Staff(
                id=ids.new(rng, "Staff"),
                first_name=first,
                last_name=last,
                nickname=nickname,
                email=f"staff{number}@spa.example.com" if number % 3 else None,
                external_id=f"E{number:03d}" if number % 2 else None,
                role=roles[number % len(roles)],
                created_at=since,
                updated_at=since,
                location_ids=(home,) if home == away else (home, away),
                # Somebody who left is still named by what they did.
                active=number != len(names.STAFF) - 1,
            )
        )
    return found


def _services(rng: Random, since: datetime) -> list[Service]:
    categories = [
        ServiceCategory(
            id=ids.new(rng, "ServiceCategory"), name=name, created_at=since, updated_at=since
        )
        for name in names.CATEGORIES
    ]
    return [
        Service(
            id=ids.new(rng, "Service"),
            name=name,
            category=categories[number % len(categories)],
            default_duration=minutes,
            default_price=price,
            addon=addon,
            created_at=since,
            updated_at=since,
            active=number != _DROPPED,
            external_id=f"svc-{number}" if number % 3 == 0 else None,
        )
        for number, (name, minutes, price, addon) in enumerate(names.SERVICES)
    ]


def _products(rng: Random, since: datetime) -> list[Product]:
    return [
        Product(
            id=ids.new(rng, "Product"),
            name=name,
            unit_price=price,
            sku=f"SKU-{number}",
            created_at=since,
            updated_at=since,
        )
        for number, (name, price) in enumerate(names.PRODUCTS)
    ]


def _plans(rng: Random, since: datetime) -> list[MembershipPlan]:
    return [
        MembershipPlan(
            id=ids.new(rng, "Product"),
            name=name,
            interval=interval,
            unit_price=price,
            created_at=since,
            updated_at=since,
        )
        for name, interval, price, _, _ in names.PLANS
    ]


def _permissions(rng: Random) -> list[Permission]:
    return [
        Permission(
            id=ids.new(rng, "Permission"),
            key=key,
            name=name,
            description=f"May read {name.lower()}.",
        )
        for key, name in names.PERMISSIONS
    ]
