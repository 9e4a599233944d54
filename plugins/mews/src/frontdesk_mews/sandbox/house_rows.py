"""The rows of a property: what it is, sells and accepts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from frontdesk_mews.sandbox.rows import Place, Row

#: Text in several languages: language-culture code to text.
Localized = dict[str, str]


class AcceptedCurrency(Row, kw_only=True):
    """A currency a property takes."""

    currency: str
    is_default: bool
    is_enabled: bool = True


class Subscription(Row, kw_only=True):
    """The property's contract with Mews."""

    tax_identifier: str | None = None


class Enterprise(Row, kw_only=True):
    """A property, as ``enterprises/getAll`` shows it; ``configuration/get`` adds to this."""

    id: str
    external_identifier: str | None = None
    holding_key: str | None = None
    chain_id: str
    chain_name: str
    created_utc: datetime
    updated_utc: datetime
    linked_utc: datetime
    name: str
    short_name: str | None = None
    time_zone_identifier: str
    legal_environment_code: str
    accommodation_environment_code: str
    accounting_environment_code: str
    tax_environment_code: str
    default_language_code: str
    editable_history_interval: str = "P0M7DT0H0M0S"
    accounting_editable_history_interval: str = "P0M7DT0H0M0S"
    operational_editable_history_interval: str = "P0M5DT0H0M0S"
    business_day_closing_offset: str | None = None
    website_url: str | None = None
    email: str | None = None
    phone: str | None = None
    logo_image_id: str | None = None
    cover_image_id: str | None = None
    pricing: str = "Gross"
    tax_precision: int | None = None
    address_id: str
    address: Place
    group_names: tuple[str, ...] = ()
    subscription: Subscription


class ServiceOptions(Row, kw_only=True):
    """How a service is billed."""

    bill_as_package: bool = False


class Service(Row, kw_only=True):
    """What a property sells: stays (Bookable) or anything else (Additional)."""

    id: str
    enterprise_id: str
    is_active: bool = True
    name: str
    names: Localized
    options: ServiceOptions
    ordering: int
    data: dict[str, Any]
    external_identifier: str | None = None
    created_utc: datetime
    updated_utc: datetime

    @property
    def kind(self) -> str:
        """Say Bookable or Additional."""
        return str(self.data["Discriminator"])


class AgeCategory(Row, kw_only=True):
    """Adults, children; deleted ones are still named by old reservations."""

    id: str
    service_id: str
    minimal_age: int | None = None
    maximal_age: int | None = None
    names: Localized
    short_names: Localized | None = None
    created_utc: datetime
    updated_utc: datetime
    classification: str
    is_active: bool = True
    external_identifier: str | None = None


class CompanyOptions(Row, kw_only=True):
    """How a company is invoiced."""

    invoiceable: bool = True
    add_fees_to_invoices: bool = False
    add_tax_deducted_payment_to_invoices: bool = False


class CreditRating(Row, kw_only=True):
    """Whether a company may pay later."""

    basic: str | None = None


class Company(Row, kw_only=True):
    """An employer, a partner or a travel agency; shared by the chain."""

    id: str
    chain_id: str
    name: str
    mother_company_id: str | None = None
    invoicing_email: str | None = None
    website_url: str | None = None
    invoice_due_interval: str | None = None
    options: CompanyOptions
    credit_rating: CreditRating
    department: str | None = None
    duns_number: str | None = None
    reference_identifier: str | None = None
    accounting_code: str | None = None
    additional_tax_identifier: str | None = None
    billing_code: str | None = None
    contact: str | None = None
    contact_person: str | None = None
    identifier: str | None = None
    iata: str | None = None
    is_active: bool = True
    notes: str | None = None
    number: int
    tax_identifier: str | None = None
    telephone: str | None = None
    created_utc: datetime
    updated_utc: datetime
    address_id: str | None = None
    merge_target_id: str | None = None
    external_identifier: str | None = None
    electronic_invoice_identifier: str | None = None
    address: Place | None = None
    tax_identification_number: str | None = None


class Voucher(Row, kw_only=True):
    """A promotion that opens hidden rates."""

    id: str
    service_id: str
    enterprise_id: str
    name: str
    created_utc: datetime
    updated_utc: datetime
    type: str
    company_id: str | None = None
    travel_agency_id: str | None = None
    occupiable_interval_start_utc: datetime | None = None
    occupiable_interval_end_utc: datetime | None = None
    external_identifier: str | None = None
    is_active: bool = True
    activity_state: str = "Active"


class VoucherCode(Row, kw_only=True):
    """The word a guest types to use a voucher."""

    id: str
    voucher_id: str
    value: str | None = None
    validity_start_utc: datetime | None = None
    validity_end_utc: datetime | None = None
    created_utc: datetime | None = None
    updated_utc: datetime | None = None
    is_active: bool = True
    activity_state: str = "Active"
