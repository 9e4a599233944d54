"""What a property sells: services, age categories, vouchers and their codes."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from frontdesk.sandbox.chance import uuid
from frontdesk_mews.sandbox.house_rows import (
    AgeCategory,
    Enterprise,
    Service,
    ServiceOptions,
    Voucher,
    VoucherCode,
)

#: When guests may be offered an additional service.
_PROMOTED: Final[tuple[str, ...]] = (
    *("BeforeCheckIn", "AfterCheckIn", "DuringStay"),
    *("BeforeCheckOut", "AfterCheckOut", "DuringCheckOut"),
)


def services(rng: Random, enterprise: Enterprise) -> tuple[Service, ...]:
    """Return the services of a property."""
    bookable = {
        "StartOffset": "P0M0DT15H0M0S",
        "EndOffset": "P0M0DT11H0M0S",
        "OccupancyStartOffset": "P0M0DT15H0M0S",
        "OccupancyEndOffset": "P0M0DT11H0M0S",
        "TimeUnitPeriod": "Day",
    }
    additional = {"Promotions": dict.fromkeys(_PROMOTED, False)}
    return (
        _service(rng, enterprise, 0, ("Accommodation", "Übernachtung"), bookable),
        _service(rng, enterprise, 1, ("Meeting rooms", "Tagungsräume"), bookable),
        _service(rng, enterprise, 2, ("Restaurant", "Restaurant"), additional),
    )


def _service(
    rng: Random,
    enterprise: Enterprise,
    ordering: int,
    names: tuple[str, str],
    value: dict[str, Any],
) -> Service:
    kind = "Bookable" if "StartOffset" in value else "Additional"
    return Service(
        id=uuid(rng),
        enterprise_id=enterprise.id,
        name=names[0],
        names={"en-GB": names[0], "de-DE": names[1]},
        options=ServiceOptions(),
        ordering=ordering,
        data={"Discriminator": kind, "Value": value},
        created_utc=enterprise.created_utc,
        updated_utc=enterprise.updated_utc,
    )


def ages(rng: Random, service: Service) -> tuple[AgeCategory, ...]:
    """Return the age categories of a service."""
    kinds = (
        ("Adults", "Erwachsene", "Adult", None, None, True),
        ("Children", "Kinder", "Child", 3, 17, True),
        # Deleted some time ago, but the stays of that time still name it.
        ("Infants", "Kleinkinder", "Child", 0, 2, False),
    )
    return tuple(
        AgeCategory(
            id=uuid(rng),
            service_id=service.id,
            minimal_age=youngest,
            maximal_age=oldest,
            names={"en-GB": english, "de-DE": german},
            created_utc=service.created_utc,
            updated_utc=service.updated_utc,
            classification=classification,
            is_active=active,
        )
        for english, german, classification, youngest, oldest, active in kinds
    )


def vouchers(rng: Random, service: Service) -> tuple[Voucher, ...]:
    """Return the vouchers of a service."""
    kinds = (
        ("Winter escape", "Public", True),
        ("Partner rate", "PartnerCompany", True),
        ("Opening offer", "Public", False),
    )
    return tuple(
        Voucher(
            id=uuid(rng),
            service_id=service.id,
            enterprise_id=service.enterprise_id,
            name=name,
            created_utc=service.created_utc,
            updated_utc=service.updated_utc,
            type=kind,
            is_active=active,
            activity_state="Active" if active else "Deleted",
        )
        for name, kind, active in kinds
    )


def codes(rng: Random, voucher: Voucher) -> list[VoucherCode]:
    """Return the codes of a voucher."""
    return [
        VoucherCode(
            id=uuid(rng),
            voucher_id=voucher.id,
            value=f"{voucher.name.split()[0].upper()}{rng.randrange(1000):03d}",
            created_utc=voucher.created_utc,
            updated_utc=voucher.updated_utc,
        )
        for _ in range(2)
    ]
