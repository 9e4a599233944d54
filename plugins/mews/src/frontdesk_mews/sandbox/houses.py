"""The properties of the chain: what they are, sell and accept."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from frontdesk.sandbox.chance import uuid
from frontdesk_mews.sandbox import offers
from frontdesk_mews.sandbox.house_rows import (
    AcceptedCurrency,
    AgeCategory,
    Enterprise,
    Service,
    Subscription,
    Voucher,
    VoucherCode,
)
from frontdesk_mews.sandbox.rows import AgeCount, Place

_KEPT: Final = timedelta(days=1_500)


@attrs.frozen(kw_only=True)
class _Character:
    """What tells one property from another."""

    name: str
    zone: str
    currencies: tuple[str, ...]
    law: str
    language: str
    pricing: str
    tax: tuple[str, float]
    place: tuple[str, str, str, str, str | None]


_CHARACTERS: Final = (
    _Character(
        name="Harbour House",
        zone="Europe/London",
        currencies=("GBP", "EUR"),
        law="UK",
        language="en-GB",
        pricing="Gross",
        tax=("UK-2022-S", 0.2),
        place=("1 Quay Street", "Bristol", "BS1 4DB", "GB", "GB-ENG"),
    ),
    _Character(
        name="Hotel Lindenhof",
        zone="Europe/Berlin",
        currencies=("EUR", "USD", "GBP"),
        law="DE",
        language="de-DE",
        pricing="Gross",
        tax=("DE-2020-1-L", 0.07),
        place=("Am Weiher 3", "Potsdam", "14467", "DE", None),
    ),
    _Character(
        name="The Maple Court",
        zone="America/New_York",
        currencies=("USD", "CAD"),
        law="US",
        language="en-US",
        pricing="Net",
        tax=("US-NY-H", 0.14),
        place=("220 Canal Road", "Albany", "12207", "US", "US-NY"),
    ),
)


@attrs.frozen(kw_only=True)
class House:
    """A property with everything its reservations refer to."""

    mask: int
    enterprise: Enterprise
    zone: ZoneInfo
    currencies: tuple[str, ...]
    tax: tuple[str, float]
    #: Stays first, meeting rooms second, the restaurant (which takes no reservations) last.
    services: tuple[Service, ...]
    #: Adults, children and the deleted infants of each bookable service.
    ages: dict[str, tuple[AgeCategory, ...]]
    vouchers: tuple[Voucher, ...]
    codes: tuple[VoucherCode, ...]
    rates: tuple[str, ...]
    categories: tuple[str, ...]
    rooms: tuple[str, ...]
    staff: tuple[str, ...]
    products: tuple[str, ...]
    accounts: tuple[str, ...]

    @property
    def currency(self) -> str:
        """Name the currency prices are set in."""
        return self.currencies[0]

    def party(self, service: str, counts: tuple[int, ...]) -> tuple[AgeCount, ...]:
        """Say how many persons of each age category come."""
        return _party(tuple(age.id for age in self.ages[service]), counts)


@lru_cache(maxsize=1_024)
def _party(ages: tuple[str, ...], counts: tuple[int, ...]) -> tuple[AgeCount, ...]:
    # Shared between the reservations: there are few parties and many stays.
    return tuple(
        AgeCount(age_category_id=age, count=count)
        for age, count in zip(ages, counts, strict=True)
        if count
    )


def build(rng: Random, count: int, now: datetime) -> list[House]:
    """Make the properties of one chain."""
    chain = uuid(rng)
    return [_house(rng, number, chain, now) for number in range(count)]


def _house(rng: Random, number: int, chain: str, now: datetime) -> House:
    character = _CHARACTERS[number % len(_CHARACTERS)]
    enterprise = _enterprise(rng, character, number, chain, now)
    services = offers.services(rng, enterprise)
    vouchers = offers.vouchers(rng, services[0])
    return House(
        mask=1 << number,
        enterprise=enterprise,
        zone=ZoneInfo(character.zone),
        currencies=character.currencies,
        tax=character.tax,
        services=services,
        ages={service.id: offers.ages(rng, service) for service in services[:2]},
        vouchers=vouchers,
        codes=tuple(code for voucher in vouchers for code in offers.codes(rng, voucher)),
        rates=_ids(rng, 4),
        categories=_ids(rng, 3),
        rooms=_ids(rng, 40),
        staff=_ids(rng, 3),
        products=_ids(rng, 4),
        accounts=_ids(rng, 3),
    )


def _ids(rng: Random, count: int) -> tuple[str, ...]:
    return tuple(uuid(rng) for _ in range(count))


def _enterprise(
    rng: Random, character: _Character, number: int, chain: str, now: datetime
) -> Enterprise:
    place = _place(rng, character.place)
    again = number // len(_CHARACTERS)
    made = now - _KEPT - timedelta(hours=number)
    return Enterprise(
        id=uuid(rng),
        chain_id=chain,
        chain_name="Sandbox Hotels",
        created_utc=made,
        updated_utc=now - timedelta(days=40),
        linked_utc=made + timedelta(days=30),
        name=f"{character.name} {again + 1}" if again else character.name,
        time_zone_identifier=character.zone,
        legal_environment_code=character.law,
        accommodation_environment_code=character.law,
        accounting_environment_code=character.law,
        tax_environment_code=character.tax[0][:-2],
        default_language_code=character.language,
        website_url="https://hotels.example.com/",
        email="desk@hotels.example.com",
        pricing=character.pricing,
        tax_precision=2,
        address_id=place.id,
        address=place,
        subscription=Subscription(),
    )


def accepted(house: House) -> list[AcceptedCurrency]:
    """List the currencies a property takes, its own first."""
    return [
        AcceptedCurrency(currency=code, is_default=code == house.currency)
        for code in house.currencies
    ]


def _place(rng: Random, place: tuple[str, str, str, str, str | None]) -> Place:
    line, city, post, country, subdivision = place
    return Place(
        id=uuid(rng),
        line1=line,
        city=city,
        postal_code=post,
        country_code=country,
        country_subdivision_code=subdivision,
    )
