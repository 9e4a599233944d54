"""What the world is made of. Times are seconds of the epoch, money is hundredths."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec


class Center(msgspec.Struct, kw_only=True):
    """A spa or a salon, with its people and rooms."""

    id: str
    number: int
    name: str
    code: str
    place: int
    zone: ZoneInfo
    country: tuple[int, str, str, int, str]
    currency: tuple[int, str, str, str]
    tax: int
    staff: list[Employee]
    rooms: list[tuple[str, str]]
    #: The number of the latest invoice and receipt.
    invoices: int = 1000
    receipts: int = 500


class Employee(msgspec.Struct, kw_only=True):
    """Who works at a center."""

    id: str
    code: str
    first: str
    last: str
    gender: int
    job: str
    deleted: bool = False

    @property
    def name(self) -> str:
        """Give the whole name."""
        return f"{self.first} {self.last}"


class Service(msgspec.Struct, kw_only=True):
    """What can be booked; the same in all centers."""

    id: str
    number: int
    name: str
    code: str
    category: tuple[str, str]
    minutes: int
    price: int
    addon: bool


class Product(msgspec.Struct, kw_only=True):
    """What can be bought: a product, membership, package or gift card."""

    id: str
    name: str
    code: str
    price: int
    kind: int = 0
    days: int = 0


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest wants to be told; the numbers mean something nobody has written down."""

    transactional_email: bool = True
    transactional_sms: bool = True
    marketing_email: bool = True
    marketing_sms: bool = True
    optin: int = 0
    whatsapp_optin: int = 0


class Guest(msgspec.Struct, kw_only=True):
    """Who comes."""

    id: str
    number: int
    code: str
    center: int
    created: int
    updated: int
    first: str
    last: str
    email: str
    gender: int
    #: Country as an index into the list of countries, and the number as somebody typed it.
    country: int
    phone: str
    dialled: bool
    birth: str | None
    partial_birth: str | None
    tags: tuple[str, ...]
    preferences: Preferences
    virtual: bool = False
    deleted: bool = False
    merged_into: str | None = None

    @property
    def name(self) -> str:
        """Give the whole name."""
        return f"{self.first} {self.last}"


class Visit(msgspec.Struct, kw_only=True):
    """One service of a group of appointments."""

    id: str
    item_id: str
    service: int
    therapist: int
    room: int
    start: int
    end: int
    addon: bool = False
    progress: int = 0
    started: int | None = None
    completed: int | None = None


class Group(msgspec.Struct, kw_only=True):
    """A group of appointments, which is what one guest has booked at once."""

    id: str
    center: int
    guest: int
    invoice: int
    status: int
    created: int
    updated: int
    visits: list[Visit]
    source: int = 0
    checkin: int | None = None
    cancel_fee: bool = False
    noshow_fee: bool = False
    utm: tuple[str, str] = ("", "")
    feedback: bool = False
    deleted: bool = False
    #: Rows of it say that they belong to no group.
    ungrouped: bool = False
    rebooked_from: str | None = None
    first_start: int | None = None


class Item(msgspec.Struct, kw_only=True):
    """A line of an invoice."""

    id: str
    #: 0 service, 2 product, 3 membership, 4 package, 6 gift card.
    type: int
    of: str
    name: str
    code: str
    price: int
    category: str
    by: int
    discount: int = 0
    quantity: int = 1
    redeemed: int = 0


class Invoice(msgspec.Struct, kw_only=True):
    """What somebody pays."""

    id: str
    center: int
    guest: int
    number: str
    receipt: str
    date: int
    items: list[Item]
    group: int | None = None
    closed: int | None = None
    refund: bool = False
    source: int = 4
    voided: bool = False

    @property
    def net(self) -> int:
        """Sum the items up, without tax."""
        return sum(item.price - item.discount for item in self.items)


class Freeze(msgspec.Struct, frozen=True, kw_only=True):
    """For how long, and at what price, a membership rests."""

    at: int
    start: int
    end: int
    fee: int
    comments: str
    by: str


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    """When and why a membership ends."""

    initiated: int
    date: int
    reason: str
    by: str


class Membership(msgspec.Struct, kw_only=True):
    """A guest's membership."""

    id: str
    guest: int
    center: int
    plan: int
    invoice: int
    code: str | None
    sold: int
    expires: int
    status: int
    recurrence: int
    balance: int
    updated: int
    next_collection: int | None = None
    freeze: Freeze | None = None
    cancellation: Cancellation | None = None
    closed: int | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A line in the log of memberships."""

    at: int
    membership: int
    before: int
    after: int
    by: str


class Redemption(msgspec.Struct, frozen=True, kw_only=True):
    """One use of a package."""

    at: int
    invoice: int
    item_id: str
    service: int | None
    product: int | None
    therapist: int


class Package(msgspec.Struct, kw_only=True):
    """A guest's package."""

    id: str
    guest: int
    center: int
    plan: int
    invoice: int
    sold: int
    expires: int
    status: int
    state: int
    #: Which services, how many of each, and how many are used up.
    services: list[list[int]]
    redemptions: list[Redemption] = []
    refunded: bool = False


class Card(msgspec.Struct, kw_only=True):
    """A gift card."""

    id: str
    code: str
    guest: int
    center: int
    invoice: int
    item_id: str
    sold: int
    expires: int
    value: int
    price: int
    balance: int
    notes: str
    comments: str
    occasion: str
    once: bool
    restricted: bool
    kind: int = 1
    closed: bool = False


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """A guest who became another."""

    at: int
    center: int
    old: str
    into: str


class Blockout(msgspec.Struct, frozen=True, kw_only=True):
    """Time in which somebody cannot be booked."""

    id: str
    center: int
    therapist: int
    start: int
    end: int
    name: str
