"""What the world remembers of each thing; how the APIs show it is written elsewhere.

All times are instants. Money is in cents, so that sums agree to the last one.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class Location(msgspec.Struct):
    """A place where a site does business."""

    id: int
    name: str
    address: str
    city: str
    postal_code: str
    state: str | None
    phone: str
    latitude: float
    longitude: float


class Employee(msgspec.Struct):
    """A member of staff."""

    id: int
    first_name: str
    last_name: str
    teaches: bool
    treats: bool
    providers: tuple[str, ...]

    @property
    def name(self) -> str:
        """Give the whole name."""
        return f"{self.first_name} {self.last_name}".strip()


class Offer(msgspec.Struct):
    """What can be bought: a service (a pass), a product or a gift card."""

    id: int
    name: str
    cents: int
    service: bool = False
    gift: bool = False
    #: How many visits a pass pays for; None where it pays for none, 0 for any number.
    sessions: int | None = None


class Session(msgspec.Struct):
    """A kind of appointment or class."""

    id: int
    name: str
    minutes: int
    program: int


class Plan(msgspec.Struct):
    """A membership or a contract template."""

    id: int
    name: str
    cents: int = 0


class Client(msgspec.Struct):
    """A client; *id* is the unique id, *number* what the site calls them, which may change."""

    id: int
    number: str
    first_name: str | None
    last_name: str | None
    created: datetime
    modified: datetime
    status: str = "Active"
    active: bool = True
    email: str | None = None
    previous_email: str | None = None
    mobile_phone: str | None = None
    home_phone: str | None = None
    work_phone: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    born: date | None = None
    gender: str | None = None
    home: Location | None = None
    released: datetime | None = None
    referred_by: str | None = None
    first_appointment: datetime | None = None
    first_class: datetime | None = None
    balance: int = 0
    prospect: bool = False
    company: bool = False
    promotional_emails: bool = False
    promotional_texts: bool = False
    notes: str | None = None
    #: Has a card or a bank account on file.
    on_file: bool = False

    @property
    def name(self) -> str:
        """Give the whole name."""
        return f"{self.first_name or ''} {self.last_name or ''}".strip()


class Pass(msgspec.Struct):
    """Visits a client paid for beforehand."""

    id: int
    client: int
    offer: Offer
    bought: datetime
    starts: date
    ends: date
    used: int = 0

    @property
    def count(self) -> int:
        """Tell for how many visits it is; the API's sentinel stands for any number."""
        return self.offer.sessions or UNLIMITED

    @property
    def remaining(self) -> int:
        """Tell how many visits are left."""
        return UNLIMITED if self.count == UNLIMITED else max(0, self.count - self.used)


#: What the API says of a pass without an end.
UNLIMITED = 999_999


class Appointment(msgspec.Struct):
    """An appointment of one client with one member of staff."""

    id: int
    client: int
    staff: Employee
    location: Location
    session: Session
    starts: datetime
    ends: datetime
    booked: datetime
    modified: datetime
    status: str = "Booked"
    confirmed: bool = False
    arrived: bool = False
    resources: tuple[tuple[int, str], ...] = ()
    provider: str | None = None
    requested_gender: str | None = None
    first: bool = False
    paid_by: int | None = None

    @property
    def cancelled(self) -> bool:
        """Tell whether it will not take place."""
        return self.status in {"Cancelled", "LateCancelled"}


class Course(msgspec.Struct):
    """A class at one time."""

    id: int
    schedule: int
    session: Session
    staff: Employee
    location: Location
    room: tuple[int, str]
    starts: datetime
    ends: datetime
    modified: datetime
    capacity: int = 20
    waitlist: int | None = 5
    cancelled: bool = False
    substitute: bool = False
    booked: int = 0
    web_booked: int = 0
    signed_in: int = 0
    waiting: int = 0


class Visit(msgspec.Struct):
    """A client's place in a class."""

    id: int
    course: int
    client: int
    starts: datetime
    booked: datetime
    modified: datetime
    signed_in: bool = False
    late_cancelled: bool = False
    missed: bool = False
    web: bool = False
    from_waitlist: bool = False
    paid_by: int | None = None


class Waiting(msgspec.Struct):
    """A client's place in the waiting list of a class."""

    id: int
    course: int
    client: int
    schedule: int
    requested: datetime
    web: bool = False


class Item(msgspec.Struct):
    """A line of a sale."""

    detail: int
    offer: Offer
    quantity: int
    discount: int
    tax: int
    reference: int
    recipient: int
    gift_barcode: str | None = None
    contract: int | None = None
    returned: bool = False

    @property
    def net(self) -> int:
        """Tell what the line costs before tax."""
        return self.offer.cents * self.quantity - self.discount


class Sale(msgspec.Struct):
    """A sale, or the return of one."""

    id: int
    client: int
    at: datetime
    original: datetime
    location: Location
    items: tuple[Item, ...]
    method: tuple[int, str]
    payment: int
    staff: Employee | None = None
    #: It was taken back, or takes another back.
    returned: bool = False

    @property
    def total(self) -> int:
        """Tell what was paid, tax included."""
        return sum(item.net + item.tax for item in self.items)


class Membership(msgspec.Struct):
    """A membership that was given to a client."""

    id: int
    client: int
    plan: Plan
    bought: datetime
    starts: date
    ends: date


class Contract(msgspec.Struct):
    """A contract a client agreed to."""

    id: int
    client: int
    template: Plan
    agreed: datetime
    starts: date
    ends: date
    location: Location
    staff: Employee | None = None
    renewing: bool = True
    terminated: date | None = None
