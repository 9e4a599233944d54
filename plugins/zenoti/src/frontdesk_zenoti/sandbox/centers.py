"""Centers in several time zones, what they sell and who works there."""

from __future__ import annotations

from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from frontdesk.sandbox.chance import pick, uuid
from frontdesk_zenoti.sandbox import names
from frontdesk_zenoti.sandbox.rows import Center, Employee, Product, Service

_STAFF: Final = 6
_TAXES: Final = (0, 10, 20, 5)


@attrs.frozen
class Catalog:
    """What the organization sells; the same in all centers."""

    services: list[Service]
    products: list[Product]
    memberships: list[Product]
    packages: list[Product]
    card: Product
    categories: list[tuple[str, str]]


def catalog(rng: Random) -> Catalog:
    """Make what is sold."""
    services: list[Service] = []
    categories: list[tuple[str, str]] = []
    for category, offered in names.SERVICES:
        categories.append((uuid(rng), category))
        for name, minutes, price in offered:
            services.append(
                Service(
                    id=uuid(rng),
                    number=len(services),
                    name=name,
                    code=f"S{len(services):03d}",
                    category=categories[-1],
                    minutes=minutes,
                    price=price,
                    addon="add-on" in name,
                )
            )
    return Catalog(
        services,
        [Product(id=uuid(rng), name=n, code=c, price=p) for n, c, p in names.PRODUCTS],
        [
            Product(id=uuid(rng), name=n, code=c, price=p, kind=kind, days=days)
            for n, c, p, kind, days in names.MEMBERSHIPS
        ],
        [
            Product(id=uuid(rng), name=n, code=c, price=p, days=30 * number)
            for number, (n, c, p) in enumerate(names.PACKAGES)
        ],
        Product(id=uuid(rng), name="Gift Card", code="GC", price=10_000, days=365),
        categories,
    )


def build(rng: Random, count: int) -> list[Center]:
    """Make centers; each place comes again, with another number, when all were used."""
    return [_center(rng, number) for number in range(count)]


def _center(rng: Random, number: int) -> Center:
    again, place = divmod(number, len(names.PLACES))
    city, prefix, zone, _, _, _, state, _, _ = names.PLACES[place]
    country_id = next(s[1] for s in names.STATES if s[0] == state)
    country = next(c for c in names.COUNTRIES if c[0] == country_id)
    return Center(
        id=uuid(rng),
        number=number,
        name=f"{city} {again + 1}" if again else city,
        code=f"{prefix}{again + 1}",
        place=place,
        zone=ZoneInfo(zone),
        country=country,
        currency=names.CURRENCIES[country[1]],
        tax=_TAXES[number % len(_TAXES)],
        staff=[employee(rng, f"{number * 100 + one}") for one in range(_STAFF)],
        rooms=[(uuid(rng), f"Room {one + 1}") for one in range(3)],
    )


def employee(rng: Random, code: str) -> Employee:
    """Make somebody who works at a center."""
    first, _, gender = pick(rng, names.FIRST)
    last, _ = pick(rng, names.LAST)
    return Employee(
        id=uuid(rng), code=code, first=first, last=last, gender=gender, job=pick(rng, names.JOBS)
    )
