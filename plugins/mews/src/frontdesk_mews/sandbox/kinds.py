"""The kinds of guest profiles a hotel has, and what makes each of them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from frontdesk.sandbox.chance import cousin, happens, pick
from frontdesk_mews.sandbox import names
from frontdesk_mews.sandbox.rows import Customer, Document

#: Kinds and their shares; the first guest is always a plain one.
KINDS: Final = {
    "plain": 600,
    "silent": 80,
    "messy": 40,
    "ota": 120,
    "unflagged": 20,
    "documented": 60,
    "merged": 30,
    "deleted": 20,
    "employee": 20,
    "paymaster": 10,
}
#: What becomes of a profile on deletion: the row stays, the person goes.
BLANK: Final[dict[str, object]] = {
    "first_name": None,
    "last_name": "Deleted",
    "title": None,
    "sex": None,
    "nationality_code": None,
    "preferred_language_code": None,
    "language_code": None,
    "birth_date": None,
    "birth_place": None,
    "occupation": None,
    "email": None,
    "has_ota_email": False,
    "phone": None,
    "loyalty_code": None,
    "notes": None,
    "dietary_requirements": None,
    "tax_identification_number": None,
    "car_registration_number": None,
    "italian_fiscal_code": None,
    "passport": None,
    "identity_card": None,
    "visa": None,
    "drivers_license": None,
    "address_id": None,
    "company_id": None,
    "classifications": (),
    "options": (),
    "preferred_space_features": (),
    "activity_state": "Deleted",
    "is_active": False,
}


def shape(rng: Random, customer: Customer, kind: str, number: int) -> None:
    """Turn a plain profile into one of another kind."""
    if change := _SHAPES.get(kind):
        change(rng, customer, number)


def _silent(_rng: Random, customer: Customer, _number: int) -> None:
    customer.email = None


def _messy(rng: Random, customer: Customer, number: int) -> None:
    customer.phone = pick(rng, names.MESSY_PHONES).format(number % 1000)


def _ota(rng: Random, customer: Customer, number: int) -> None:
    customer.email = f"guest-{number:08x}@{pick(rng, names.OTA_DOMAINS)}"
    customer.has_ota_email = True
    customer.phone = None
    customer.options = ()


def _unflagged(rng: Random, customer: Customer, number: int) -> None:
    # The flag is missing, so that only the domain gives it away.
    customer.email = f"guest-{number:08x}@{pick(rng, names.UNFLAGGED_OTA_DOMAINS)}"


def _documented(_rng: Random, customer: Customer, number: int) -> None:
    customer.tax_identification_number = f"{names.CANARY}-TAX-{number}"
    customer.car_registration_number = f"{names.CANARY}-CAR-{number}"
    customer.birth_place = f"{names.CANARY}-BIRTHPLACE-{number}"
    customer.italian_fiscal_code = f"{names.CANARY}-FISCAL-{number}"
    customer.passport = _document(customer, "Passport", number)
    customer.identity_card = _document(customer, "IdentityCard", number)
    customer.visa = _document(customer, "Visa", number)
    customer.drivers_license = _document(customer, "DriversLicense", number)


def _document(customer: Customer, kind: str, number: int) -> Document:
    return Document(
        id=cousin(customer.id, f"d{len(kind):03d}"),
        customer_id=customer.id,
        type=kind,
        number=f"{names.CANARY}-{kind.upper()}-{number}",
        expiration="2031-05-31",
        issuance="2021-06-01",
        issuing_country_code=customer.nationality_code,
        identity_document_support_number=f"{names.CANARY}-SUPPORT-{number}",
    )


def _merged(_rng: Random, customer: Customer, _number: int) -> None:
    customer.is_active = False
    customer.activity_state = "Deleted"


def _deleted(_rng: Random, customer: Customer, _number: int) -> None:
    for name, value in BLANK.items():
        setattr(customer, name, value)


def _employee(rng: Random, customer: Customer, _number: int) -> None:
    customer.occupation = pick(rng, names.JOBS)
    # A member of staff books on the house now and then.
    customer.classifications = ("Staff",) if happens(rng, 0.3) else ()


def _paymaster(_rng: Random, customer: Customer, _number: int) -> None:
    customer.first_name = customer.title = customer.sex = customer.birth_date = None
    customer.email = customer.phone = None
    customer.last_name = "Paymaster"
    customer.classifications = ("PaymasterAccount",)


_SHAPES: Final[dict[str, Callable[[Random, Customer, int], None]]] = {
    "silent": _silent,
    "messy": _messy,
    "ota": _ota,
    "unflagged": _unflagged,
    "documented": _documented,
    "merged": _merged,
    "deleted": _deleted,
    "employee": _employee,
    "paymaster": _paymaster,
}
