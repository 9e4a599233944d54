"""The rows of guests and stays, with the names and the order Mews gives their fields."""

from __future__ import annotations

from datetime import datetime

import msgspec

from frontdesk_mews.sandbox.journal import Facts


# None of these rows can be part of a cycle, so the collector need not look at a million of them.
class Row(msgspec.Struct, rename="pascal", gc=False):
    """A thing of the API; its fields are spelt in Pascal case on the wire."""


class Checkin(Row, kw_only=True):
    """Who of a party has registered."""

    owner_checked_in: bool = False
    all_companions_checked_in: bool = False
    any_companion_checked_in: bool = False
    connector_check_in: bool = False


class AgeCount(Row, kw_only=True):
    """How many persons of one age category."""

    age_category_id: str
    count: int


class Reservation(Row, kw_only=True):
    """A stay, version 2023-06-06; it does not name its enterprise, only its service."""

    id: str
    service_id: str
    account_id: str
    account_type: str
    creator_profile_id: str
    updater_profile_id: str
    booker_id: str | None = None
    number: str
    state: str
    origin: str
    commander_origin: str | None = None
    origin_details: str | None = None
    created_utc: datetime
    updated_utc: datetime
    cancelled_utc: datetime | None = None
    voucher_id: str | None = None
    business_segment_id: str | None = None
    options: Checkin
    rate_id: str
    credit_card_id: str | None = None
    group_id: str
    requested_resource_category_id: str
    assigned_resource_id: str | None = None
    availability_block_id: str | None = None
    partner_company_id: str | None = None
    travel_agency_id: str | None = None
    assigned_resource_locked: bool = False
    channel_number: str | None = None
    channel_manager_number: str | None = None
    cancellation_reason: str | None = None
    released_utc: datetime | None = None
    start_utc: datetime
    end_utc: datetime
    scheduled_start_utc: datetime
    actual_start_utc: datetime | None = None
    scheduled_end_utc: datetime
    actual_end_utc: datetime | None = None
    purpose: str | None = None
    qr_code_data: str | None = None
    person_counts: tuple[AgeCount, ...]

    def facts(self) -> Facts:
        """Tell how far it has come."""
        return Facts(
            self.state,
            self.created_utc,
            self.updated_utc,
            self.actual_start_utc,
            self.actual_end_utc,
            self.cancelled_utc,
        )


class Group(Row, kw_only=True):
    """What ties reservations made together."""

    id: str
    name: str | None = None
    channel_manager: str | None = None
    channel_manager_group_number: str | None = None
    enterprise_id: str


class Companionship(Row, kw_only=True):
    """A guest who stays with the owner of a reservation."""

    id: str
    customer_id: str
    reservation_group_id: str
    reservation_id: str | None = None


class Place(Row, kw_only=True):
    """An address as it is embedded in other rows."""

    id: str
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    country_subdivision_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class Address(Row, kw_only=True):
    """An address of an account."""

    id: str
    account_id: str
    chain_id: str | None = None
    account_type: str
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    country_subdivision_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    updated_utc: datetime | None = None
    is_active: bool = True

    def place(self) -> Place:
        """Give the shape in which a customer carries it."""
        return Place(
            id=self.id,
            line1=self.line1,
            line2=self.line2,
            city=self.city,
            postal_code=self.postal_code,
            country_code=self.country_code,
            country_subdivision_code=self.country_subdivision_code,
        )


class Document(Row, kw_only=True):
    """An identity document; its numbers here are canaries that must never travel on."""

    id: str
    customer_id: str
    type: str
    number: str | None = None
    expiration: str | None = None
    issuance: str | None = None
    issuing_country_code: str | None = None
    issuing_country_subdivision_code: str | None = None
    issuing_city: str | None = None
    identity_document_support_number: str | None = None


class Customer(Row, kw_only=True):
    """A guest profile, shared by the chain."""

    id: str
    chain_id: str
    number: str
    title: str | None = None
    sex: str | None = None
    first_name: str | None = None
    last_name: str
    second_last_name: str | None = None
    nationality_code: str | None = None
    preferred_language_code: str | None = None
    language_code: str | None = None
    birth_date: str | None = None
    birth_country_code: str | None = None
    birth_country_subdivision_code: str | None = None
    birth_place: str | None = None
    occupation: str | None = None
    email: str | None = None
    has_ota_email: bool = False
    phone: str | None = None
    tax_identification_number: str | None = None
    loyalty_code: str | None = None
    accounting_code: str | None = None
    billing_code: str | None = None
    notes: str | None = None
    car_registration_number: str | None = None
    dietary_requirements: str | None = None
    created_utc: datetime
    updated_utc: datetime
    passport: Document | None = None
    identity_card: Document | None = None
    visa: Document | None = None
    drivers_license: Document | None = None
    address: Place | None = None
    address_id: str | None = None
    classifications: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    italian_destination_code: str | None = None
    italian_fiscal_code: str | None = None
    italian_lottery_code: str | None = None
    company_id: str | None = None
    merge_target_id: str | None = None
    activity_state: str = "Active"
    is_active: bool = True
    preferred_space_features: tuple[str, ...] = ()
    creator_profile_id: str
    updater_profile_id: str

    @property
    def deleted_utc(self) -> datetime | None:
        """Say when it was deleted, after which a profile never changes."""
        return None if self.is_active else self.updated_utc
