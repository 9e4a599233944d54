"""What a business offers, where and by whom, field for field as the API shows it."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Address(msgspec.Struct, kw_only=True, frozen=True):
    """Where something is."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    province: str | None = None
    zip: str | None = None
    country: str | None = None


class Business(msgspec.Struct, kw_only=True):
    """The one company; nothing tells its currency."""

    id: str
    name: str
    tz: str
    address: Address
    phone: str | None = None
    website: str | None = None


class Location(msgspec.Struct, kw_only=True):
    """A salon."""

    id: str
    name: str
    tz: str
    business_name: str
    is_remote: bool
    address: Address
    external_id: str | None = None
    phone: str | None = None
    contact_email: str | None = None
    website: str | None = None


class StaffRole(msgspec.Struct, kw_only=True):
    """What somebody is employed as."""

    id: str
    name: str


class Staff(msgspec.Struct, kw_only=True):
    """Somebody who works there."""

    id: str
    first_name: str
    last_name: str | None
    nickname: str | None
    email: str | None
    created_at: datetime
    updated_at: datetime
    role: StaffRole
    location_ids: tuple[str, ...]
    active: bool = True
    suspended: bool = False
    external_id: str | None = None
    mobile_phone: str | None = None

    @property
    def name(self) -> str:
        """First and last name together."""
        return f"{self.first_name} {self.last_name}" if self.last_name else self.first_name

    @property
    def display_name(self) -> str:
        """The name that clients see."""
        initial = f" {self.last_name[0]}." if self.last_name else ""
        return f"{self.nickname or self.first_name}{initial}"


class ServiceCategory(msgspec.Struct, kw_only=True):
    """Services of one kind."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    active: bool = True


class Service(msgspec.Struct, kw_only=True):
    """Something that can be booked."""

    id: str
    name: str
    category: ServiceCategory
    default_duration: int
    default_price: int
    created_at: datetime
    updated_at: datetime
    active: bool = True
    addon: bool = False
    description: str | None = None
    external_id: str | None = None

    @property
    def category_id(self) -> str:
        """The id of its category."""
        return self.category.id


class Product(msgspec.Struct, kw_only=True):
    """Something that can be bought and taken home."""

    id: str
    name: str
    unit_price: int
    created_at: datetime
    updated_at: datetime
    active: bool = True
    sku: str | None = None


class MembershipPlan(msgspec.Struct, kw_only=True):
    """What a membership is one of."""

    id: str
    name: str
    interval: str
    unit_price: int
    created_at: datetime
    updated_at: datetime
    active: bool = True
    description: str | None = None
    external_id: str | None = None


class Tag(msgspec.Struct, kw_only=True):
    """A word that is stuck to clients and appointments."""

    id: str
    name: str
    symbol: str | None = None


class Permission(msgspec.Struct, kw_only=True):
    """What the application may do."""

    id: str
    key: str
    name: str
    description: str
    enabled: bool = True
