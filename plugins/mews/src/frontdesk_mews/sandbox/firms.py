"""Employers, partners and travel agencies; the whole chain shares them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from frontdesk.sandbox.chance import uuid
from frontdesk_mews.sandbox import names
from frontdesk_mews.sandbox.house_rows import Company, CompanyOptions, CreditRating


def build(rng: Random, chain: str, now: datetime) -> list[Company]:
    """Make the companies of a chain; agencies are those with an IATA code."""
    firms = [(name, None) for name in names.COMPANIES]
    agencies = [(name, f"96{number:06d}") for number, name in enumerate(names.AGENCIES)]
    return [
        _company(rng, chain, now, number, firm)
        for number, firm in enumerate([*firms, *agencies], start=1)
    ]


def _company(
    rng: Random, chain: str, now: datetime, number: int, firm: tuple[str, str | None]
) -> Company:
    name, iata = firm
    made = now - timedelta(days=1_200 - number)
    return Company(
        id=uuid(rng),
        chain_id=chain,
        name=name,
        number=number,
        options=CompanyOptions(),
        credit_rating=CreditRating(basic="CreditOk"),
        iata=iata,
        # One has gone out of business, but its bookings remain.
        is_active=number != len(names.COMPANIES),
        invoicing_email=f"{names.CANARY.lower()}.invoices{number}@example.com",
        tax_identifier=f"{names.CANARY}-COMPANY-TAX-{number}",
        contact_person=_person(number),
        created_utc=made,
        updated_utc=made + timedelta(days=number * 100),
    )


def _person(number: int) -> str:
    return f"{names.FIRST[number % len(names.FIRST)][0]} {names.LAST[number % len(names.LAST)][0]}"
