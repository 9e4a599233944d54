"""Clients of every kind, invented."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from frontdesk.sandbox.chance import DAY, covering, happens, moment, pick, spread
from frontdesk_mindbody.sandbox import names
from frontdesk_mindbody.sandbox.rows import Client
from frontdesk_mindbody.sandbox.studios import Studio

#: Kinds of clients by their share; each of them comes once before chance decides.
KINDS: Final = {
    "plain": 58,
    "family": 8,
    "silent": 6,
    "prospect": 8,
    "company": 2,
    "inactive": 8,
    "barcode": 5,
    "messy": 3,
    "hostile": 2,
}
_STATUSES: Final = spread(
    {"Active": 60, "Non-Member": 25, "Expired": 9, "Suspended": 3, "Declined": 3}
)
#: Clients made or changed earlier than two years ago are beyond what history reads.
_OLDEST: Final = 1_100 * DAY


class Registry:
    """Makes the clients of a site."""

    def __init__(self, rng: Random, studio: Studio) -> None:
        self._rng = rng
        self._studio = studio
        self._family = self._hostile = 0

    def populate(self, count: int, now: datetime) -> None:
        """Make so many clients with a past."""
        stamp, rng = now.timestamp(), self._rng
        for kind in covering(rng, KINDS, count):
            created = stamp - rng.random() * _OLDEST
            modified = created + rng.random() ** 0.5 * (stamp - created)
            self.make(kind, moment(created), moment(modified))

    def make(self, kind: str, created: datetime, modified: datetime) -> Client:
        """Make a client of a kind, and enter them."""
        rng, studio = self._rng, self._studio
        identity = studio.clients.draw()
        first, alias, gender = pick(rng, names.FIRST)
        last, surname = pick(rng, names.LAST)
        client = Client(
            id=identity,
            number=str(identity),
            first_name=first,
            last_name=last,
            created=created,
            modified=modified,
            email=f"{alias}.{surname}.{identity % 1_000_000}@{pick(rng, names.DOMAINS)}",
            gender=gender,
            status=pick(rng, _STATUSES),
            **self._reached(),
            **self._wishes(created),
        )
        self._shape(client, kind)
        studio.clients.add(client)
        studio.numbers[client.number] = client.id
        return client

    def _reached(self) -> dict[str, Any]:
        rng, place = self._rng, self._studio.place
        phone = place.phone.format(int(rng.random() * 100) + 100)
        fields: dict[str, Any] = {}
        if happens(rng, 0.8):
            fields["mobile_phone"] = phone
        elif happens(rng, 0.5):
            fields[pick(rng, ("home_phone", "work_phone"))] = phone
        if happens(rng, 0.7):
            fields |= {
                "address": pick(rng, names.STREETS),
                "city": place.city,
                "state": place.state,
                "postal_code": place.postal_code,
            }
        # Where the country is left out, the site's is meant.
        fields["country"] = place.country if happens(rng, 0.8) else None
        return fields

    def _wishes(self, created: datetime) -> dict[str, Any]:
        rng = self._rng
        released = happens(rng, 0.6)
        return {
            "born": date(1950 + int(rng.random() * 55), 1 + int(rng.random() * 12), 2)
            if happens(rng, 0.5)
            else None,
            "home": pick(rng, self._studio.locations) if happens(rng, 0.8) else None,
            "released": created + timedelta(minutes=5) if released else None,
            "referred_by": pick(rng, names.REFERRALS),
            "balance": pick(rng, (0, 0, 0, 1_550, -2_000, 12_345)),
            "promotional_emails": happens(rng, 0.55),
            "promotional_texts": happens(rng, 0.3),
            "notes": pick(rng, names.NOTES),
            "on_file": happens(rng, 0.3),
        }

    def _shape(self, client: Client, kind: str) -> None:
        rng = self._rng
        if kind == "family":
            # Four in a row share one address, but not what they wish to be sent.
            self._family += 1
            client.email = f"family.{self._family // 4}.{self._studio.id % 1000}@home.example.com"
        elif kind == "silent":
            client.email = None if happens(rng, 0.5) else ""
            client.mobile_phone = None if happens(rng, 0.5) else client.mobile_phone
        elif kind == "prospect":
            client.prospect, client.status = True, "Non-Member"
        elif kind == "company":
            client.company, client.last_name = True, pick(rng, names.COMPANIES)
            client.first_name = ""
        elif kind == "inactive":
            client.active, client.status = False, pick(rng, ("Terminated", "Expired"))
        elif kind == "barcode":
            client.number = f"KEY-{client.id % 100_000:05d}{pick(rng, ('', 'B', 'é'))}"
        elif kind == "messy":
            client.mobile_phone = pick(rng, names.MESSY_PHONES).format(client.id % 1000)
            client.email = (client.email or "").upper() + " "
        elif kind == "hostile":
            client.first_name = names.HOSTILE[self._hostile % len(names.HOSTILE)]
            self._hostile += 1
