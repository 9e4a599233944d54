"""Guest profiles, at the start and as they come."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

import msgspec

from frontdesk.sandbox.chance import DAY, cousin, covering, happens, moment, pick, spread, uuid
from frontdesk_mews.sandbox import names
from frontdesk_mews.sandbox.house_rows import Company
from frontdesk_mews.sandbox.houses import House
from frontdesk_mews.sandbox.kinds import KINDS, shape
from frontdesk_mews.sandbox.rows import Address, Customer

_CLASSES: Final = spread(
    {
        (): 70,
        ("Returning",): 14,
        ("LoyaltyProgram", "Returning"): 4,
        ("VeryImportant",): 3,
        # Deprecated for Blocklist, but old rows still say it.
        ("Blacklist",): 2,
        ("Blocklist", "PreviousComplaint"): 1,
        ("DisabledPerson",): 1,
        ("HealthCompliant",): 1,
        ("Student",): 2,
        ("Media", "FriendOrFamily"): 2,
    }
)
_CONSENTS: Final = spread(
    {
        (): 50,
        ("SendMarketingEmails",): 25,
        ("SendMarketingEmails", "Invoiceable"): 8,
        ("SendPartnerMarketingEmails", "SendMarketingPostalMail"): 5,
        ("Invoiceable",): 8,
        ("BillAddressObjection", "GuestPhotoConsent"): 4,
    }
)
_DAYS: Final = tuple(f"{day:02d}" for day in range(1, 29))


class Profile(msgspec.Struct, gc=False):
    """A customer with the address and the visibility that belong to it."""

    customer: Customer
    address: Address | None
    mask: int
    created: float
    updated: float


class Registry:
    """Makes guest profiles."""

    def __init__(self, rng: Random, houses: Sequence[House], companies: Sequence[Company]) -> None:
        self._rng = rng
        self._houses = houses
        self._companies = companies
        #: Profiles belong to the chain, and so do those who keep them.
        self._clerks = (uuid(rng), uuid(rng))

    def build(self, earliest: list[float], masks: list[int], now: float) -> list[Profile]:
        """Make the first guests, each as old as the first booking."""
        rng = self._rng
        kinds = covering(rng, KINDS, len(masks))
        profiles: list[Profile] = []
        for number, (kind, mask, first) in enumerate(zip(kinds, masks, earliest, strict=True)):
            created = first if mask else now - rng.random() * 900 * DAY - 60
            updated = created + rng.random() ** 3 * (now - created)
            seen = mask or self._houses[number % len(self._houses)].mask
            profiles.append(self.make(number, kind, created, updated, seen))
        _merge(rng, profiles, kinds)
        return profiles

    def make(self, number: int, kind: str, created: float, updated: float, mask: int) -> Profile:
        """Make one guest of a kind."""
        customer = self._person(number, created, updated)
        shape(self._rng, customer, kind, number)
        if kind == "employee":
            customer.company_id = pick(self._rng, self._companies).id
        address = None if kind == "deleted" else self._address(customer)
        return Profile(customer, address, mask, created, updated)

    def _person(self, number: int, created: float, updated: float) -> Customer:
        rng = self._rng
        first, first_ascii, title = pick(rng, names.FIRST)
        last, last_ascii = pick(rng, names.LAST)
        country, language, phone = pick(rng, names.HOMES)
        return Customer(
            id=uuid(rng),
            chain_id=self._houses[0].enterprise.chain_id,
            number=str(number + 1),
            title=title if number % 5 else None,
            sex=("Male" if title == "Mister" else "Female") if number % 7 else None,
            first_name=first,
            last_name=last,
            nationality_code=country,
            preferred_language_code=language if number % 3 else None,
            language_code=language if number % 4 else None,
            birth_date=self._birthday() if number % 2 else None,
            email=f"{first_ascii}.{last_ascii}{number}@{pick(rng, names.DOMAINS)}",
            phone=phone.format(number % 1000) if happens(rng, 0.7) else None,
            notes=pick(rng, names.NOTES) if happens(rng, 0.2) else None,
            dietary_requirements=pick(rng, names.DIETS) if happens(rng, 0.04) else None,
            loyalty_code=f"LC{number:07d}" if number % 20 == 0 else None,
            created_utc=moment(created),
            updated_utc=moment(updated),
            classifications=pick(rng, _CLASSES),
            options=pick(rng, _CONSENTS),
            preferred_space_features=((pick(rng, names.FEATURES),) if happens(rng, 0.1) else ()),
            creator_profile_id=self._clerks[0],
            updater_profile_id=self._clerks[1],
        )

    def _birthday(self) -> str:
        year, month = 1940 + int(self._rng.random() * 65), 1 + int(self._rng.random() * 12)
        return f"{year}-{month:02d}-{pick(self._rng, _DAYS)}"

    def _address(self, customer: Customer) -> Address | None:
        if happens(self._rng, 0.3):
            return None
        line, city, post, country, subdivision = pick(self._rng, names.TOWNS)
        customer.address_id = cousin(customer.id, "ad")
        return Address(
            id=customer.address_id,
            account_id=customer.id,
            chain_id=customer.chain_id,
            account_type="Customer",
            line1=line,
            line2=f"Floor {1 + int(self._rng.random() * 9)}" if happens(self._rng, 0.2) else None,
            city=city,
            postal_code=post,
            country_code=country,
            country_subdivision_code=subdivision,
            updated_utc=customer.updated_utc,
        )


def _merge(rng: Random, profiles: list[Profile], kinds: list[str]) -> None:
    targets: dict[int, int] = {}
    for number, kind in enumerate(kinds):
        if kind == "merged":
            # Only earlier rows: a merge may lead to a merged one, but never in a circle.
            target = int(rng.random() * number)
            targets[number] = 0 if kinds[target] == "deleted" else target
    # Backwards, so that whoever sees the start of a chain of merges sees its end.
    for source, target in reversed(targets.items()):
        profiles[source].customer.merge_target_id = profiles[target].customer.id
        profiles[target].mask |= profiles[source].mask
