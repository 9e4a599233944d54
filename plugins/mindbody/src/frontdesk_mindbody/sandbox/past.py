"""What happened at a site before anybody listened: bookings, visits, sales, agreements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from random import Random
from typing import Any, Final

from frontdesk.sandbox.chance import happens, pick, spread
from frontdesk_mindbody.sandbox.rows import (
    Appointment,
    Client,
    Contract,
    Item,
    Membership,
    Offer,
    Pass,
    Sale,
    Session,
    Visit,
    Waiting,
)
from frontdesk_mindbody.sandbox.studios import Studio

#: So far back there are bookings and sales.
BACK: Final = timedelta(days=45)
#: The payment method of cards.
CARD: Final = 4
METHODS: Final = (
    (14, "Cash"),
    (CARD, "Visa/MC"),
    (CARD, "Visa/MC"),
    (16, "Account"),
    (25, "Gift card"),
)
_PRESENCE: Final = spread({"arrived": 62, "missed": 12, "late": 10, "open": 16})


class Past:
    """Fills a site that has clients."""

    def __init__(self, rng: Random, studio: Studio, now: datetime) -> None:
        self._rng = rng
        self._studio = studio
        self._now = now
        self._clients = list(studio.clients)
        # Most business is done with few clients.
        self._regulars = self._clients[::3] or self._clients

    def merge(self, count: int) -> None:
        """Let so many have turned out to be others, long ago: of them only the ids are known."""
        studio = self._studio
        for _ in range(count):
            studio.merged[studio.clients.draw()] = pick(self._rng, self._clients).id

    def fill(self, *, appointments: int, visits: int, sales: int) -> None:
        """Let so many of each have happened, some still to come."""
        self._studio.plan(self._now, BACK)
        if not self._clients:
            return
        for client in self._some(len(self._clients) // 3):
            self.sell_pass(client, pick(self._rng, self._studio.offers[:3]), self._ago())
        for client in self._some(len(self._clients) // 6):
            self.agree(client)
        for _ in range(appointments):
            self.appoint()
        for _ in range(visits):
            self.visit()
        for _ in range(max(1, visits // 30)):
            self.wait()
        for _ in range(sales):
            self.sell()

    def _some(self, count: int) -> Iterator[Client]:
        return islice(cycle(self._regulars), count)

    def _client(self) -> Client:
        return pick(self._rng, self._regulars if happens(self._rng, 0.7) else self._clients)

    def _ago(self) -> datetime:
        back = self._rng.random() * BACK.total_seconds()
        return (self._now - timedelta(seconds=back)).replace(microsecond=0)

    def sell_pass(self, client: Client, offer: Offer, at: datetime) -> Pass:
        """Give a client a pass."""
        passes, day = self._studio.passes, self._studio.today(at)
        return passes.add(
            Pass(
                id=277_000 + passes.draw(),
                client=client.id,
                offer=offer,
                bought=at,
                starts=day,
                ends=day + timedelta(days=365),
                used=int(self._rng.random() * 4) if offer.sessions else 0,
            )
        )

    def agree(self, client: Client) -> None:
        """Let a client have a membership, a contract or both."""
        studio, rng, at = self._studio, self._rng, self._ago()
        day = studio.today(at)
        until = day + timedelta(days=365)
        if happens(rng, 0.7):
            plan = pick(rng, studio.memberships)
            identity = 300_000 + studio.held.draw()
            studio.held.add(Membership(identity, client.id, plan, at, day, until))
        if happens(rng, 0.6):
            template, place = pick(rng, studio.contracts), pick(rng, studio.locations)
            identity, by = 100 + studio.agreed.draw(), pick(rng, studio.staff)
            studio.agreed.add(
                Contract(
                    identity, client.id, template, at, day, until, place, by, happens(rng, 0.7)
                )
            )

    def appoint(self) -> None:
        """Let there be an appointment, some days ago or ahead."""
        studio, rng = self._studio, self._rng
        client, session = self._client(), pick(rng, studio.treatments)
        day = studio.today(self._now) + timedelta(days=int(rng.random() * 58) - 44)
        wall = datetime.combine(day, datetime.min.time()) + timedelta(
            hours=8 + int(rng.random() * 11), minutes=pick(rng, (0, 15, 30))
        )
        starts = studio.instant(wall)
        booked = min(self._now, starts) - timedelta(hours=1 + rng.random() * 240)
        row = new_appointment(rng, studio, client, session, (starts, booked.replace(microsecond=0)))
        if starts < self._now:
            self._finish(row)
        studio.appointments.add(row)
        first = client.first_appointment
        client.first_appointment = min(first, starts) if first else starts

    def _finish(self, row: Appointment) -> None:
        how = pick(self._rng, _PRESENCE)
        row.modified = min(self._now, row.starts + timedelta(minutes=5))
        row.confirmed = how in {"arrived", "missed"}
        row.arrived = how == "arrived"
        row.status = {"arrived": "Completed", "missed": "NoShow", "late": "LateCancelled"}.get(
            how, "Booked"
        )

    def visit(self) -> None:
        """Let somebody have booked a class."""
        studio, rng = self._studio, self._rng
        course = pick(rng, studio.courses.rows)
        client = self._client()
        starts = course.starts
        booked = min(self._now, starts) - timedelta(hours=1 + rng.random() * 100)
        held = studio.passes.having("client", client.id)
        row = Visit(
            id=studio.visits.draw(),
            course=course.id,
            client=client.id,
            starts=starts,
            booked=booked.replace(microsecond=0),
            modified=booked.replace(microsecond=0),
            web=happens(rng, 0.6),
            # Who has no pass has not paid yet.
            paid_by=held[0].id if held else None,
        )
        if starts < self._now:
            how = pick(rng, _PRESENCE)
            row.modified = min(self._now, starts)
            row.signed_in, row.missed = how == "arrived", how == "missed"
            row.late_cancelled = how == "late"
        studio.visits.add(row)
        course.booked += not row.late_cancelled
        course.web_booked += row.web and not row.late_cancelled
        course.signed_in += row.signed_in
        first = client.first_class
        client.first_class = min(first, starts) if first else starts

    def wait(self) -> None:
        """Let somebody wait for a place in a class to come."""
        studio, rng = self._studio, self._rng
        open_ = [c for c in studio.courses.rows[-20:] if c.waitlist is None or c.waitlist > 0]
        if not open_:
            return
        course, client = pick(rng, open_), self._client()
        studio.waitings.add(
            Waiting(
                id=studio.waitings.draw(),
                course=course.id,
                client=client.id,
                schedule=course.schedule,
                requested=self._now - timedelta(hours=1 + int(rng.random() * 40)),
                web=happens(rng, 0.5),
            )
        )
        course.waiting += 1

    def sell(self) -> None:
        """Let somebody have bought something."""
        studio, rng = self._studio, self._rng
        client, at = self._client(), self._ago()
        offers = rng.sample(list(studio.offers), pick(rng, (1, 1, 1, 2, 3)))
        sale = new_sale(rng, studio, client, [(offer, 1) for offer in offers], at)
        studio.sales.add(sale)
        if happens(rng, 0.05):
            studio.sales.add(reversal(studio, sale, min(self._now, at + timedelta(days=1))))


def new_appointment(
    rng: Random, studio: Studio, client: Client, session: Session, when: tuple[datetime, datetime]
) -> Appointment:
    """Make an appointment; *when* is its start, and when it was booked."""
    starts, booked = when
    staff = pick(rng, studio.therapists)
    return Appointment(
        id=studio.appointments.draw(),
        client=client.id,
        staff=staff,
        location=pick(rng, studio.locations),
        session=session,
        starts=starts.astimezone(UTC),
        ends=(starts + timedelta(minutes=session.minutes)).astimezone(UTC),
        booked=booked,
        modified=booked,
        resources=((1, "Room A"),) if happens(rng, 0.6) else (),
        # "0" is how the platform says that there is none, when it does not say null.
        provider=staff.providers[0] if staff.providers else pick(rng, ("0", None)),
        requested_gender=pick(rng, (None, None, "Female", "Male")),
        first=client.first_appointment is None,
    )


def new_sale(
    rng: Random,
    studio: Studio,
    client: Client,
    lines: list[tuple[Offer, int]],
    at: datetime,
    **fields: Any,
) -> Sale:
    """Make a sale of so many of each, to be paid at once."""
    sale = studio.sales
    identity = sale.draw()
    items = tuple(
        _item(rng, studio, client, line, identity * 10 + number)
        for number, line in enumerate(lines)
    )
    made: dict[str, Any] = {
        "location": pick(rng, studio.locations),
        "method": pick(rng, METHODS),
        # Nobody sold what was bought on the web.
        "staff": pick(rng, studio.staff) if happens(rng, 0.8) else None,
        **fields,
    }
    return Sale(
        id=identity,
        client=client.id,
        at=at,
        original=at,
        items=items,
        payment=identity + 7,
        **made,
    )


def _item(
    rng: Random, studio: Studio, client: Client, line: tuple[Offer, int], detail: int
) -> Item:
    offer, quantity = line
    price = offer.cents * quantity
    discount = int(price * 0.1) if happens(rng, 0.2) else 0
    tax = 0 if offer.gift or offer.service else round((price - discount) * studio.place.tax)
    other = studio.clients.sample(rng.random, lambda row: row.active)
    gift = happens(rng, 0.1) or offer.gift
    return Item(
        detail=detail,
        offer=offer,
        quantity=quantity,
        discount=discount,
        tax=tax,
        reference=277_000 + detail,
        recipient=other.id if other and gift else client.id,
        gift_barcode=f"GC{detail:08d}" if offer.gift else None,
    )


def reversal(studio: Studio, sale: Sale, at: datetime) -> Sale:
    """Take a sale back: the same lines, with negative quantities."""
    items = tuple(
        Item(
            detail=item.detail + 5_000_000,
            offer=item.offer,
            quantity=-item.quantity,
            discount=-item.discount,
            tax=-item.tax,
            reference=item.reference,
            recipient=item.recipient,
            gift_barcode=item.gift_barcode,
            returned=True,
        )
        for item in sale.items
    )
    identity = studio.sales.draw()
    sale.returned = True
    return Sale(
        id=identity,
        client=sale.client,
        at=at,
        original=sale.at,
        location=sale.location,
        items=items,
        method=sale.method,
        payment=identity + 7,
        staff=sale.staff,
        returned=True,
    )
